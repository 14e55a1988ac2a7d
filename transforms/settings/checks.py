"""What values of a configuration must be: checks for pydantic, which raise ``ValueError``."""

from __future__ import annotations

import re
from datetime import timedelta
from ipaddress import ip_network
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from newsbeam.transforms.settings.environment import list_secrets
from newsbeam.transforms.settings.xpaths import compile_xpath


def check_pattern(value: str) -> str:
    """A regular expression."""
    try:
        re.compile(value)
    except re.error as error:
        raise ValueError(f"not a valid regular expression: {error}") from None
    return value


def check_xpath(value: str) -> str:
    """An XPath 1.0."""
    compile_xpath(value)
    return value


def check_timezone(value: str) -> str:
    """The name of a time zone."""
    try:
        ZoneInfo(value)
    except (KeyError, ValueError, OSError):
        raise ValueError(
            f"unknown time zone {value!r}; use an IANA name like Europe/Oslo"
        ) from None
    return value


_UNITS = {
    **dict.fromkeys(("s", "sec", "secs", "second", "seconds"), 1),
    **dict.fromkeys(("m", "min", "mins", "minute", "minutes"), 60),
    **dict.fromkeys(("h", "hr", "hrs", "hour", "hours"), 3600),
    **dict.fromkeys(("d", "day", "days"), 86_400),
    **dict.fromkeys(("w", "wk", "wks", "week", "weeks"), 7 * 86_400),
}
UNIT = "|".join(sorted(_UNITS, key=len, reverse=True))
_PART = re.compile(rf"(\d{{1,6}}(?:\.\d{{1,3}})?)\s*({UNIT})(?![a-z])", re.IGNORECASE)
_DURATION = re.compile(rf"{_PART.pattern}(?:(?:\s*,)?\s*{_PART.pattern})*", re.IGNORECASE)
# No instant of this millennium is so far from another.
_LONGEST_DURATION = timedelta(days=365_000)


def parse_duration(value: object) -> timedelta:
    """A time such as 10m, as a ``timedelta``."""
    if isinstance(value, timedelta):
        return value
    if not isinstance(value, str) or not _DURATION.fullmatch(value.strip()):
        raise ValueError("a number and a unit: 30s, 10m, 6h or 1d")
    parts = [float(number) * _UNITS[unit.lower()] for number, unit in _PART.findall(value)]
    return min(timedelta(seconds=sum(parts)), _LONGEST_DURATION)


def check_addresses(value: str) -> str:
    """An IP address or network."""
    try:
        ip_network(value, strict=False)
    except ValueError:
        raise ValueError(
            f"{value!r} is no IP address or network; use one like 127.0.0.1 or 10.1.0.0/16"
        ) from None
    return value


def check_feed_url(value: str) -> str:
    """An http(s) address."""
    parts = urlsplit(value)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError(f"{value!r} is no http or https address")
    if list_secrets(value):
        raise ValueError(
            "addresses are stored and shown, so no secret can stand in one; send it in "
            "`fetch: headers:`"
        )
    return value


def check_header_name(value: str) -> str:
    """The name of a header field."""
    if not re.fullmatch(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+", value):  # RFC 9110, 5.6.2
        raise ValueError(f"{value!r} is no name of a header field")
    return value


def check_header_value(value: str) -> str:
    """What a header field may say."""
    if not (value.isascii() and value.isprintable()):
        raise ValueError("only printable ASCII characters can be sent in a header field")
    return value
