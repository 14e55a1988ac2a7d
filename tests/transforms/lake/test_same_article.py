"""Which article a feed's page becomes: by its document, its address, its text."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from newsbeam.transforms.lake.committer import Committer
from newsbeam.transforms.lake.known import Known
from newsbeam.transforms.lake.lake import Lake
from newsbeam.transforms.lake.run import Run
from newsbeam.transforms.lake.schema import ARTICLES
from newsbeam.transforms.packing import pack_request
from newsbeam.transforms.records import (
    Article,
    Block,
    Clock,
    Entry,
    Metadata,
    PageRequest,
    Provenance,
)
from newsbeam.transforms.text.identity import article_id, digest_bytes, entry_identity

NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
DAY = timedelta(days=1)
BASE = "https://avis.example"
TEXT = "Hallen brant ned i natt, og ingen kom til skade. " * 5


def article(
    path: str, text: str = TEXT, *, guid: str = "g", title: str = "Hallen brant",
    published_at: datetime | None = None, known_as: str | None = None, part: str | None = None,
    is_file: bool = False, at: datetime = NOON,
) -> Article:  # fmt: skip
    url = f"{BASE}{path}"
    request = PageRequest("avis", "f", Entry(guid, url, "0" * 26, part=part), known_as=known_as)
    provenance = Provenance(
        "avis", f"{url}\x1f{part}" if part else url, url, digest_bytes(text.encode()), url, at,
        known_as, None if is_file else pack_request(request), part is not None,
    )  # fmt: skip
    metadata = Metadata(url=url, title=title, published_at=published_at)
    return Article(provenance, metadata, (Block(text.strip()),), "nb")


class Shelf:
    """A lake, and commits to it one after the other."""

    def __init__(self, root: Path) -> None:
        self.lake = Lake(root)
        self.lake.create()
        self.runs = 0

    def commit(self, *articles: Article) -> None:
        self.runs += 1
        run = Run.begin(self.lake, NOON + self.runs * DAY, {}, Clock())
        with run.staging.create():
            Committer(run).commit_articles(articles)
            run.staging.remove()

    def known(self) -> Known:
        return Known(self.lake, self.lake.version(ARTICLES))

    def revisions(self) -> list[int]:
        rows = self.lake.open(ARTICLES).to_pyarrow_table().to_pylist()
        ids = [row["article_id"] for row in sorted(rows, key=lambda row: row["ingested_at"])]
        return [ids.count(name) for name in dict.fromkeys(ids)]


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    return Shelf(tmp_path / "lake")


@pytest.mark.parametrize(
    ("second", "revisions"),
    [
        (article("/hallen-brant-ned"), [2]),
        (article("/b", published_at=NOON + DAY), [2]),
        (article("/b", published_at=NOON + 9 * DAY), [1, 1]),  # a notice that recurs
        (article("/b", title="Huset brant"), [1, 1]),
        (article("/b", TEXT + "Mer kommer."), [1, 1]),
        (article("/b", TEXT + "Mer kommer.", known_as=article_id("avis", f"{BASE}/a")), [2]),
        (article("/b", is_file=True), [1, 1]),  # files are what their names say
    ],
)
def test_the_same_text_at_another_address_is_the_same_article(
    shelf: Shelf, second: Article, revisions: list[int]
) -> None:
    shelf.commit(article("/a", published_at=NOON))
    shelf.commit(second)
    assert shelf.revisions() == revisions


def test_a_short_text_may_be_that_of_two_articles(shelf: Shelf) -> None:
    shelf.commit(article("/a", "Saken oppdateres."))
    shelf.commit(article("/b", "Saken oppdateres."))
    assert shelf.revisions() == [1, 1]
    assert shelf.known().text("0" * 32) is None


def test_parts_of_one_address_are_articles_of_their_own(shelf: Shelf) -> None:
    shelf.commit(*(article("/presse", f"Melding {n}. {TEXT}", part=f"pm-{n}") for n in range(3)))
    assert shelf.revisions() == [1, 1, 1]
    shelf.commit(article("/presse", f"Melding 1, rettet. {TEXT}", part="pm-1"))
    assert sorted(shelf.revisions()) == [1, 1, 2]


def test_an_articles_row_says_which_entry_it_came_from(shelf: Shelf) -> None:
    shelf.commit(article("/a", guid="guid-1"), article("/fil", is_file=True, title="Fil"))
    shutil.rmtree(shelf.lake.root / "_cache", ignore_errors=True)
    known = shelf.known()
    found = known.entry(entry_identity("avis", "f", "guid-1"))
    assert found is not None
    assert (found.document_id, found.feed) == (article_id("avis", f"{BASE}/a"), "f")
    assert (found.title, found.url) == ("Hallen brant", f"{BASE}/a")
    assert known.entry(entry_identity("avis", "g", "guid-1")) is None
    file = known.document(article_id("avis", f"{BASE}/fil"))
    assert file is not None
    assert (file.feed, file.title, file.url) == (None, None, None)
    # What the entry led to last counts.
    later = article("/b", "Noe helt annet. " * 20, guid="guid-1", title="Annet", at=NOON + DAY)
    shelf.commit(later)
    newest = shelf.known().entry(entry_identity("avis", "f", "guid-1"))
    assert newest is not None
    assert newest.url == f"{BASE}/b"
