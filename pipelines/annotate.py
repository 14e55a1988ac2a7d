"""Adds entities, quotes and statements to texts in JSON Lines, without Beam and without a lake."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import islice
from typing import IO, Any

from newsbeam.pipelines.config.load import load_shipped_languages
from newsbeam.pipelines.missing import explain_language
from newsbeam.transforms.enrich.annotate import BATCH_SIZE, MAX_TEXT_CHARS, annotate_texts
from newsbeam.transforms.enrich.entities import rename_labels
from newsbeam.transforms.enrich.quotes import find_persons
from newsbeam.transforms.records import Entity, Quote, Speaker, Statement
from newsbeam.transforms.settings.language import Language, find_language, list_missing
from newsbeam.transforms.settings.source import EnrichSettings
from newsbeam.transforms.text.languages import detect_language

_DEFAULTS = EnrichSettings()


@dataclass(frozen=True, slots=True)
class Annotation:
    """A text and what it says. ``language`` is its BCP 47 tag; all offsets point into ``text``.

    ``persons`` are all whom it names, whether they say something or not.
    """

    text: str
    language: str
    entities: tuple[Entity, ...]
    quotes: tuple[Quote, ...]
    persons: tuple[Speaker, ...] = ()
    statements: tuple[Statement, ...] = ()


@dataclass(frozen=True)
class _BadLine:
    number: int
    why: str


def annotate_lines(
    lines: Iterable[bytes],
    output: IO[str],
    report: Callable[[str], None],
    language: str | None = None,
    languages: Mapping[str, Language] | None = None,
    settings: EnrichSettings = _DEFAULTS,
) -> int:
    """Write each line's object to ``output``, in order, with what ``annotate_items`` sets.

    A line that cannot be read is left out and ``report`` gets a message with its number; it also
    gets one for each language in which something is not looked for. ``language`` is that of lines
    that name none; ``None`` has it detected. ``languages`` are the shipped ones where none are
    given. Returns the number of lines left out.
    """
    languages = load_shipped_languages() if languages is None else languages
    failed = 0
    told: set[str] = set()
    parsed = _parse_lines(lines)
    while batch := list(islice(parsed, BATCH_SIZE)):
        items = [item for item in batch if not isinstance(item, _BadLine)]
        for item in batch:
            if isinstance(item, _BadLine):
                report(f"newsbeam: line {item.number} is left out: {item.why}")
                failed += 1
        for tag in sorted(annotate_items(items, language, languages, settings) - told):
            told.add(tag)
            missing = list_missing(tag, languages, settings.pipelines)
            if missing:
                report(f"newsbeam: {explain_language(tag, missing)}")
        for item in items:
            output.write(_dump(item) + "\n")
        output.flush()
    return failed


def annotate_items(
    items: list[dict[str, Any]],
    language: str | None,
    languages: Mapping[str, Language],
    settings: EnrichSettings = _DEFAULTS,
) -> set[str]:
    """Set ``entities``, ``quotes``, ``statements`` and ``persons`` of each item, in place; the
    languages that were met, as tags."""
    declared = [item.get("language") or language for item in items]
    found = annotate_all([item["text"] for item in items], declared, languages, settings)
    for item, annotation in zip(items, found, strict=True):
        item["entities"] = [_with_text(asdict(e), item["text"]) for e in annotation.entities]
        item["quotes"] = [_with_text(asdict(q), item["text"]) for q in annotation.quotes]
        item["statements"] = [_with_text(asdict(s), item["text"]) for s in annotation.statements]
        item["persons"] = [asdict(person) for person in annotation.persons]
    return {annotation.language for annotation in found}


def annotate_all(
    texts: Sequence[str],
    declared: Sequence[str | None],
    languages: Mapping[str, Language],
    settings: EnrichSettings = _DEFAULTS,
) -> list[Annotation]:
    """What each of ``texts`` says, in order; ``declared`` are the languages they are said to be in.

    Raises:
        ValueError: a text is longer than ``MAX_TEXT_CHARS``.
    """
    tags = [detect_language(text, tag) for text, tag in zip(texts, declared, strict=True)]
    found: dict[int, Annotation] = {}
    for tag in dict.fromkeys(tags):
        places = [place for place, of in enumerate(tags) if of == tag]
        # Lone surrogates, which JSON can hold, are replaced for the model, one for one.
        clean = [texts[place].encode("utf-8", "replace").decode("utf-8") for place in places]
        language = find_language(tag, languages, settings.pipelines)
        read = annotate_texts(clean, language)
        for place, text, (entities, speech) in zip(places, clean, read, strict=True):
            named = rename_labels(entities, settings.labels)
            persons = (
                () if language.quotes is None else find_persons(text, language.quotes, entities)
            )
            found[place] = Annotation(
                texts[place], tag, named, speech.quotes, persons, speech.statements
            )
    return [found[place] for place in range(len(texts))]


def _parse_lines(lines: Iterable[bytes]) -> Iterator[dict[str, Any] | _BadLine]:
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            item = json.loads(line)
        except (ValueError, RecursionError) as error:
            yield _BadLine(number, f"not JSON in UTF-8 ({error})")
            continue
        if not isinstance(item, dict) or not isinstance(item.get("text"), str):
            yield _BadLine(number, 'should be an object with a string "text"')
        elif not isinstance(item.get("language"), str | None):
            yield _BadLine(number, '"language" should be a string like "nb"')
        elif len(item["text"]) > MAX_TEXT_CHARS:
            yield _BadLine(number, f"its text is longer than {MAX_TEXT_CHARS} characters; split it")
        else:
            yield item


def _with_text(span: dict[str, Any], text: str) -> dict[str, Any]:
    return span | {"text": text[span["start"] : span["end"]]}


def _dump(item: dict[str, Any]) -> str:
    text = json.dumps(item, ensure_ascii=False)
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return json.dumps(item)
    return text
