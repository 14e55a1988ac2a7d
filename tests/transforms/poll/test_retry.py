from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from newsbeam.transforms.packing import pack_request
from newsbeam.transforms.poll.documents import document_of
from newsbeam.transforms.poll.retry import Retries, select_retries
from newsbeam.transforms.records import Entry, PageRequest
from newsbeam.transforms.settings.source import UrlSettings
from newsbeam.transforms.text.identity import article_id

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
RULES = UrlSettings()


@dataclass(frozen=True)
class Known:
    ingested_at: datetime


def ask(
    url: str | None = "https://avisa.no/a", *, entry: str = "1", tries: int = 0,
    source: str = "avisa", feed: str = "topp", known_as: str | None = None,
) -> PageRequest:  # fmt: skip
    return PageRequest(source, feed, Entry(entry, url, "d"), tries, known_as)


def reject(
    request: PageRequest | str | None, reason: str = "timeout", *, stage: str = "fetch",
    at: datetime = NOON,
) -> dict[str, Any]:  # fmt: skip
    packed = pack_request(request) if isinstance(request, PageRequest) else request
    return {
        "source": request.source if isinstance(request, PageRequest) else "avisa",
        "stage": stage,
        "reason": reason,
        "request": packed,
        "config": "avisa.yaml",
        "rejected_at": at,
    }


def select(
    *rows: dict[str, Any], held: dict[str, datetime] | None = None, **options: Any
) -> Retries:
    known = {article_id("avisa", url): Known(at) for url, at in (held or {}).items()}
    return select_retries(
        rows, identify=lambda request: document_of(request, RULES), find=known.get, **options
    )


def urls(retries: Retries) -> list[str | None]:
    return [retry.request.entry.url for chosen in retries.chosen.values() for retry in chosen]


@pytest.mark.parametrize(
    ("stage", "reason", "is_chosen"),
    [
        ("fetch", "timeout", True),
        ("fetch", "bad_tls", True),
        ("fetch", "server_error", True),
        ("fetch", "not_found", False),
        ("fetch", "paywalled", False),
        ("fetch", "robots_disallowed", False),
        ("fetch", "a_reason_of_next_year", False),
        ("extract", "no_text", True),
        ("clean", "nothing_left", True),
        ("enrich", "model_failed", True),
        ("read", "broken_record", False),
        ("poll", "timeout", False),
    ],
)
def test_what_is_tried_again(stage: str, reason: str, is_chosen: bool) -> None:
    row = reject(ask(), reason, stage=stage)
    assert bool(select(row).chosen) == is_chosen
    assert select(row).skipped == ({} if is_chosen else {"not_temporary": 1})
    assert select(row, everything=True).chosen


def test_what_a_retry_says() -> None:
    request = ask(tries=3, known_as="f" * 32)
    [retry] = select(reject(request)).chosen["avisa"]
    assert (retry.request, retry.reason, retry.config) == (request, "timeout", "avisa.yaml")


def test_rejects_of_files_have_no_request() -> None:
    assert select(reject(None, "no_text", stage="extract")) == Retries({}, {})


def test_the_newest_reject_of_a_document_counts() -> None:
    """However often it was tried, under whatever feed, tracking parameter or order of rows."""
    rows = [
        reject(ask("https://avisa.no/a?utm_source=rss", feed="sport"), at=NOON + HOUR),
        reject(ask(tries=2), "not_found", at=NOON + 2 * HOUR),
        reject(ask(tries=1), at=NOON),
    ]
    for ordered in (rows, rows[::-1], rows[1:] + rows[:1]):
        assert select(*ordered) == Retries({}, {"not_temporary": 1})
    rows.append(reject(ask(tries=4), at=NOON + 3 * HOUR))
    [retry] = select(*rows).chosen["avisa"]
    assert retry.request.tries == 4


def test_a_page_that_moved_is_the_document_it_was() -> None:
    old = article_id("avisa", "https://avisa.no/a")
    rows = [reject(ask()), reject(ask("https://avisa.no/ny", known_as=old), at=NOON + HOUR)]
    assert urls(select(*rows)) == ["https://avisa.no/ny"]


@pytest.mark.parametrize(("after", "is_chosen"), [(-HOUR, True), (0 * HOUR, False), (HOUR, False)])
def test_what_came_into_the_lake_since(after: timedelta, is_chosen: bool) -> None:
    """In the same run another feed may have brought it; an older row may be an older revision."""
    found = select(reject(ask()), held={"https://avisa.no/a": NOON + after})
    assert bool(found.chosen) == is_chosen
    assert found.skipped == ({} if is_chosen else {"in_the_lake": 1})


def test_no_older_than() -> None:
    rows = [reject(ask("https://avisa.no/a")), reject(ask("https://avisa.no/b"), at=NOON + HOUR)]
    found = select(*rows, since=NOON + HOUR)
    assert urls(found) == ["https://avisa.no/b"]
    assert found.skipped == {"too_old": 1}


def test_what_waits_for_a_later_run_anyway() -> None:
    found = select(reject(ask()), waiting={article_id("avisa", "https://avisa.no/a")})
    assert found == Retries({}, {"waiting": 1})


@pytest.mark.parametrize("text", ["", "{}", "nonsense"])
def test_unreadable_request(text: str) -> None:
    found = select(reject(text), reject(ask()))
    assert urls(found) == ["https://avisa.no/a"]
    assert found.skipped == {"unreadable": 1}


def test_by_source_and_age() -> None:
    rows = [
        reject(ask("https://avisa.no/b"), at=NOON + HOUR),
        reject(ask("https://blad.no/c", source="blad"), at=NOON),
        reject(ask("https://avisa.no/a"), at=NOON),
        reject(ask(None, entry="2"), at=NOON + 2 * HOUR),
        reject(ask(None, entry="3"), at=NOON + 3 * HOUR),
    ]
    found = select(*rows)
    assert list(found.chosen) == ["avisa", "blad"]
    assert urls(found) == [
        "https://avisa.no/a", "https://avisa.no/b", None, None, "https://blad.no/c",
    ]  # fmt: skip
