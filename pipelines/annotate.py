"""Adds entities and quotes to texts in JSON Lines, without Beam and without a lake."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass
from itertools import islice
from typing import IO, Any

from pipelines.config import load_shipped_languages
from transforms.language_settings import find_language
from transforms.languages import detect_language
from transforms.nlp import BATCH_SIZE, MAX_CHARS, annotate_texts


@dataclass(frozen=True)
class _BadLine:
    number: int
    why: str


def annotate_lines(
    lines: Iterable[bytes],
    output: IO[str],
    report: Callable[[str], None],
    language: str | None = None,
) -> int:
    """Write each line's object to ``output`` with ``entities`` and ``quotes``, in order.

    A line that cannot be read is left out and ``report`` gets a message with its number.
    ``language`` is that of lines that name none; ``None`` has it detected. Returns the number of
    lines left out.
    """
    failed = 0
    parsed = _parse_lines(lines)
    while batch := list(islice(parsed, BATCH_SIZE)):
        items = [item for item in batch if not isinstance(item, _BadLine)]
        for item in batch:
            if isinstance(item, _BadLine):
                report(f"newsbeam: line {item.number} is left out: {item.why}")
                failed += 1
        annotate_items(items, language)
        for item in items:
            output.write(_dump(item) + "\n")
        output.flush()
    return failed


def annotate_items(items: list[dict[str, Any]], language: str | None = None) -> None:
    """Set ``entities`` and ``quotes`` of each item from its ``text``, in place."""
    languages = load_shipped_languages()
    groups: dict[str, list[dict[str, Any]]] = {}
    for item in items:
        tag = detect_language(item["text"], item.get("language") or language)
        groups.setdefault(tag, []).append(item)
    for tag, group in groups.items():
        # Lone surrogates, which JSON can hold, are replaced for the model, one for one.
        texts = [item["text"].encode("utf-8", "replace").decode("utf-8") for item in group]
        found = annotate_texts(texts, find_language(tag, languages))
        for item, (entities, quotes) in zip(group, found, strict=True):
            item["entities"] = [_with_text(asdict(entity), item["text"]) for entity in entities]
            item["quotes"] = [_with_text(asdict(quote), item["text"]) for quote in quotes]


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
        elif len(item["text"]) > MAX_CHARS:
            yield _BadLine(number, f"its text is longer than {MAX_CHARS} characters; split it")
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
