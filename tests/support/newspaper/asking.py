"""The scripted newspaper asked without a server, and instants at which it is at peace."""

from __future__ import annotations

from datetime import datetime, timedelta
from urllib.parse import urlsplit

from tests.support.newspaper import START, Newspaper
from tests.support.newspaper.answers import Answer, Question, answer_question
from tests.support.newspaper.truth import Article, Fault

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


LATER = START + 30 * DAY


def ask(paper: Newspaper, url: str, at: datetime, earlier: int = 1, **headers: str) -> Answer:
    parts = urlsplit(url)
    path = f"{parts.path}?{parts.query}" if parts.query else parts.path
    given = {name.replace("_", "-"): value for name, value in headers.items()}
    return answer_question(paper, Question(parts.hostname or "", path, "GET", given), at, earlier)


def is_peaceful(paper: Newspaper, host: str, at: datetime) -> bool:
    return not any(fault.host == host and fault.covers(at) for fault in paper.script.faults)


def peaceful(paper: Newspaper, host: str, since: datetime) -> datetime:
    """The first full hour from ``since`` on without a fault at ``host``."""
    return next(at for n in range(99) if is_peaceful(paper, host, at := since + n * HOUR))


def some_article(paper: Newspaper, **wanted: object) -> Article:
    """The first article with these attributes that is young, served plainly and in peace."""
    plain: dict[str, object] = {"access": "open", "hiccup": "none", "removed_at": None} | wanted
    return next(
        article
        for article in paper.script.articles
        if article.published_at > START
        and all(getattr(article, name) == value for name, value in plain.items())
        and is_peaceful(paper, article.host, article.published_at)
    )


def fault_of(paper: Newspaper, kind: str) -> tuple[Fault, datetime]:
    """A fault of a kind, and an instant when it is the only one at its host."""
    for fault in paper.script.faults:
        others = [f for f in paper.script.faults if f.host == fault.host and f != fault]
        middle = fault.start + (fault.end - fault.start) / 2
        if fault.kind == kind and not any(other.covers(middle) for other in others):
            return fault, middle
    raise AssertionError(f"no {kind} of its own")
