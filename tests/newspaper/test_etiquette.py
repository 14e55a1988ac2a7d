"""The checks on the newspaper's log, each with a log that breaks its rule and one that does not."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta

import pytest

from tests.support.newspaper import START, LoggedRequest, make_site
from tests.support.newspaper import etiquette as checks


def entry(second: float = 0.0, **fields: object) -> LoggedRequest:
    """A feed's poll, ``second`` real and simulated seconds after START, that took 0.1 s."""
    plain: dict[str, object] = {
        "arrived": second,
        "answered": second + 0.1,
        "at": START + timedelta(seconds=second),
        "host": "127.0.0.2",
        "method": "GET",
        "path": "/feeds/nyheter.xml",
        "headers": {"user-agent": "newsbeam/1 (+https://example.org; x@example.org)"},
        "status": 200,
        "kind": "feed",
        "target": "feed-00",
    }
    return LoggedRequest(**(plain | fields))  # type: ignore[arg-type]


def page(second: float, **fields: object) -> LoggedRequest:
    plain: dict[str, object] = {"kind": "page", "target": "a", "path": "/a", "revision": 0}
    return entry(second, **(plain | fields))


def robots(second: float, **fields: object) -> LoggedRequest:
    return entry(second, kind="robots", target="127.0.0.2", path="/robots.txt", **fields)


MINUTES, HOURS = 60.0, 3600.0
CONDITIONAL = {"headers": {"user-agent": "x", "if-none-match": '"1"'}, "status": 304}
KNOWN = {"gave_validators": True}
Check = Callable[[Sequence[LoggedRequest]], list[str]]
LOGS: dict[str, tuple[Check, list[LoggedRequest], list[LoggedRequest]]] = {
    "gap": (
        lambda log: checks.check_gap(log, 1.0),
        [entry(0), entry(0.5)],
        [entry(0), entry(0.5, host="127.0.0.3"), entry(0.997)],
    ),
    "gap by host": (
        lambda log: checks.check_gap(log, {"127.0.0.2": 0.1, "127.0.0.3": 2.0}),
        [entry(0, host="127.0.0.3"), entry(0.5, host="127.0.0.3")],
        [entry(0), entry(0.5)],
    ),
    "overlap": (
        checks.check_overlap,
        [entry(0), entry(0.05)],
        [entry(0), entry(0.05, host="127.0.0.3"), entry(0.1)],
    ),
    "retry-after": (
        checks.check_retry_after,
        [entry(0, status=429, retry_after=60.0), page(59)],
        [entry(0, status=429, retry_after=60.0), page(30, host="127.0.0.3"), page(60.2)],
    ),
    "retry-after slept out while the clock stands": (
        checks.check_retry_after,
        [page(0, status=429, retry_after=1.0), page(0.5, at=START)],
        [page(0, status=429, retry_after=1.0), page(1.2, at=START)],
    ),
    "retry-after of a longer wait before a shorter one": (
        checks.check_retry_after,
        [page(0, status=503, retry_after=90.0), page(100, at=START, status=429, retry_after=5.0),
         page(101, at=START)],
        [page(0, status=503, retry_after=90.0), page(100, status=429, retry_after=5.0),
         page(106)],
    ),
    "disallowed": (
        lambda log: checks.check_disallowed(log, {"127.0.0.2": ("/pluss/",)}),
        [page(0, path="/pluss/i/1")],
        [page(0, path="/pluss"), page(1, path="/pluss/i/1", host="127.0.0.3"), robots(2)],
    ),
    "poll interval": (
        checks.check_poll_interval,
        [entry(0), entry(8.9 * MINUTES)],
        [entry(0), entry(1, target="feed-01"), entry(9.1 * MINUTES), entry(19 * MINUTES)],
    ),
    "poll interval with redirects": (
        checks.check_poll_interval,
        [entry(0, status=301), entry(1), entry(2, status=301), entry(3)],
        [entry(0, status=301), entry(1), entry(600, status=301), entry(601)],
    ),
    "poll interval with tries": (
        lambda log: checks.check_poll_interval(log, tries=2),
        [entry(0, status=503), entry(1, status=503), entry(2)],
        [entry(0, status=503), entry(1)],
    ),
    "conditional": (
        checks.check_conditional,
        [entry(0, **KNOWN), entry(1 * HOURS, **KNOWN)],
        [entry(0, **KNOWN), entry(1 * HOURS, **CONDITIONAL), entry(24 * HOURS, **KNOWN)],
    ),
    "conditional where there are validators": (
        checks.check_conditional,
        [entry(0, **KNOWN), entry(1, **CONDITIONAL), entry(2, **KNOWN)],
        [entry(0), entry(1 * HOURS), entry(2 * HOURS, status=503), entry(3 * HOURS)],
    ),
    "gone": (
        checks.check_gone,
        [entry(0, status=410), entry(100 * HOURS, status=410)],
        [entry(0, status=410), entry(1 * HOURS, target="feed-01"), page(2, status=404), page(3)],
    ),
    "user agent": (
        checks.check_user_agent,
        [entry(0, headers={})],
        [entry(0)],
    ),
    "user agent's words": (
        lambda log: checks.check_user_agent(log, "newsbeam/", "tests@example.org"),
        [entry(0)],
        [entry(0, headers={"user-agent": "newsbeam/1 (+x; tests@example.org)"})],
    ),
    "robots": (
        checks.check_robots_fetch,
        [robots(0), robots(23 * HOURS)],
        [robots(0, status=503), robots(1), robots(2, host="127.0.0.3"), robots(25 * HOURS)],
    ),
    "repeated pages": (
        checks.check_repeated_page,
        [page(0), page(1, path="/a?utm_source=x")],
        [page(0), page(1, revision=1), page(2, path="/b"), page(3, status=304)],
    ),
}  # fmt: skip


@pytest.mark.parametrize("rule", LOGS)
def test_checks_find_what_breaks_their_rule_and_nothing_else(rule: str) -> None:
    check, bad, good = LOGS[rule]
    violations = check(bad)
    assert len(violations) == 1, violations
    assert "GET 127.0.0." in violations[0]
    assert check(good) == []


def test_all_checks_run_together() -> None:
    newspaper = make_site()
    log = [entry(0, headers={}), entry(0.01, headers={})]
    found = checks.check_all(log, newspaper)
    for words in (
        "no User-Agent",
        "at once",
        "0.0100 s after",
        "polled",
    ):
        assert any(words in line for line in found), words
