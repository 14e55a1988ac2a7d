"""The kinds of arguments that several commands have, with what their help says."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, timedelta
from ipaddress import ip_network
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal, TypeVar

from cyclopts import App, CoercionError, Parameter, Token
from cyclopts.types import PositiveInt

from newsbeam.pipelines.cli.shared import UsageError

if TYPE_CHECKING:
    from newsbeam.transforms.lake.object_path import LakePath

Value = TypeVar("Value")


def make_command(
    name: str, function: Callable[..., int | None] | None = None, help: str = ""
) -> App:
    """A command that calls ``function``, whose docstring is its help, or that has commands."""
    return App(
        name=name,
        help=help or None,
        default_command=function,
        group_parameters="Options",
        # A flag has no opposite, and of an option given twice the last one holds.
        default_parameter=Parameter(negative=(), show_default=False, allow_repeating=True),
    )


def read_by(read: Callable[[str], Value]) -> Callable[[object, Sequence[Token]], Value]:
    """A converter of cyclopts; ``read`` raises ``ValueError`` for what it cannot read."""
    return lambda _, tokens: read(tokens[0].value)


def read_lake(text: str) -> LakePath:
    """A folder of this machine, or a place on an object store."""
    from newsbeam.transforms.lake.object_path import ObjectPath, read_place
    from newsbeam.transforms.lake.places import check_place_of_lake

    place = read_place(text)
    check_place_of_lake(place)
    if isinstance(place, ObjectPath):
        from newsbeam.pipelines.extras import need_object_stores

        need_object_stores(place)
    return place


def read_duration(text: str) -> timedelta:
    """A time such as 30s, 10m, 6h or 1d."""
    from newsbeam.pipelines.schedule.pace import parse_interval

    return parse_interval(text)


def read_day(text: str) -> date:
    """A day such as 2020-01-31."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise ValueError(f"{text!r} is no day; write one like 2020-01-31") from None


def read_time_or_day(text: str) -> timedelta | date:
    """A time such as 30d, or a day such as 2020-01-31."""
    return read_day(text) if text.count("-") == 2 else read_duration(text)


def check_days(since: date | None, until: date | None) -> None:
    """Raise ``UsageError`` where ``until`` lies before ``since``."""
    if since is not None and until is not None and until < since:
        raise UsageError(f"--until {until} lies before --since {since}")


def read_network(text: str) -> str:
    """An IP address or network."""
    try:
        return str(ip_network(text, strict=False))
    except ValueError:
        raise ValueError(
            f"{text!r} is no IP address or network; use one like 127.0.0.1 or 10.1.0.0/16"
        ) from None


def _read_networks(_: object, tokens: Sequence[Token]) -> tuple[str, ...]:
    found = []
    for token in tokens:
        try:
            found.append(read_network(token.value))
        except ValueError as error:  # of many values, cyclopts would not know which
            raise CoercionError(str(error), token=token) from error
    return tuple(found)


Configs = Annotated[
    list[Path],
    Parameter(name="CONFIG…", help="a source's YAML file, or a folder of them"),
]


# Any: the type of what is on an object store takes long to import.
class _Unchecked:
    """Has pydantic take a value as its converter gave it; not `SkipValidation`, which loads it."""

    def __get_pydantic_core_schema__(self, *_: object) -> dict[str, str]:
        return {"type": "any"}


# An `ObjectPath` at times: the shells complete what is a `Path`.
Place = Annotated[Path, _Unchecked(), Parameter(metavar="DIR", converter=read_by(read_lake))]
OutputPlace = Annotated[
    Place, Parameter(help="folder of the tables, or s3://bucket/name; made if it is not there")
]
LakePlace = Annotated[
    Place, Parameter(name="DIR", help="folder of the tables, or s3://bucket/name")
]
CountOption = Annotated[PositiveInt, Parameter(metavar="N")]
Workers = Annotated[CountOption, Parameter(help="worker processes (default 1: this process)")]
DurationOption = Annotated[timedelta, Parameter(metavar="TIME", converter=read_by(read_duration))]
TimeOrDayOption = Annotated[
    timedelta | date, Parameter(metavar="WHEN", converter=read_by(read_time_or_day))
]
DayOption = Annotated[date, Parameter(metavar="DAY", converter=read_by(read_day))]
File = Annotated[Path, Parameter(metavar="FILE")]
PartitionOption = Annotated[
    Literal["day", "month", "year"] | None,
    Parameter(
        name="--partition",
        metavar="PERIOD",
        help="of a lake that is made: a folder of articles for each source and day, month "
        "(default) or year (docs/maintenance.md)",
    ),
]
Json = Annotated[bool, Parameter(name="--json")]
SkipDamaged = Annotated[
    bool, Parameter(help="leave out files that cannot be read (docs/damage.md)")
]
Networks = Annotated[
    tuple[str, ...],
    Parameter(name="--allow-address", metavar="NET", converter=_read_networks),
]
# What stands behind --, which never reaches the parser: main hands it on.
BeamArguments = Annotated[tuple[str, ...], Parameter(parse=False)]
