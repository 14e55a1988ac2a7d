"""What an HTTP answer other than success means: its reason, whether to ask again, when."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from http import HTTPStatus

from newsbeam.transforms.records import FetchFault

REDIRECTS = frozenset({301, 302, 303, 307, 308})
PERMANENT_REDIRECTS = frozenset({301, 308})

# Worth another try in the same run; the others rarely change within seconds.
_RETRIED_STATUSES = frozenset({408, 429, 500, 502, 503, 504, 522, 524})
_RETRIED_REASONS = frozenset({"connect_failed", "dns_failed", "timeout", "broken_response"})
# What shows that the host itself is in trouble, as opposed to one page or to us.
_HOST_REASONS = _RETRIED_REASONS | {"bad_tls", "server_error"}

_MAX_RETRY_AFTER = timedelta(hours=24)

_REASONS = {
    401: "unauthorized",
    402: "paywalled",
    403: "forbidden",
    404: "not_found",
    408: "timeout",
    410: "gone",
    429: "rate_limited",
    451: "legal",
}
# By them a service says itself that it put a test for people in front of the page: Cloudflare,
# AWS WAF (challenge, captcha), DataDome.
_WALLS = {"cf-mitigated": ("challenge",), "x-amzn-waf-action": ("challenge", "captcha")}
_DATADOME = "x-datadome"


def judge_status(
    status: int, headers: Mapping[str, str], *, url: str, domain: str, now: datetime
) -> FetchFault:
    """The fault that ``status`` means; it is neither success nor a redirect.

    ``headers`` have lower-case names; ``now`` is when they came.
    """
    wall = _find_bot_wall(status, headers)
    if wall is not None:
        detail = f"{url}: {status}, {wall} wants to see a person; newsbeam does not pose as one"
        return FetchFault("bot_wall", detail, False, domain, status)
    reason = _REASONS.get(status, "server_error" if status >= 500 else "http_error")
    # 501 and 505 say that the server will never do it (RFC 9110, 15.6).
    is_temporary = status in (408, 429) or (status >= 500 and status not in (501, 505))
    wait = read_retry_after(headers, now) if status in (429, 503) else None
    return FetchFault(
        reason,
        f"{url}: {status} {_phrase(status)}".rstrip(),
        is_temporary,
        domain,
        status,
        None if wait is None else now + wait,
    )


def read_retry_after(headers: Mapping[str, str], now: datetime) -> timedelta | None:
    """How long Retry-After asks to wait: 0 to 24 h; ``None`` where it is absent or unreadable.

    A date counts from the answer's own Date, as the server's clock may differ from ours.
    """
    value = headers.get("retry-after", "").strip()
    if value.isascii() and value.isdigit():
        # More digits than a day has seconds may be more than a timedelta holds.
        return min(timedelta(seconds=int(value[:9])), _MAX_RETRY_AFTER)
    until = _parse_date(value)
    if until is None:
        return None
    wait = until - (_parse_date(headers.get("date", "")) or now)
    return min(max(wait, timedelta()), _MAX_RETRY_AFTER)


def is_retryable(fault: FetchFault) -> bool:
    """Whether the same request may succeed seconds later."""
    if fault.status is not None:
        return fault.status in _RETRIED_STATUSES and fault.reason not in _NOT_RETRIED
    return fault.reason in _RETRIED_REASONS


# The status says little here: a wall stays, and a host that asked us to wait is left alone.
_NOT_RETRIED = frozenset({"bot_wall", "asked_to_wait"})


def is_trouble_of_host(fault: FetchFault) -> bool:
    """Whether the fault speaks against the host and not only against this page."""
    return fault.reason in _HOST_REASONS and fault.is_temporary


def _find_bot_wall(status: int, headers: Mapping[str, str]) -> str | None:
    for name, values in _WALLS.items():
        if headers.get(name, "").strip().lower() in values:
            return name
    return _DATADOME if status in (401, 403) and _DATADOME in headers else None


def _parse_date(value: str) -> datetime | None:
    try:
        date = parsedate_to_datetime(value)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return date.replace(tzinfo=UTC) if date.tzinfo is None else date.astimezone(UTC)


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return ""
