"""What the newspaper answers to a request at an instant: a function of its arguments alone."""

from __future__ import annotations

import gzip
import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from email.utils import format_datetime, parsedate_to_datetime
from functools import lru_cache
from typing import Literal

from tests.support.newspaper.feeds import MEDIA_TYPES, break_feed
from tests.support.newspaper.pages import LOGIN_PAGE
from tests.support.newspaper.paper import Newspaper, strip_trackers
from tests.support.newspaper.truth import Article, Fault, FaultKind, Feed, right_path

Kind = Literal["robots", "feed", "page", "front", "other"]
# whole: as it should be; reset: the connection is reset before any byte; cut: it ends in the
# middle of the body.
Manner = Literal["whole", "reset", "cut"]
_DETOUR = "/midlertidig"
LOGIN_PATH = "/logginn"


@dataclass(frozen=True, slots=True)
class Question:
    """A request. ``path`` holds the query, too; ``headers`` have lower-case names."""

    host: str
    path: str
    method: str = "GET"
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_conditional(self) -> bool:
        return "if-none-match" in self.headers or "if-modified-since" in self.headers


@dataclass(frozen=True, slots=True)
class Answer:
    """A response. ``target`` is the id of the feed or article, ``revision`` the page's."""

    status: int
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    manner: Manner = "whole"
    kind: Kind = "other"
    target: str = ""
    revision: int = -1

    def header(self, name: str) -> str | None:
        """The value of a header by its name as it was written."""
        return next((value for given, value in self.headers if given == name), None)


def answer_question(paper: Newspaper, question: Question, now: datetime, earlier: int) -> Answer:
    """Return the answer at ``now``; ``earlier`` counts the requests for this target before it."""
    host, path = question.host, strip_trackers(question.path)
    site = paper.sites.get(host)
    if site is None:
        return Answer(421)
    if path == "/robots.txt":
        if _find_fault(paper, "robots_errors", host, now):
            return Answer(503, kind="robots", target=host)
        if not site.has_robots:
            return Answer(404, _typed("text/plain"), b"ikke her", kind="robots", target=host)
        return Answer(200, _typed("text/plain"), paper.robots(host), kind="robots", target=host)
    if path.startswith(LOGIN_PATH):
        return Answer(200, _typed("text/html; charset=utf-8"), LOGIN_PAGE.encode(), target=path)
    kind, target = _name_target(paper, host, path)
    if fault := _find_fault(paper, "server_errors", host, now):
        return _fail_server(fault, now, kind, target)
    if kind == "feed":
        answer = _answer_feed(paper, paper.feeds[target], question, path, now)
    elif kind == "page":
        answer = _answer_page(paper, paper.articles[target], question, path, now, earlier)
    elif kind == "front":
        section = path.strip("/") or None
        answer = Answer(200, _typed("text/html; charset=utf-8"), paper.front(host, now, section),
                        kind="front", target=path)  # fmt: skip
    else:
        answer = Answer(404, _typed("text/html"), b"<h1>Ikke her</h1>", target=path)
    if site.gzip and answer.status == 200 and _takes_gzip(question):
        headers = (*answer.headers, ("Content-Encoding", "gzip"), ("Vary", "Accept-Encoding"))
        return replace(answer, headers=headers, body=_compress(answer.body))
    return answer


def name_target(paper: Newspaper, host: str, path: str) -> tuple[Kind, str]:
    """What a path (with query) is the address of, at whatever time: its kind and its id."""
    stem = strip_trackers(path)
    return ("robots", host) if stem == "/robots.txt" else _name_target(paper, host, stem)


def _name_target(paper: Newspaper, host: str, path: str) -> tuple[Kind, str]:
    stem = path.removeprefix(_DETOUR)
    if feed := paper.feeds_by_path.get((host, stem)):
        return "feed", feed.id
    if article := paper.pages_by_path.get((host, path)):
        return "page", article.id
    section = path.strip("/")
    if not section or any(f.host == host and f.section == section for f in paper.script.feeds):
        return "front", path
    return "other", path


def _answer_feed(
    paper: Newspaper, feed: Feed, question: Question, path: str, now: datetime
) -> Answer:
    def reply(status: int, headers: tuple[tuple[str, str], ...] = (), body: bytes = b"") -> Answer:
        return Answer(status, headers, body, kind="feed", target=feed.id)

    if feed.gone_at is not None and now >= feed.gone_at:
        return reply(410)
    if fault := _find_fault(paper, "feed_429", feed.host, now, feed.id):
        return reply(429, (("Retry-After", _wait_until(fault, now)),))
    right = right_path(feed.addresses, now)
    stem = path.removeprefix(_DETOUR)
    if stem != right:
        if stem not in [address.path for address in feed.addresses if address.since <= now]:
            return reply(404)  # its time has not come
        return reply(feed.move_status, (("Location", paper.url(feed.host, right)),))
    if feed.detour and feed.detour[0] <= now < feed.detour[1] and not path.startswith(_DETOUR):
        return reply(302, (("Location", paper.url(feed.host, _DETOUR + path)),))
    if _find_fault(paper, "html_feed", feed.host, now, feed.id):
        return reply(200, _typed("text/html; charset=utf-8"), paper.front(feed.host, now))
    has_new_guids = feed.new_guids_at is not None and now >= feed.new_guids_at
    edition = paper.edition(feed.id, now)
    token = f"{now:%Y%m%d%H%M%S}" if feed.has_tracking else None
    # Some minutes earlier or later: another time at every request but those within one minute.
    shift = now.hour * 60 + now.minute if feed.has_moving_dates else 0
    document = paper.document(feed.id, edition.number, has_new_guids, token, shift % 97)
    typed = _typed(MEDIA_TYPES[feed.format])
    if fault := _find_fault(paper, "broken_xml", feed.host, now, feed.id):
        return reply(200, typed, break_feed(feed, document, fault.variant))
    if not feed.has_validators:
        return reply(200, typed, document)
    changed_at = edition.since
    if has_new_guids and feed.new_guids_at is not None:
        changed_at = max(changed_at, feed.new_guids_at)
    tag = f'"{feed.id}-{edition.number}{"-ny" if has_new_guids else ""}"'
    validators = (("ETag", tag), ("Last-Modified", format_datetime(changed_at, usegmt=True)))
    is_false = _find_fault(paper, "false_304", feed.host, now, feed.id) is not None
    if question.is_conditional and (is_false or _is_unchanged(question, tag, changed_at)):
        return reply(304, validators[:1] if not is_false else ())
    return reply(200, typed + validators, document)


