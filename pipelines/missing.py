"""Says in which languages something is not looked for, and what to do."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping

from newsbeam.pipelines.config.load import load_shipped_languages
from newsbeam.transforms.text.counts import show_count

_CURES = {
    "entities": "install a spaCy pipeline and name it in `enrich: pipelines:`",
    "quotes": "write a lexicon in languages/{tag}.yaml",
    "statements": "give the lexicon of the language a section `statements:`",
}
_MORE = "docs/languages.md"


def name_language(tag: str) -> str:
    """``tag`` with the language's English name, where one is known: *Danish (da)*."""
    languages = load_shipped_languages()
    known = languages.get(tag) or languages.get(tag.partition("-")[0])
    return f"{known.name} ({tag})" if known else repr(tag)


def explain_missing(missing: Mapping[str, Mapping[str, int]]) -> list[str]:
    """A sentence for each language: what is not looked for in how many articles, what to do.

    ``missing`` has the number of articles by column (``entities``, ``quotes``) and language tag.
    """
    by_tag: dict[str, dict[str, int]] = defaultdict(dict)
    for column, tags in missing.items():
        for tag, count in tags.items():
            by_tag[tag][column] = count
    return [
        f"{_say(tag, columns, ' in ' + show_count(max(columns.values()), 'article'))}"
        for tag, columns in sorted(by_tag.items())
    ]


def explain_language(tag: str, columns: Mapping[str, int] | tuple[str, ...]) -> str:
    """The sentence for texts in ``tag`` in which ``columns`` are not looked for."""
    return _say(tag, columns, "")


def _say(tag: str, columns: Mapping[str, int] | tuple[str, ...], where: str) -> str:
    cures = " and ".join(_CURES[column] for column in columns).format(tag=tag)
    what = " and no ".join(columns)
    return f"No {what} are looked for{where} in {name_language(tag)}: {cures}; see {_MORE}"
