// Charts: Vega-Lite by vegaEmbed, coloured by the page's own colours; each with words and a table.

/** A colour of the page as it is now, whatever the colour scheme. */
function colour(name) {
  const probe = tag.span();
  probe.style.color = `var(--${name})`;
  document.body.append(probe);
  const value = getComputedStyle(probe).color;
  probe.remove();
  return value;
}

function chartConfig() {
  const [ink, muted, line] = ["ink", "muted", "line"].map(colour);
  const series = [1, 2, 3, 4, 5, 6, 7, 8, 9].map((at) => colour(`series-${at}`));
  const font = getComputedStyle(document.body).fontFamily;
  const narrow = document.documentElement.clientWidth < 600;
  const letters = {
    titleColor: muted,
    labelFontSize: 12,
    titleFontSize: 12,
    titleFontWeight: "normal",
  };
  return {
    background: "transparent",
    font,
    view: { stroke: null },
    range: { category: series },
    mark: { color: series[0] },
    bar: { color: series[0] },
    line: { color: series[0], strokeWidth: 2 },
    axis: {
      labelColor: muted,
      gridColor: line,
      domainColor: line,
      tickColor: line,
      ...letters,
      labelLimit: narrow ? 120 : 220,
      labelSeparation: 8,
    },
    axisX: { labelBound: 5 }, // as much room as there is beside the axis
    axisXQuantitative: { tickCount: 6 },
    legend: {
      orient: "bottom",
      columns: narrow ? 1 : 6,
      labelColor: ink,
      ...letters,
      labelLimit: 180,
      symbolType: "square",
    },
    header: { labelColor: ink, titleColor: muted },
    text: { color: ink },
    title: { color: ink, font },
  };
}

/** How many days lie between the first and the last of a field's instants. */
function countDays(spec, field) {
  const values = Object.values(spec.datasets ?? {})
    .flat()
    .concat(spec.data?.values ?? []);
  const times = values.map((value) => Date.parse(value[field])).filter(Number.isFinite);
  return (Math.max(...times) - Math.min(...times)) / 86_400_000;
}

const NAME_KINDS = ["person", "organisation", "place"];

/** The spec with a legend as wide as the page has room for, and kinds of names in their colours. */
function fitSpec(spec) {
  const fitted = structuredClone(spec);
  const { color } = fitted.encoding ?? {};
  if (color?.legend) {
    delete color.legend.columns;
    delete color.legend.labelLimit;
  }
  const { x } = fitted.encoding ?? {};
  const days = x?.type === "temporal" ? countDays(fitted, x.field) : NaN;
  if (days < 12) {
    // else there would be hours
    x.axis = { ...x.axis, tickCount: "day", labelExpr: "utcFormat(datum.value, '%e %b')" };
  } else if (days > 500) {
    // Vega tells the year at January alone, which need not have a tick.
    const label = "utcFormat(datum.value, utcmonth(datum.value) ? '%b %Y' : '%Y')";
    x.axis = { ...x.axis, labelExpr: label };
  }
  for (const { axis } of [x ?? {}, fitted.encoding?.y ?? {}]) {
    // Vega's minimum step still leaves halves on short axes.
    if (axis?.tickMinStep === 1)
      axis.labelExpr = "datum.value % 1 ? '' : format(datum.value, ',d')";
  }
  if (color?.field === "kind") color.scale = { domain: NAME_KINDS, range: NAME_KINDS.map(colour) };
  return fitted;
}

/** A chart with its heading, what it says in a sentence, and its numbers as a table. */
function chartFigure(chart, level = "h3") {
  if (!chart) return null;
  const head = tag[level](chart.title);
  if (!chart.table.rows.length) {
    return tag.figure(head, tag.p({ class: "muted" }, "Nothing to show yet."));
  }
  const canvas = tag.div({ class: "chart", role: "img", "aria-label": chart.summary });
  canvas.spec = chart.spec;
  const numbers = unfolding({ class: "numbers" }, "Show as table", () =>
    table(chart.title, chart.table.columns, chart.table.rows),
  );
  return tag.figure(head, tag.p({ class: "muted" }, chart.summary), canvas, numbers);
}

/** Draw the charts in `section` that are not drawn yet; only what is seen has a width. */
function drawCharts(section) {
  for (const canvas of section.querySelectorAll(".chart:not([data-drawn])")) {
    if (!canvas.clientWidth) continue;
    canvas.dataset.drawn = "";
    const dark =
      getComputedStyle(document.documentElement).colorScheme === "dark" ||
      (document.documentElement.dataset.theme === "auto" &&
        matchMedia("(prefers-color-scheme: dark)").matches);
    const config = chartConfig();
    window
      .vegaEmbed(canvas, fitSpec(canvas.spec), {
        renderer: "svg",
        actions: false,
        ast: false,
        config,
        tooltip: { theme: dark ? "dark" : "light" },
      })
      .then((result) => {
        canvas.view?.finalize();
        canvas.view = result;
        // The words beside the chart speak for it; the picture's parts would only be noise.
        canvas.querySelector("svg")?.setAttribute("aria-hidden", "true");
      })
      .catch((error) => {
        canvas.replaceChildren(
          tag.p({ class: "muted" }, `This chart cannot be drawn: ${error.message}`),
        );
        throw error;
      });
  }
}

function redrawCharts() {
  for (const canvas of document.querySelectorAll(".chart")) canvas.removeAttribute("data-drawn");
  for (const section of drawn.values()) if (!section.hidden) drawCharts(section);
}

/** The periods from the first to the last, those without anything among them. */
function fillPeriods(periods) {
  const unit = data.meta.unit;
  const at = new Map(periods);
  const filled = [];
  const last = Date.parse(periods.at(-1)[0]);
  for (let day = new Date(periods[0][0]); day <= last; ) {
    const start = day.toISOString().slice(0, 10);
    const end = new Date(day);
    if (unit === "month") end.setUTCMonth(end.getUTCMonth() + 1);
    else end.setUTCDate(end.getUTCDate() + (unit === "week" ? 7 : 1));
    filled.push({ from: start, to: end.toISOString().slice(0, 10), quotes: at.get(start) ?? 0 });
    day = end;
  }
  return filled;
}

/** How often something was, by period: a chart made here. */
function periodsChart(title, periods) {
  const total = periods.reduce((sum, [, value]) => sum + value, 0);
  const most = periods.reduce((best, one) => (one[1] > best[1] ? one : best), ["", 0]);
  return {
    title,
    summary: `${count(total, "quote")}; most, ${number(most[1])}, in the period that began ${date(most[0]) ?? most[0]}.`,
    table: { columns: ["period", "quotes"], rows: periods },
    spec: {
      width: "container",
      height: 120,
      data: { values: fillPeriods(periods) },
      mark: { type: "bar", tooltip: true },
      encoding: {
        x: { field: "from", type: "temporal", bin: "binned", title: null, scale: { type: "utc" } },
        x2: { field: "to" },
        y: {
          field: "quotes",
          type: "quantitative",
          title: null,
          axis: { tickMinStep: 1, tickCount: 3 },
        },
      },
    },
  };
}
