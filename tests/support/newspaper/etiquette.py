"""Checks on the request log: how a client behaved. Each returns the violations, readable.

Intervals between requests are real (monotonic) seconds; everything else is simulated time.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import pairwise

from tests.support.newspaper.paper import Newspaper, strip_trackers
from tests.support.newspaper.server import LoggedRequest

DAY = timedelta(days=1)
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
# A poll that failed so may be tried again at once.
_TEMPORARY = frozenset({0, 408, 500, 502, 503, 504})


def check_all(
    log: Sequence[LoggedRequest],
    newspaper: Newspaper,
    *,
    seconds: float = 0.02,
    stretch: int = 1,
    tolerance: float = 0.005,
) -> list[str]:
    """All rules below with what ``newspaper`` says of itself; ``seconds`` as in its configs,
    ``stretch`` and ``tolerance`` as for ``check_gap``.

    ``check_repeated_page`` is left out: fetching once more is waste, but breaks no rule.
    """
    gaps = {host: max(seconds, site.crawl_delay or 0.0) for host, site in newspaper.sites.items()}
    disallowed = {host: site.disallowed for host, site in newspaper.sites.items()}
    # A Crawl-delay is known only once robots.txt was read.
    slow = [request for request in log if request.kind != "robots"]
    return [
        *check_gap(log, seconds, stretch=stretch, tolerance=tolerance),
        *check_gap(slow, gaps, stretch=stretch, tolerance=tolerance),
        *check_overlap(log),
        *check_retry_after(log),
        *check_disallowed(log, disallowed),
        *check_poll_interval(log),
        *check_conditional(log),
        *check_gone(log),
        *check_user_agent(log),
        *check_robots_fetch(log),
    ]


def check_gap(
    log: Iterable[LoggedRequest],
    seconds: float | Mapping[str, float],
    *,
    stretch: int = 1,
    tolerance: float = 0.005,
) -> list[str]:
    """Requests to a host that start less than ``seconds`` (by host, or for all) apart.

    ``tolerance`` is what threads and the network may shorten a gap by, in seconds. Where a busy
    machine notes arrivals late, look at a ``stretch`` of several gaps at once: lateness does not
    add up, haste does.
    """
    found = []
    for host, requests in _group(log, lambda request: request.host).items():
        least = seconds[host] if isinstance(seconds, Mapping) else seconds
        for before, after in zip(requests, requests[stretch:], strict=False):
            gap = after.arrived - before.arrived
            if gap < stretch * least - tolerance:
                found.append(
                    f"{_show(after)}: {gap:.4f} s after {_show(before)}; "
                    f"least {stretch} x {least} s"
                )
    return found


def check_overlap(log: Iterable[LoggedRequest], at_once: int = 1) -> list[str]:
    """More than ``at_once`` requests to a host at the same time."""
    found = []
    for requests in _group(log, lambda request: request.host).values():
        running: list[LoggedRequest] = []
        for request in requests:
            running = [other for other in running if other.answered > request.arrived]
            running.append(request)
            if len(running) > at_once:
                found.append(f"{_show(request)}: {len(running)} requests at once")
    return found


def check_retry_after(log: Iterable[LoggedRequest]) -> list[str]:
    """Requests to a host before a Retry-After of it had run out.

    It counts as run out when so much simulated or real time has gone by: a client may sleep a
    short one out while the simulated clock stands still.
    """
    found = []
    for requests in _group(log, lambda request: request.host).values():
        waits: list[LoggedRequest] = []
        for request in requests:
            waits = [wait for wait in waits if _is_running(wait, request)]
            found += [
                f"{_show(request)}: {_show(wait)} asked for {wait.retry_after:.0f} s of quiet"
                for wait in waits[-1:]
            ]
            if request.retry_after is not None:
                waits.append(request)
    return found


def check_disallowed(
    log: Iterable[LoggedRequest], disallowed: Mapping[str, Sequence[str]]
) -> list[str]:
    """Requests to paths below the prefixes that a host's robots.txt disallows."""
    return [
        f"{_show(request)}: robots.txt disallows it"
        for request in log
        if request.kind != "robots"
        and request.path.startswith(tuple(disallowed.get(request.host, ())))
    ]


