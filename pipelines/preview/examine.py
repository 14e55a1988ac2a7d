"""What a run would make of one document, with all that it would take out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from newsbeam.transforms.clean.boilerplate import (
    Rules,
    choose_rules,
    match_rule,
    remove_boilerplate,
)
from newsbeam.transforms.enrich.articles import enrich_articles, mark_headings
from newsbeam.transforms.extract.article import extract_article
from newsbeam.transforms.records import Article, Block, BlockKind, Document, Rejection
from newsbeam.transforms.settings.language import Language, list_missing
from newsbeam.transforms.settings.source import Source


@dataclass(frozen=True, slots=True)
class ExaminedLine:
    """A line of a document. ``rule`` is the step or rule that takes it out; ``None``: it is kept.

    ``kind`` is ``None`` for lines that the page's structure tells from the article.
    """

    text: str
    rule: str | None
    kind: BlockKind | None


@dataclass(frozen=True, slots=True)
class Examination:
    """What a run would make of ``document``: an article or a rejection, one of them ``None``.

    ``lines`` are the article's in order, those that cleaning removes among them. Behind them come
    the lines that the page's structure tells from the article (``prune_xpath``, ``headline``,
    ``byline`` ...; see ``extract.page_text.extract_text``): their place is not known.
    A document that extraction rejects has no lines. ``missing`` are the columns for which there is
    nothing to look with in the article's language.
    """

    document: Document
    article: Article | None
    rejection: Rejection | None
    lines: tuple[ExaminedLine, ...]
    missing: tuple[str, ...] = ()


def examine_document(
    document: Document,
    source: Source,
    languages: Mapping[str, Language],
    *,
    enrich: bool = True,
) -> Examination:
    """Run on ``document`` what the ingest graph runs between reading and writing.

    The article is the one that a run with ``source`` would write. Without ``enrich`` it has
    headings but neither entities nor quotes, which take the longest.
    """
    extracted = extract_article(
        document,
        language=source.language,
        timezone=ZoneInfo(source.timezone),
        settings=source.extract,
    )
    if isinstance(extracted, Rejection):
        return Examination(document, None, extracted, ())
    rules = choose_rules(extracted, languages, source)
    outcome = remove_boilerplate(extracted, rules)
    if isinstance(outcome, Article):
        if enrich:
            (outcome,) = enrich_articles([outcome], languages, {outcome.provenance.source: source})
        else:
            outcome = mark_headings(outcome)
    kept = outcome.blocks if isinstance(outcome, Article) else ()
    lines = (*_list_line(extracted.blocks, kept, rules), *_list_structure(extracted))
    if isinstance(outcome, Rejection):
        return Examination(document, None, outcome, lines)
    missing = list_missing(outcome.language, languages, source.enrich.pipelines)
    return Examination(document, outcome, None, lines, missing)


def _list_line(blocks: Sequence[Block], kept: Sequence[Block], rules: Rules) -> list[ExaminedLine]:
    """The lines that cleaning saw. ``kept`` tells which of them turned out to be headings."""
    lines = []
    rest = iter(kept)
    for block in blocks:
        rule = match_rule(block, rules)
        if rule is None:
            block = next(rest, block)
        lines.append(ExaminedLine(block.text, rule.name if rule else None, block.kind))
    return lines


def _list_structure(extracted: Article) -> list[ExaminedLine]:
    return [ExaminedLine(line.text, line.rule, None) for line in extracted.removed]
