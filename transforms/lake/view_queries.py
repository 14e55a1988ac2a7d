"""Parts of the views of a lake that are plain SQL."""

from __future__ import annotations

from collections.abc import Sequence

import pyarrow as pa

from newsbeam.transforms.lake.people_tables import PEOPLE_VIEWS
from newsbeam.transforms.lake.schema import ARTICLES, FEED_POLLS, REJECTS, STORIES

REVISED_VIEW = """
CREATE VIEW internal.revised AS SELECT article_id, max(revision) AS revision
FROM internal.articles WHERE revision > 1 GROUP BY article_id"""
# All words, whatever their case, also as parts of words; what has them most stands first.
SEARCH_MACRO = """
CREATE MACRO search(words) AS TABLE
SELECT hits, * EXCLUDE (hits, said) FROM (
    SELECT *, list_transform(
        list_filter(string_split(lower(words), ' '), lambda word: word <> ''),
        lambda word: (length(said) - length(replace(said, word, ''))) // length(word)) AS hits
    FROM (SELECT *, lower(concat_ws(chr(10), title, lead, text)) AS said FROM articles)
) WHERE list_min(hits) > 0 ORDER BY list_sum(hits) DESC, published_at DESC, article_id"""

# What a piece of an article (a quote, an entity, a removed line) carries along.
_ABOUT = ("article_id", "source", "published_at", "published_date", "title", "url", "language",
          "published_month")  # fmt: skip
# Of such a piece the column with the name of a person.
_NAMES_IN = {"quotes": "speaker", "statements": "speaker", "entities": "name"}
# With a macro for what was published from one day to another, both with it (UTC):
# articles_between('2020-01-01', '2020-12-31').
DATED_VIEWS = ("articles", "quotes", "statements", "entities")


def write_views(fields: Sequence[pa.Field]) -> str:
    """The statements that make the views; ``internal.articles`` has ``fields``.

    Whoever only counts articles does not open the stories of all days: DuckDB leaves out what is
    joined to each row once and not asked for, where it sees that (a ``WHERE`` beside the
    ``GROUP BY`` hides it).
    """
    columns = ", ".join(f"internal.articles.{quote_name(f.name)}" for f in fields)
    views = f"""
        CREATE VIEW revisions AS SELECT * EXCLUDE (file) FROM internal.articles;
        CREATE VIEW rejects AS SELECT * EXCLUDE (file) FROM internal.{REJECTS.name};
        CREATE VIEW polls AS SELECT * EXCLUDE (file) FROM internal.{FEED_POLLS.name};
        CREATE VIEW stories AS
            SELECT * EXCLUDE (file) FROM internal.{STORIES.name} WHERE story_id IS NOT NULL
            QUALIFY row_number() OVER (PARTITION BY article_id ORDER BY decision DESC) = 1;
        CREATE VIEW internal.newest AS
            SELECT {columns} FROM internal.articles ANTI JOIN internal.revised
            ON internal.articles.article_id = internal.revised.article_id
            AND internal.articles.revision < internal.revised.revision;
        CREATE VIEW articles AS
            SELECT newest.*, told.story_id FROM internal.newest AS newest LEFT JOIN (
                SELECT article_id, max_by(story_id, decision)
                    FILTER (WHERE story_id IS NOT NULL) AS story_id
                FROM internal.{STORIES.name} GROUP BY article_id
            ) AS told ON newest.article_id = told.article_id;
        {PEOPLE_VIEWS}
        {SEARCH_MACRO};
        """
    pieces = ("quotes", "statements", "entities", "removed")
    views += "".join(f"{_view_pieces(name)};\n" for name in pieces)
    return views + "".join(
        f"CREATE MACRO {name}_between(since, until) AS TABLE SELECT * FROM {name} WHERE "
        "published_date BETWEEN CAST(since AS DATE) AND CAST(until AS DATE) "
        "AND published_at IS NOT NULL;\n"  # else the day is that of the run
        for name in DATED_VIEWS
    )


def _view_pieces(name: str) -> str:
    """A view of the structs in the list column ``name``, numbered from 1 in each article; with the
    person whom a piece names, or who speaks in it."""
    fields = ARTICLES.schema.field(name).type.value_type
    about = ", ".join(_ABOUT)
    piece = ", ".join(
        f"piece.{quote_name(field.name)} AS {quote_name(field.name)}" for field in fields
    )
    pieces = (
        f"SELECT {about}, number, {piece} FROM (SELECT {about}, "
        f"unnest(range(1, len({name}) + 1)) AS number, unnest({name}) AS piece "
        "FROM internal.newest)"
    )
    who = _NAMES_IN.get(name)
    if who is None:
        return f"CREATE VIEW {name} AS {pieces}"
    return (
        f"CREATE VIEW {name} AS SELECT piece.*, meant.person_id FROM ({pieces}) AS piece "
        f"LEFT JOIN internal.meant AS meant "
        f"ON piece.article_id = meant.article_id AND piece.{who} = meant.name"
    )


def quote_name(name: str) -> str:
    """``name`` as SQL has it."""
    return '"' + name.replace('"', '""') + '"'
