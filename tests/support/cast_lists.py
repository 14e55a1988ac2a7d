"""Made-up articles as the people in them, for the tests of people across articles."""

from __future__ import annotations

import random
import sqlite3
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta

from newsbeam.transforms.lake.schema import ARTICLES, Row
from newsbeam.transforms.people.appearances import Appearance
from newsbeam.transforms.people.corrections import Corrections
from newsbeam.transforms.people.decide import PeopleDecider
from newsbeam.transforms.people.index import TABLES_OF_PEOPLE, PeopleIndex

BEGIN = datetime(2024, 1, 1, 12, tzinfo=UTC)
Articles = Mapping[str, Sequence[Appearance]]
# Names that are each other's variants, namesakes and short forms.
NAMES = (
    "Kari Nes,Kari Nes Berg,Kåri Nes,Kari Ness,Nes,Ola Nes,Ole Nes,Berg,Kari,Kari K. Nes,K. Nes,"
    "Anne Hansen,Anne Lise Hansen,Anne-Lise Hansen,Anne Marie Hansen,Hansen,Hanssen,Anne Hanssen,"
    "Kristin Halvorsen,Kristian Halvorsen,Kristin Halvorssen,Halvorsen,Moe Vik,Jon Moe Vik,Vik,"
    "Per Moe Vik,Kari Moe,Kari Lie,Lundås,Eva Lundå,Harald,kong Harald,Geir Harald,Siv Hanssen"
).split(",")
_ROLES = (None, None, None, "ordfører i Moss", "ordfører i Bodø", "fotballspiller", "statsråd")


def appear(
    article: str, name: str, day: int = 0, source: str = "avisen", **told: str | None
) -> Appearance:
    """A person in an article, so many days after ``BEGIN``."""
    at = BEGIN + timedelta(days=day)
    return Appearance(article, name, source, at, (name,), 1, **told)  # type: ignore[arg-type]


def write_cast(pick: random.Random, article: str) -> list[Appearance]:
    """A random article's persons."""
    day, source = pick.choice((0, 5, 20, 40, 60, 100, 400)), pick.choice("abc")
    return [
        appear(article, name, day, source, role=pick.choice(_ROLES),
               affiliation=pick.choice((None, None, "Ap")),
               gender=pick.choice((None, None, "female", "male")))
        for name in pick.sample(NAMES, pick.randint(0, 5))
    ]  # fmt: skip


class Registry:
    """A working database in memory."""

    def __init__(self, corrections: Corrections | None = None) -> None:
        self.database = sqlite3.connect(":memory:")
        self.database.executescript(TABLES_OF_PEOPLE)
        self.decider = PeopleDecider(
            PeopleIndex(self.database), Corrections() if corrections is None else corrections
        )

    def take(self, *appearances: Appearance) -> Registry:
        """Let there be these, by their articles."""
        articles: dict[str, list[Appearance]] = {}
        for appearance in appearances:
            articles.setdefault(appearance.article_id, []).append(appearance)
        self.decider.take(articles)
        return self

    def whose(self, article: str, name: str) -> tuple[str | None, str]:
        """The person, and why."""
        row: tuple[str | None, str] = self.database.execute(
            "SELECT person, because FROM appearances WHERE article = ? AND name = ?",
            (article, name),
        ).fetchone()
        return row

    def count_persons(self) -> int:
        """How many persons there are."""
        (count,) = self.database.execute(
            "SELECT count(DISTINCT person) FROM appearances"
        ).fetchone()
        return int(count)

    def dump(self) -> dict[str, list[tuple[object, ...]]]:
        """All that is known, but for how it came to that."""
        tables = ("appearances", "forms", "keys", "words", "links", "namesakes", "leads", "tallies")
        return {
            table: sorted(self.database.execute(f"SELECT * FROM {table}").fetchall(), key=repr)
            for table in tables
            if table != "leads"  # of words that nobody asks for any more some may be left
        }


def make_article_row(
    article: str, cast: Sequence[Appearance], revision: int = 1, day: int = 0
) -> Row:
    """A row of ``articles`` with these persons, as a run would have found them."""
    at = cast[0].at if cast else BEGIN + timedelta(days=day)
    row: Row = dict.fromkeys(ARTICLES.schema.names)
    return row | {
        "article_id": article,
        "revision": revision,
        "source": cast[0].source if cast else "avisen",
        "published_date": at.date(),
        "published_at": at,
        "ingested_at": at,
        "entities": [
            {"text": one.name, "label": "PER", "start": 0, "end": 1, "name": one.name}
            for one in cast
        ],
        "quotes": [],
        "statements": [],
        "persons": [
            {"name": one.name, "kind": "person", "role": one.role, "gender": one.gender,
             "gender_from": None, "affiliation": one.affiliation}
            for one in cast
        ],
        "content_hash": f"{article}{revision}",
    }  # fmt: skip
