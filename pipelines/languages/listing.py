"""What each language has: boilerplate rules, a quote lexicon, a spaCy pipeline."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from importlib.metadata import entry_points
from importlib.util import find_spec
from pathlib import Path

from rich.console import Console
from rich.table import Table

from newsbeam.transforms.settings.language import Language, find_language
from newsbeam.transforms.text.counts import show_count


@dataclass(frozen=True, slots=True)
class LanguageRow:
    """A language: its tag and English name; the number of its boilerplate rules; whether it has a
    quote lexicon; its spaCy pipeline, and whether that is installed."""

    code: str
    name: str
    rules: int
    has_lexicon: bool
    pipeline: str | None
    is_installed: bool


def list_languages(
    languages: Mapping[str, Language], pipelines: Mapping[str, str | None]
) -> list[LanguageRow]:
    """A row for each of ``languages``, and for those that only ``pipelines`` names, by tag."""
    return [
        _describe(code, find_language(code, languages, pipelines))
        for code in sorted({*languages, *pipelines})
    ]


def show_languages(rows: list[LanguageRow], console: Console) -> None:
    """Print ``rows`` as a table for people."""
    table = Table()
    for name in ("tag", "language", "boilerplate", "quotes", "entities"):
        table.add_column(name, justify="right" if name == "boilerplate" else "left")
    for row in rows:
        pipeline = row.pipeline or "no pipeline"
        if row.pipeline and not row.is_installed:
            pipeline += " (not installed)"
        table.add_row(
            row.code,
            row.name,
            show_count(row.rules, "rule"),
            "lexicon" if row.has_lexicon else "no lexicon",
            pipeline,
        )
    console.print(table)
    console.print("How to add one, or what is missing: docs/languages.md", highlight=False)


def dump_languages(rows: list[LanguageRow]) -> str:
    """``rows`` as JSON, for programs."""
    return json.dumps([asdict(row) for row in rows], ensure_ascii=False, indent=2)


def _describe(code: str, language: Language) -> LanguageRow:
    return LanguageRow(
        code,
        language.name,
        len(language.boilerplate),
        language.quotes is not None,
        language.pipeline,
        language.pipeline is not None and _is_installed(language.pipeline),
    )


def _is_installed(pipeline: str) -> bool:
    """Without the cost of importing spaCy."""
    if any(entry_points(group="spacy_models", name=pipeline)):
        return True
    if (Path(pipeline) / "meta.json").is_file():
        return True
    return pipeline.isidentifier() and find_spec(pipeline) is not None
