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
from newsbeam.transforms.lake.schema import ARTICLES, Row
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
    is_file: bool = False, at: datetime = NOON, canonical: str | None = None,
    tags: tuple[str, ...] = (),
) -> Article:  # fmt: skip
    url = f"{BASE}{path}"
    request = PageRequest("avis", "f", Entry(guid, url, "0" * 26, part=part), known_as=known_as)
    provenance = Provenance(
        "avis", f"{url}\x1f{part}" if part else url, url, digest_bytes(text.encode()), url, at,
        known_as, None if is_file else pack_request(request), part is not None,
    )  # fmt: skip
    address = f"{BASE}{canonical}" if canonical else url
    metadata = Metadata(url=address, title=title, published_at=published_at, tags=tags)
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

    def rows(self) -> list[Row]:
        return self.lake.open(ARTICLES).to_pyarrow_table().to_pylist()  # type: ignore[no-any-return]

    def urls(self) -> set[str]:
        return {row["url"].removeprefix(BASE) for row in self.rows()}

    def revisions(self) -> list[int]:
        rows = self.rows()
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


def story(number: int, more: str = "") -> str:
    """A text like no other's."""
    return " ".join(f"ord{number}x{at}" for at in range(80)) + more


TITLES = ("Skolen får nytt tak", "Brua stenges", "Kino i kveld", "Laget vant igjen")


def claim(number: int, canonical: str, more: str = "", path: str | None = None) -> Article:
    """A page of a story that calls itself by some address."""
    return article(
        path or f"/sak/{number}", story(number, more), title=TITLES[number], canonical=canonical
    )


@pytest.mark.parametrize("canonical", ["/nyheter", "/sak/0", "/sak/2"])
@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 2, 0)])
@pytest.mark.parametrize("at_once", [1, 2, 3])
def test_pages_that_call_themselves_alike_are_articles_of_their_own(
    shelf: Shelf, canonical: str, order: tuple[int, ...], at_once: int
) -> None:
    pages = [claim(number, canonical) for number in order]
    for start in range(0, len(pages), at_once):
        shelf.commit(*pages[start : start + at_once])
    shelf.commit(*pages)  # asked for again: nothing is new
    assert shelf.revisions() == [1, 1, 1]
    assert len({row["article_id"] for row in shelf.rows()}) == 3
    # All but the one that has the address by now are at their own.
    assert len(shelf.urls() & {"/sak/0", "/sak/1", "/sak/2"}) >= 2
    shelf.commit(claim(1, canonical, " Slik endte det."))
    assert sorted(shelf.revisions()) == [1, 1, 2]


@pytest.mark.parametrize("at_once", [True, False])
def test_pages_of_one_story_that_name_one_address_are_one_article(
    shelf: Shelf, at_once: bool
) -> None:
    pages = [claim(0, "/sak/0", path=path) for path in ("/m/0", "/sak/0", "/sak/0/utskrift")]
    pages.append(claim(0, "/sak/0", " Slik endte det.", path="/ny/0"))
    if at_once:
        shelf.commit(*pages)
    else:
        for page in pages:
            shelf.commit(page)
    assert shelf.revisions() == [2]


def test_of_an_older_lake_a_canonical_address_is_believed(shelf: Shelf) -> None:
    shelf.commit(claim(0, "/nyheter"))
    table = shelf.lake.open(ARTICLES)
    table.update({"text_sketch": "NULL"})
    shelf.commit(claim(1, "/nyheter"))
    assert shelf.revisions() == [2]


@pytest.mark.parametrize("paths", [("/sport/a", "/nyheter/a"), ("/a", "/a/"), ("/a", "/a?ref=b")])
def test_the_same_text_at_two_addresses_in_one_run_is_one_article(
    shelf: Shelf, paths: tuple[str, str]
) -> None:
    first, second = (article(path, published_at=NOON) for path in paths)
    shelf.commit(first, second)
    assert shelf.revisions() == [1]
    (row,) = shelf.rows()
    documents = {article_id("avis", f"{BASE}{path}") for path in paths}
    assert {row["document_id"], *row["copies"]} == documents
    for address in paths:
        found = shelf.known().document(article_id("avis", f"{BASE}{address}"))
        assert found is not None
        assert found.article_id == row["article_id"]
    # What is known of both addresses stays, and who says last what the other said changes nothing.
    for path in (paths[1], paths[0], paths[1]):
        shelf.commit(article(path, TEXT + "Mer kommer.", published_at=NOON, at=NOON + DAY))
    assert shelf.revisions() == [2]
    shelf.commit(article(paths[0], TEXT + "Enda mer.", published_at=NOON, at=NOON + 2 * DAY))
    assert shelf.revisions() == [3]


def test_the_same_text_of_another_time_or_short_is_not_the_same_in_one_run(shelf: Shelf) -> None:
    shelf.commit(
        article("/a", published_at=NOON),
        article("/b", published_at=NOON + 9 * DAY),
        article("/c", "Saken oppdateres."),
        article("/d", "Saken oppdateres."),
    )
    assert shelf.revisions() == [1, 1, 1, 1]


def test_a_copy_of_what_is_edited_in_the_same_run_is_no_article(shelf: Shelf) -> None:
    shelf.commit(article("/a"))
    shelf.commit(article("/b", TEXT + "Mer kommer."), article("/a", TEXT + "Mer kommer."))
    assert shelf.revisions() == [2]
    assert sorted(row["copies"] or [] for row in shelf.rows()) == [
        [], [article_id("avis", f"{BASE}/b")],
    ]  # fmt: skip


def test_articles_that_the_lake_has_twice_stay_two(shelf: Shelf) -> None:
    shelf.commit(article("/a"), article("/b", story(1)))
    shelf.commit(article("/a", story(2)), article("/b", story(2)))
    assert sorted(shelf.revisions()) == [2, 2]


def test_copies_of_strangers_are_told_apart_too(shelf: Shelf) -> None:
    """Two stories at four addresses, of which every page says the same."""
    shelf.commit(*(claim(n, "/nyheter", path=f"/{s}/{n}") for n in (0, 1) for s in "ab"))
    assert shelf.revisions() == [1, 1]
    assert sorted(row["title"] for row in shelf.rows()) == sorted(TITLES[:2])
