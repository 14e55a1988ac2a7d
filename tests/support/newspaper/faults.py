"""When something is wrong with feeds and servers: spans of minutes to a day."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta

from tests.support.newspaper.chances import Chances
from tests.support.newspaper.truth import ON_A_FEED, Fault, FaultKind, Feed, Site

# Times that a feed (or a host) has the fault in 30 days; at least one has it once.
FAULT_RATES: dict[FaultKind, float] = {
    "false_304": 0.3,
    "broken_xml": 0.4,
    "html_feed": 0.2,
    "feed_429": 0.3,
    "page_429": 1.0,
    "server_errors": 1.0,
    "resets": 1.0,
    "robots_errors": 0.5,
}
# Shortest and longest span.
FAULT_SPANS: dict[FaultKind, tuple[timedelta, timedelta]] = {
    "false_304": (timedelta(hours=3), timedelta(hours=24)),
    "broken_xml": (timedelta(hours=1), timedelta(hours=6)),
    "html_feed": (timedelta(hours=1), timedelta(hours=6)),
    "feed_429": (timedelta(minutes=20), timedelta(minutes=90)),
    "page_429": (timedelta(minutes=5), timedelta(minutes=40)),
    "server_errors": (timedelta(hours=1), timedelta(hours=8)),
    "resets": (timedelta(minutes=10), timedelta(hours=1)),
    "robots_errors": (timedelta(hours=1), timedelta(hours=4)),
}


# Ours: the mischief of a week, from a third of the time on, or for a third of it.
_LOGIN_SPAN = timedelta(days=7)


def write_fault(chances: Chances, sites: Sequence[Site], feeds: Sequence[Feed]) -> Iterator[Fault]:
    """Yield the faults. A span is at most a tenth of the script."""
    start, end = chances.start, chances.end
    if "login_week" in chances.events:
        begin = (start + (end - start) / 3).replace(microsecond=0)
        until = begin + min(_LOGIN_SPAN, (end - start) / 3)
        host = min(sites, key=lambda site: chances.chance("login_week", site.host)).host
        yield Fault("login_week", host, None, begin, until.replace(microsecond=0))
    for kind in FAULT_RATES:
        if kind not in chances.events:
            continue
        places: list[tuple[str, str | None]]
        if kind in ON_A_FEED:
            places = [
                (feed.host, feed.id) for feed in feeds if kind != "false_304" or feed.has_validators
            ]
        elif kind == "robots_errors":
            places = [(site.host, None) for site in sites if site.has_robots]
        else:
            places = [(site.host, None) for site in sites]
        for variant, (host, feed, share) in enumerate(_choose(chances, kind, places)):
            low, high = FAULT_SPANS[kind]
            span = low + (high - low) * chances.chance("span", kind, host, feed, share)
            span = min(span, (end - start) / 10)
            begin = start + (end - start - span) * share
            yield Fault(
                kind, host, feed, begin.replace(microsecond=0),
                (begin + span).replace(microsecond=0), variant,
            )  # fmt: skip


def _choose(
    chances: Chances, kind: FaultKind, places: Sequence[tuple[str, str | None]]
) -> Iterator[tuple[str, str | None, float]]:
    """Yield where faults strike, and at which share of the time."""
    length = chances.end - chances.start
    slots = max(1, round(length / timedelta(days=10)))
    rate = FAULT_RATES[kind] * (length / timedelta(days=30)) / slots
    drawn = {
        (host, feed, slot): chances.chance(kind, host, feed, slot)
        for host, feed in places
        for slot in range(slots)
    }
    if not drawn:
        return
    struck = [key for key, number in drawn.items() if number < rate]
    for host, feed, slot in struck or [min(drawn, key=drawn.__getitem__)]:
        # The script begins in peace: nobody can be expected to know a feed that was never well.
        share = (slot + 0.1 + 0.8 * chances.chance("share", kind, host, feed, slot)) / slots
        yield host, feed, share
