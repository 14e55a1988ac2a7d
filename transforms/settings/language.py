"""What is true of a language, as one object: boilerplate, reporting words, its pipeline."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import Field

from newsbeam.transforms.settings.base import Settings
from newsbeam.transforms.settings.lexicon import Lexicon
from newsbeam.transforms.settings.name_words import NameWords
from newsbeam.transforms.settings.source import CleaningRule, LanguageTag


class Language(Settings):
    """What is true of a language: one YAML in configs/languages."""

    code: LanguageTag = Field(description="BCP 47 tag; equals the file's name.")
    name: str = Field(min_length=1, description="The language's English name.")
    pipeline: str | None = Field(
        None, description="spaCy pipeline that finds entities; null: none is shipped."
    )
    names: NameWords | None = Field(
        None, description="Words that tell a genitive from a name; null: only 's and -s are undone."
    )
    boilerplate: tuple[CleaningRule, ...] = Field((), description="Lines that are no article text.")
    quotes: Lexicon | None = Field(
        None, description="Words that attribute speech; null: quotes are not looked for."
    )


def list_missing(
    tag: str,
    languages: Mapping[str, Language],
    pipelines: Mapping[str, str | None] | None = None,
) -> tuple[str, ...]:
    """What is not looked for in texts in ``tag``, as nothing is there to find it with: columns of
    ``articles``. Entities that ``pipelines`` switches off (null) are not missed, nor are statements
    where quotes are missing, too."""
    language = find_language(tag, languages, pipelines)
    codes = {tag, tag.partition("-")[0]}
    quotes = language.quotes
    is_off = any(name is None for code, name in (pipelines or {}).items() if code in codes)
    missing = (
        ("entities", language.pipeline is None and not is_off),
        ("quotes", quotes is None),
        ("statements", quotes is not None and not quotes.statements.stating_verbs),
    )
    return tuple(column for column, is_missing in missing if is_missing)


def find_language(
    tag: str,
    languages: Mapping[str, Language],
    pipelines: Mapping[str, str | None] | None = None,
) -> Language:
    """The settings for the language ``tag``; ``en-GB`` falls back on ``en``.

    ``pipelines`` names other spaCy pipelines by tag. A language that nothing is known of has
    neither boilerplate rules nor a pipeline nor a quote lexicon.
    """
    primary = tag.partition("-")[0]
    language = languages.get(tag) or languages.get(primary) or Language(code=primary, name=tag)
    for code in (tag, primary):
        if pipelines and code in pipelines:
            return language.model_copy(update={"pipeline": pipelines[code]})
    return language
