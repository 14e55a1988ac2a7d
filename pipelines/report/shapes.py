"""The shapes of the report's charts: Vega-Lite specs, made with Altair.

A spec names no colour of text or background: the page's theme does. Time is an interval in UTC,
so that a bar is as wide as its day, week or month in every time zone.
"""

from __future__ import annotations

from datetime import date
from typing import Any

from newsbeam.pipelines.extras import need_extra
from newsbeam.pipelines.report.periods import Unit, end_period

with need_extra("report", "the report"):
    import altair as alt

# Pixels.
_HEIGHT, ROW_HEIGHT = 280, 22


def draw_intervals(
    values: list[dict[str, Any]],
    count: str,
    series: str,
    order: list[str],
    scale: alt.Scale | None = None,
) -> dict[str, Any]:
    """Stacked bars, each as wide as its period."""
    chart = _bars(values, series, order, orient="vertical").encode(
        x=time_axis().bin("binned"),  # else Vega-Lite draws ranges, unstacked
        x2="to",
        y=alt.Y(f"{count}:Q", title=None, stack="zero", axis=alt.Axis(tickMinStep=1)),
        color=_colour(series, order, scale),
        tooltip=[day_tip(), alt.Tooltip(f"{series}:N"), alt.Tooltip(f"{count}:Q")],
    )
    return finish_spec(chart, _HEIGHT)


def draw_ranking(
    values: list[dict[str, Any]],
    count: str,
    name: str,
    series: str,
    names: list[str],
    order: list[str] | None = None,
) -> dict[str, Any]:
    """Bars that lie, in the order of ``names``."""
    order = order or sorted({value[series] for value in values})
    is_whole = all(isinstance(value[count], int) for value in values)
    axis = alt.Axis(tickCount=5, tickMinStep=1) if is_whole else alt.Axis(tickCount=5)
    chart = _bars(values, series, order).encode(
        x=alt.X(f"{count}:Q", title=None, stack="zero", axis=axis),
        y=alt.Y(f"{name}:N", title=None, sort=names, axis=alt.Axis(labelLimit=150)),
        # What the rows are called need not be told again below them.
        color=_colour(series, order) if series != name else alt.Color(f"{name}:N", legend=None),
        tooltip=[alt.Tooltip(key) for key in (f"{name}:N", f"{series}:N", f"{count}:Q")],
    )
    return finish_spec(chart, len(names) * ROW_HEIGHT)


def finish_spec(chart: alt.Chart, height: int) -> dict[str, Any]:
    """The spec of a chart as wide as the page, ``height`` pixels high."""
    spec: dict[str, Any] = chart.properties(width="container", height=height).to_dict()
    spec.pop("config", None)  # Altair's own defaults, which would win over the page's theme
    return spec


def time_axis() -> alt.X:
    """The axis on which things begin (``from``), in UTC."""
    return alt.X("from:T", title=None, scale=alt.Scale(type="utc"))


def day_tip(unit: Unit | None = None) -> alt.Tooltip:
    """What the tip at the pointer says of the day on which something begins."""
    return alt.Tooltip("utcyearmonthdate(from):T", title=unit or "from")


def make_interval(start: date, unit: Unit) -> dict[str, Any]:
    """The instants at which the period that begins with a day begins and ends."""
    return {"from": midnight(start), "to": midnight(end_period(start, unit))}


def midnight(day: date) -> str:
    """The instant at which a day begins in UTC (ISO 8601)."""
    return f"{day.isoformat()}T00:00:00Z"


def _bars(values: list[dict[str, Any]], series: str, order: list[str], **mark: Any) -> alt.Chart:
    """Bars that are stacked in the order of the legend."""
    ranked = [value | {"rank": order.index(value[series])} for value in values]
    chart: alt.Chart = alt.Chart(alt.InlineData(values=ranked)).mark_bar(**mark)
    return chart.encode(order=alt.Order("rank:Q"))


def _colour(series: str, order: list[str], scale: alt.Scale | None = None) -> alt.Color:
    legend = alt.Legend(title=None, orient="bottom", columns=2, labelLimit=150)
    if scale is not None:
        return alt.Color(f"{series}:N", scale=scale, legend=legend)
    return alt.Color(f"{series}:N", sort=order, legend=legend)
