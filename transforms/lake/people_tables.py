"""The tables of people across articles: who is in which article, and who they are."""

from __future__ import annotations

import pyarrow as pa

from newsbeam.transforms.lake.columns import INSTANT, Column, Table

_SPAN = [pa.field("first", pa.date32()), pa.field("last", pa.date32())]
_COUNTED = [pa.field("number", pa.int64()), *_SPAN]
_DECIDED = (
    Column("decision", pa.int64(), "A number that grows with every update of this table."),
    Column("rules", pa.string(), "The rules by which it was told, and the corrections."),
    Column("decided_at", INSTANT, "When."),
    Column("run_id", pa.string(), "The run that wrote the row."),
)


def _list_of(name: str) -> pa.DataType:
    return pa.list_(pa.struct([pa.field(name, pa.string()), *_COUNTED]))


APPEARANCES = Table(
    "appearances",
    "Which person each name in an article means (docs/people.md): a row an article and name. Of "
    "its rows the one with the highest `decision` counts; rows are never changed.",
    (
        Column("article_id", pa.string(), "The article (32 hex)."),
        Column("name", pa.string(), "The `name` of its entities, and of speakers."),
        Column(
            "person_id",
            pa.string(),
            "The person (32 hex); null where nobody can tell.",
        ),
        Column("because", pa.string(), "Why, in a stable word (docs/people.md)."),
        Column("source", pa.string(), "The article's source; null: the name is there no more."),
        Column("dated_at", INSTANT, "Its `published_at`, or `ingested_at` where it has none."),
        Column("dated_year", pa.int32(), "Year of `dated_at` in UTC. Partition column."),
        Column("written", pa.list_(pa.string()), "The forms in which the text has the name."),
        Column("mentions", pa.int32(), "Entities of that name."),
        Column("quotes", pa.int32(), "Direct quotes, without those in headings."),
        Column("statements", pa.int32(), "Reported statements."),
        Column("role", pa.string(), "What the article says the person is."),
        Column("affiliation", pa.string(), "The body that it ties the person to."),
        Column("gender", pa.string(), "female or male."),
        Column("gender_from", pa.string(), "What tells the gender."),
        *_DECIDED,
    ),
    ("dated_year",),
)

PEOPLE = Table(
    "people",
    "One row a person (docs/people.md). Of the rows of a person the one with the highest "
    "`decision` counts; rows are never changed.",
    (
        Column("person_id", pa.string(), "The person (32 hex)."),
        Column("name", pa.string(), "The fullest name that is well attested."),
        Column(
            "variants",
            _list_of("name"),
            "The names as articles have them, the most frequent first: articles (`number`), first "
            "and last day.",
        ),
        Column("gender", pa.string(), "female or male, where most articles that tell it agree."),
        Column("gender_from", pa.string(), "What told the gender most often."),
        Column("roles", _list_of("role"), "What articles say that the person is."),
        Column("affiliations", _list_of("affiliation"), "The bodies that they tie the person to."),
        Column("sources", _list_of("source"), "The sources, with their articles."),
        Column("articles", pa.int64(), "Articles with the person; 0: there is none any more."),
        Column("mentions", pa.int64(), "Named entities."),
        Column("quotes", pa.int64(), "Direct quotes, without those in headings."),
        Column("statements", pa.int64(), "Reported statements."),
        Column("first_day", pa.date32(), "UTC day of the first article."),
        Column("last_day", pa.date32(), "UTC day of the last one."),
        Column("decided_year", pa.int32(), "Year of `decided_at`. Partition column."),
        *_DECIDED,
    ),
    ("decided_year",),
)

# The views of the two tables in a lake's database, whose own ones are in the schema `internal`:
# what was decided last; and whom each name means, to be joined to what articles hold.
PEOPLE_VIEWS = """
CREATE VIEW people AS SELECT * EXCLUDE (file) FROM internal.people
    QUALIFY row_number() OVER (PARTITION BY person_id ORDER BY decision DESC) = 1 AND articles > 0;
CREATE VIEW appearances AS SELECT * EXCLUDE (file) FROM internal.appearances
    QUALIFY row_number() OVER (PARTITION BY article_id, name ORDER BY decision DESC) = 1
    AND source IS NOT NULL;
CREATE VIEW internal.meant AS
    SELECT article_id, name, max_by({'id': person_id}, decision).id AS person_id
    FROM internal.appearances GROUP BY article_id, name;
"""
