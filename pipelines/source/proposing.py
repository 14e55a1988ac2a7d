"""Rules that a sample of articles suggests, each tried on all of the sample."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from lxml import etree

from newsbeam.pipelines.preview.examine import Examination, examine_document
from newsbeam.pipelines.source.block_proposals import (
    BlockProposal,
    SampledPage,
    propose_block_rules,
)
from newsbeam.pipelines.source.line_proposals import (
    SampledArticle,
    count_recurrence,
    one_of_each_story,
    propose_line_rules,
)
from newsbeam.transforms.clean.evidence import Proposal, SourceLines, list_cues
from newsbeam.transforms.extract.page_tree import PageTooLargeError, parse_page
from newsbeam.transforms.settings.language import Language, find_language
from newsbeam.transforms.settings.source import CleaningRule, Source
from newsbeam.transforms.text.characters import squeeze
from newsbeam.transforms.text.encoding import decode_html


@dataclass(frozen=True, slots=True)
class Proposals:
    """What to take out: blocks of pages, and lines."""

    blocks: tuple[BlockProposal, ...] = ()
    lines: tuple[Proposal, ...] = ()


def propose_rules(
    read: Sequence[Examination], source: Source, languages: Mapping[str, Language]
) -> Proposals:
    """Return the rules that ``read``, the sample as ``source`` has it, suggests.

    A block is only proposed where the sample, read again without it, loses the block's own lines
    and nothing else, and gains none.
    """
    usable = [one for one in read if one.article is not None]
    blocks: list[BlockProposal] = []
    for block in _find_blocks(usable):
        tried = _with_xpaths(source, [*(b.xpath for b in blocks), block.xpath])
        again = [examine_document(o.document, tried, languages, enrich=False) for o in usable]
        if all(
            _is_harmless([*blocks, block], before, after)
            for before, after in zip(usable, again, strict=True)
        ):
            blocks.append(block)
    if blocks:
        pruned = _with_xpaths(source, [block.xpath for block in blocks])
        usable = [examine_document(o.document, pruned, languages, enrich=False) for o in usable]
    cues: frozenset[str] = frozenset()
    for tag in {one.article.language for one in usable if one.article}:
        cues |= list_cues(find_language(tag, languages).boilerplate)
    names = {squeeze(w) for w in f"{source.id} {source.name or ''}".replace("-", " ").split()}
    lines = propose_line_rules([_list_lines(one) for one in usable], names, cues)
    return Proposals(tuple(blocks), tuple(lines))


def add_proposals(given: Mapping[str, Any], proposals: Proposals) -> dict[str, Any]:
    """``given`` settings with the proposals."""
    added = dict(given)
    if proposals.blocks:
        added["extract"] = {"prune_xpath": [block.xpath for block in proposals.blocks]}
    if proposals.lines:
        added["clean"] = {"rules": [_dump_rule(one.rule) for one in proposals.lines]}
    return added


def _dump_rule(rule: CleaningRule) -> dict[str, Any]:
    values = rule.model_dump(mode="json", exclude_defaults=True)
    return {"name": values.pop("name"), **values}


def _find_blocks(usable: Sequence[Examination]) -> list[BlockProposal]:
    articles = [_list_lines(one).lines for one in usable]
    apart = {article.article_id for article in one_of_each_story(articles)}
    pages = []
    for one, article in zip(usable, articles, strict=True):
        document = one.document
        if document.media_type != "text/html" or document.provenance.request is None:
            continue
        body = document.body
        text = body if isinstance(body, str) else decode_html(body, document.charset)
        try:
            tree = parse_page(text)
        except (PageTooLargeError, etree.LxmlError):
            continue
        kept = tuple(
            line for place, line in enumerate(article.lines) if place not in article.covered
        )
        has_same_story = article.article_id not in apart
        pages.append(SampledPage(article.article_id, tree, kept, _must_stay(one), has_same_story))
    return propose_block_rules(pages, count_recurrence(articles))


def _is_harmless(blocks: Sequence[BlockProposal], before: Examination, after: Examination) -> bool:
    if after.article is None or before.article is None:
        return False
    old = {squeeze(block.text) for block in before.article.blocks}
    new = {squeeze(block.text) for block in after.article.blocks}
    page = before.document.provenance.key
    allowed = {line for block in blocks for line in block.taken.get(page, ())}
    return old - new <= allowed and not new - old


def _with_xpaths(source: Source, xpaths: Sequence[str]) -> Source:
    extract = source.extract.model_copy(
        update={"prune_xpath": (*source.extract.prune_xpath, *xpaths)}
    )
    return source.model_copy(update={"extract": extract})


def _list_lines(one: Examination) -> SampledArticle:
    lines = [line for line in one.lines if line.kind is not None]
    return SampledArticle(
        SourceLines(
            one.document.provenance.source,
            one.document.provenance.key,
            tuple(line.text for line in lines),
            frozenset(place for place, line in enumerate(lines) if line.kind == "heading"),
            frozenset(place for place, line in enumerate(lines) if line.rule is not None),
        ),
        _must_stay(one),
    )


def _must_stay(one: Examination) -> tuple[str, ...]:
    metadata = one.article.metadata if one.article else None
    texts = (metadata.title, metadata.lead) if metadata else ()
    return tuple(text for text in texts if text)