def check_poll_interval(
    log: Iterable[LoggedRequest],
    at_least: timedelta = timedelta(minutes=10),
    *,
    jitter: float = 0.1,
    tries: int = 1,
) -> list[str]:
    """Feeds asked again sooner than ``at_least`` less ``jitter``.

    Redirects are one poll with what they lead to. Up to ``tries`` requests count as one poll
    where each but the last failed for the time being.
    """
    found = []
    for polls in _list_poll(log).values():
        begun, used = polls[0], 1
        for before, poll in pairwise(polls):
            gap = poll.at - begun.at
            if gap >= at_least * (1 - jitter):
                begun, used = poll, 1
            elif before.status in _TEMPORARY and used < tries:
                used += 1
            else:
                found.append(f"{_show(poll)}: polled {gap} after {_show(begun)}")
                begun, used = poll, 1
    return found


def check_conditional(log: Iterable[LoggedRequest], every: timedelta = DAY) -> list[str]:
    """Feeds with validators that were asked without them twice within ``every``."""
    found = []
    for polls in _list_poll(log).values():
        knows, asked_plainly_at = False, None
        for poll in polls:
            if poll.status not in (200, 304):
                continue
            if not poll.is_conditional:
                if knows and asked_plainly_at is not None and poll.at - asked_plainly_at < every:
                    found.append(
                        f"{_show(poll)}: asked without validators, last so at {asked_plainly_at}"
                    )
                asked_plainly_at = poll.at
            knows = knows if poll.status == 304 else poll.gave_validators
    return found


def check_gone(log: Iterable[LoggedRequest]) -> list[str]:
    """Requests to feeds and pages that had answered 410."""
    found = []
    gone: dict[tuple[str, str], LoggedRequest] = {}
    for request in log:
        if request.kind not in ("feed", "page"):
            continue
        key = (request.kind, request.target)
        if key in gone:
            found.append(f"{_show(request)}: was gone at {gone[key].at}")
        elif request.status == 410:
            gone[key] = request
    return found


def check_user_agent(log: Iterable[LoggedRequest], *words: str) -> list[str]:
    """Requests without a User-Agent, or with one that lacks one of ``words``."""
    found = []
    for request in log:
        agent = request.headers.get("user-agent", "")
        if not agent.strip():
            found.append(f"{_show(request)}: no User-Agent")
        found += [
            f"{_show(request)}: User-Agent {agent!r} lacks {word!r}"
            for word in words
            if agent.strip() and word not in agent
        ]
    return found


def check_robots_fetch(log: Iterable[LoggedRequest], every: timedelta = DAY) -> list[str]:
    """robots.txt fetched more than once within ``every``, but for after a failure."""
    found = []
    robots = (request for request in log if request.kind == "robots")
    for requests in _group(robots, lambda request: request.host).values():
        answered_at: datetime | None = None
        for request in requests:
            if answered_at is not None and request.at - answered_at < every:
                found.append(f"{_show(request)}: had been answered at {answered_at}")
            is_answer = 200 <= request.status < 500 and request.status != 429
            answered_at = request.at if is_answer else None
    return found


def check_repeated_page(log: Iterable[LoggedRequest], at_most: int = 1) -> list[str]:
    """Pages that were had (200) more than ``at_most`` times in one revision at one address."""
    found = []
    pages = (request for request in log if request.kind == "page" and request.status == 200)
    for requests in _group(
        pages, lambda r: f"{strip_trackers(r.path)} {r.host} {r.revision}"
    ).values():
        found += [
            f"{_show(request)}: had since {requests[0].at}, and not changed"
            for request in requests[at_most:]
        ]
    return found


def _group(
    log: Iterable[LoggedRequest], key: Callable[[LoggedRequest], str]
) -> dict[str, list[LoggedRequest]]:
    groups: dict[str, list[LoggedRequest]] = defaultdict(list)
    for request in sorted(log, key=lambda request: request.arrived):
        groups[key(request)].append(request)
    return groups


def _list_poll(log: Iterable[LoggedRequest]) -> dict[str, list[LoggedRequest]]:
    polls = (r for r in log if r.kind == "feed" and r.status not in _REDIRECTS)
    return _group(polls, lambda request: request.target)


def _is_running(wait: LoggedRequest, request: LoggedRequest) -> bool:
    seconds = wait.retry_after or 0.0
    return (
        request.at - wait.at < timedelta(seconds=seconds)
        and request.arrived - wait.answered < seconds
    )


def _show(request: LoggedRequest) -> str:
    status = request.status or "reset"
    return f"{request.method} {request.host}{request.path} at {request.at} ({status})"