def _answer_page(
    paper: Newspaper,
    article: Article,
    question: Question,
    path: str,
    now: datetime,
    earlier: int,
) -> Answer:
    revision = article.revision_at(now)

    def reply(
        status: int,
        headers: tuple[tuple[str, str], ...] = (),
        body: bytes = b"",
        manner: Manner = "whole",
    ) -> Answer:
        return Answer(status, headers, body, manner, "page", article.id, revision)

    if _find_fault(paper, "resets", article.host, now):
        return reply(0, manner="reset")
    if fault := _find_fault(paper, "page_429", article.host, now):
        return reply(429, (("Retry-After", _wait_until(fault, now)),))
    if revision < 0:
        return reply(404)
    if _find_fault(paper, "login_week", article.host, now):
        return reply(302, (("Location", paper.url(article.host, f"{LOGIN_PATH}?neste={path}")),))
    if article.removed_at is not None and now >= article.removed_at:
        return reply(410 if article.is_gone else 404, _typed("text/html"), b"<h1>Borte</h1>")
    right = right_path(article.addresses, now)
    if path != right:
        known = [address.path for address in article.addresses if address.since <= now]
        if path not in known:
            return reply(404)
        return reply(301, (("Location", paper.url(article.host, right)),))
    if earlier == 0 and article.hiccup != "none":
        match article.hiccup:
            case "status_503":
                return reply(503)
            case "status_429":
                return reply(429, (("Retry-After", "1"),))
            case "reset":
                return reply(0, manner="reset")
            case "cut":
                body = paper.page(article.id, revision, right)
                return reply(200, _typed("text/html"), body, manner="cut")
    if article.access in ("status_402", "status_403"):
        return reply(int(article.access[-3:]), _typed("text/html"), b"<h1>For abonnenter</h1>")
    charset = paper.sites[article.host].charset
    body = paper.page(article.id, revision, right)
    tag = f'"{article.id}-{revision}"'
    changed_at = article.revised_at[revision]
    if question.is_conditional and _is_unchanged(question, tag, changed_at):
        return reply(304, (("ETag", tag),))
    headers = _typed(f"text/html; charset={charset}")
    stamp = format_datetime(changed_at, usegmt=True)
    return reply(200, (*headers, ("ETag", tag), ("Last-Modified", stamp)), body)


def _fail_server(fault: Fault, now: datetime, kind: Kind, target: str) -> Answer:
    """Variants: 500, 502, 503, 504, and 503 with Retry-After."""
    status = (503, 502, 500, 504, 503)[fault.variant % 5]
    wait = (("Retry-After", _wait_until(fault, now)),) if fault.variant % 5 == 0 else ()
    return Answer(status, wait, b"", kind=kind, target=target)


def _find_fault(
    paper: Newspaper, kind: FaultKind, host: str, now: datetime, feed: str | None = None
) -> Fault | None:
    for fault in paper.faults(kind, host):
        if fault.feed == feed and fault.covers(now):
            return fault
    return None


def _wait_until(fault: Fault, now: datetime) -> str:
    """The fault's end as Retry-After: in seconds, or (odd variants) as an HTTP-date."""
    if fault.variant % 2:
        return format_datetime(fault.end, usegmt=True)
    return str(math.ceil((fault.end - now).total_seconds()))


def _is_unchanged(question: Question, tag: str, changed_at: datetime) -> bool:
    """RFC 9110 section 13.2.2: If-None-Match overrides If-Modified-Since."""
    if (given := question.headers.get("if-none-match")) is not None:
        tags = [one.strip().removeprefix("W/") for one in given.split(",")]
        return tag in tags or "*" in tags
    try:
        since = parsedate_to_datetime(question.headers["if-modified-since"])
    except ValueError:
        return False
    return since.tzinfo is not None and changed_at <= since


def _takes_gzip(question: Question) -> bool:
    return "gzip" in question.headers.get("accept-encoding", "")


def _typed(media_type: str) -> tuple[tuple[str, str], ...]:
    return (("Content-Type", media_type),)


@lru_cache(1_000)
def _compress(body: bytes) -> bytes:
    return gzip.compress(body, compresslevel=1, mtime=0)
