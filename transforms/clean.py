"""Removes boilerplate: whole lines that a rule names, each kept with the rule that took it.

The rules are data (``CleaningRule``): those of the article's language, then those of its source.
A line inside running prose is never cut up; a line either goes or stays as it is.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

import apache_beam as beam

from transforms.language_settings import Language, find_language
from transforms.outcomes import REJECTED, quarantine, route
from transforms.records import Article, Block, Rejection, RemovedLine
from transforms.settings import CleaningRule, Source

Rules = Sequence[CleaningRule]

# Marks of lists and headings that a page puts before a line; no part of what the line says.
LINE_MARKS = " \t-–—*•#>|"


@dataclass(frozen=True)
class _Matcher:
    rule: CleaningRule
    lines: frozenset[str]
    pattern: re.Pattern[str] | None

    def matches(self, block: Block) -> bool:
        rule = self.rule
        if len(block.text) > rule.max_chars or (rule.isolated and not block.isolated):
            return False
        if self.pattern is None:
            return block.text.strip(LINE_MARKS).casefold() in self.lines
        return bool(
            self.pattern.fullmatch(block.text)
            or self.pattern.fullmatch(block.text.lstrip(LINE_MARKS))
        )


@lru_cache(maxsize=4096)
def _compile_rule(rule: CleaningRule) -> _Matcher:
    flags = re.NOFLAG if rule.match_case else re.IGNORECASE
    return _Matcher(
        rule,
        frozenset(line.strip(LINE_MARKS).casefold() for line in rule.lines),
        re.compile(rule.pattern, flags) if rule.pattern is not None else None,
    )


def match_rule(block: Block, rules: Iterable[CleaningRule]) -> CleaningRule | None:
    """The first of ``rules`` that removes ``block``, or ``None``."""
    for rule in rules:
        if _compile_rule(rule).matches(block):
            return rule
    return None


def remove_boilerplate(article: Article, rules: Rules) -> Article | Rejection:
    """``article`` without the lines that ``rules`` name; those go behind what is in ``removed``.

    An article of nothing but boilerplate is rejected as ``only_boilerplate``.
    """
    kept: list[Block] = []
    removed: list[RemovedLine] = []
    for block in article.blocks:
        rule = match_rule(block, rules)
        if rule is None:
            kept.append(block)
        else:
            removed.append(RemovedLine(rule.name, block.text))
    if not kept:
        names = ", ".join(sorted({line.rule for line in removed}))
        return Rejection(
            article.provenance.source,
            "clean",
            "only_boilerplate",
            f"every line was removed as boilerplate (rules: {names}); if this is an article, "
            "switch a rule off with clean.disable in the source's config",
            article.provenance.origin,
            article.provenance.request,
        )
    lead = next((block.text for block in kept if block.kind == "lead"), None)
    return replace(
        article,
        blocks=tuple(kept),
        removed=(*article.removed, *removed),
        metadata=replace(article.metadata, lead=lead),
    )


def choose_rules(article: Article, languages: Mapping[str, Language], source: Source) -> Rules:
    """The rules for ``article``: its language's without the disabled ones, then its source's."""
    return list_rule(article.language, languages, source)


def list_rule(language: str, languages: Mapping[str, Language], source: Source) -> Rules:
    """The rules for articles of ``source`` in the language with the BCP 47 tag ``language``."""
    general = find_language(language, languages).boilerplate
    return (
        *(rule for rule in general if rule.name not in source.clean.disable),
        *source.clean.rules,
    )


class RemoveBoilerplate(beam.PTransform):  # type: ignore[misc]
    """``Article`` s to ``Article`` s without boilerplate; output ``REJECTED``.

    ``survives_bugs`` as in ``ExtractArticles``.
    """

    def __init__(
        self,
        languages: Mapping[str, Language],
        sources: Mapping[str, Source],
        *,
        survives_bugs: bool = False,
    ) -> None:
        super().__init__()
        self._languages = languages
        self._sources = sources
        self._survives_bugs = survives_bugs

    def _clean(self, article: Article) -> Article | Rejection:
        source = self._sources[article.provenance.source]
        return remove_boilerplate(article, choose_rules(article, self._languages, source))

    def _route(self, article: Article) -> Any:
        if not self._survives_bugs:
            return route(self._clean(article))
        return route(quarantine("clean", article.provenance, lambda: self._clean(article)))

    def expand(self, articles: beam.PCollection) -> beam.pvalue.DoOutputsTuple:
        return articles | beam.Map(self._route).with_outputs(REJECTED, main="articles")
