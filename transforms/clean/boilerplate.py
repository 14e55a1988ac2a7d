"""Removes boilerplate: whole lines that a rule names, each kept with the rule that took it.

The rules are data (``CleaningRule``): those of the article's language, then those of its source.
A line inside running prose is never cut up; a line either goes or stays as it is.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from newsbeam.transforms.records import Article, Block, Rejection, RemovedLine
from newsbeam.transforms.settings.language import Language, find_language
from newsbeam.transforms.settings.source import CleaningRule, Source
from newsbeam.transforms.text.characters import DASHES

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
        if rule.isolated and not block.isolated:
            return False
        if block.text.startswith(tuple(DASHES)) and block.text.endswith("?"):
            return False  # a question in an interview
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


def _find_rule(block: Block, matchers: Iterable[_Matcher]) -> CleaningRule | None:
    size = len(block.text)
    # Most lines are paragraphs, too long for any rule.
    fitting = (matcher for matcher in matchers if size <= matcher.rule.max_chars)
    return next((matcher.rule for matcher in fitting if matcher.matches(block)), None)


def match_rule(block: Block, rules: Iterable[CleaningRule]) -> CleaningRule | None:
    """The first of ``rules`` that removes ``block``, or ``None``."""
    return _find_rule(block, [_compile_rule(rule) for rule in rules])


def remove_boilerplate(article: Article, rules: Rules) -> Article | Rejection:
    """``article`` without the lines that ``rules`` name; those go behind what is in ``removed``.

    An article of nothing but boilerplate is rejected as ``only_boilerplate``.
    """
    kept: list[Block] = []
    removed: list[RemovedLine] = []
    matchers = [_compile_rule(rule) for rule in rules]
    for block in article.blocks:
        rule = _find_rule(block, matchers)
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


def clean_articles(
    articles: Iterable[Article],
    languages: Mapping[str, Language],
    sources: Mapping[str, Source],
) -> Iterator[Article | Rejection]:
    """``remove_boilerplate`` of each article, by the rules of its language and source."""
    for article in articles:
        source = sources[article.provenance.source]
        yield remove_boilerplate(article, choose_rules(article, languages, source))


def choose_rules(article: Article, languages: Mapping[str, Language], source: Source) -> Rules:
    """The rules for ``article``: its language's without the disabled ones, then its source's."""
    return list_rules(article.language, languages, source)


def list_rules(language: str, languages: Mapping[str, Language], source: Source) -> Rules:
    """The rules for articles of ``source`` in the language with the BCP 47 tag ``language``."""
    general = find_language(language, languages).boilerplate
    return (
        *(rule for rule in general if rule.name not in source.clean.disable),
        *source.clean.rules,
    )
