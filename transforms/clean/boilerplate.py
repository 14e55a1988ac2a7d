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
_DASHES = tuple(DASHES)


@dataclass(frozen=True)
class _Matcher:
    rule: CleaningRule
    lines: frozenset[str]
    pattern: re.Pattern[str] | None

    def matches(self, text: str, unmarked: str, said: str) -> bool:
        """Whether it removes a line: as it stands, without marks before it, and as it is told
        from others by what it says."""
        if self.pattern is None:
            return said in self.lines
        if self.pattern.fullmatch(text):
            return True
        return unmarked != text and self.pattern.fullmatch(unmarked) is not None


@lru_cache(maxsize=4096)
def _compile_rule(rule: CleaningRule) -> _Matcher:
    flags = re.NOFLAG if rule.match_case else re.IGNORECASE
    return _Matcher(
        rule,
        frozenset(line.strip(LINE_MARKS).casefold() for line in rule.lines),
        re.compile(rule.pattern, flags) if rule.pattern is not None else None,
    )


class RuleMatcher:
    """Finds which of ``rules`` removes a line. Make one for many lines."""

    def __init__(self, rules: Iterable[CleaningRule]) -> None:
        self._matchers = [_compile_rule(rule) for rule in rules]
        self._longest = max((m.rule.max_chars for m in self._matchers), default=0)

    def find(self, block: Block) -> CleaningRule | None:
        """The first rule that removes ``block``, or ``None``."""
        text, size = block.text, len(block.text)
        if size > self._longest:  # most lines are paragraphs, too long for any rule
            return None
        if text.startswith(_DASHES) and text.endswith("?"):
            return None  # a question in an interview
        unmarked, said = text.lstrip(LINE_MARKS), text.strip(LINE_MARKS).casefold()
        for matcher in self._matchers:
            rule = matcher.rule
            fits = size <= rule.max_chars and (block.isolated or not rule.isolated)
            if fits and matcher.matches(text, unmarked, said):
                return rule
        return None


def match_rule(block: Block, rules: Iterable[CleaningRule]) -> CleaningRule | None:
    """The first of ``rules`` that removes ``block``, or ``None``."""
    return RuleMatcher(rules).find(block)


def remove_boilerplate(article: Article, rules: Rules) -> Article | Rejection:
    """``article`` without the lines that ``rules`` name; those go behind what is in ``removed``.

    An article of nothing but boilerplate is rejected as ``only_boilerplate``.
    """
    kept: list[Block] = []
    removed: list[RemovedLine] = []
    matcher = RuleMatcher(rules)
    for block in article.blocks:
        rule = matcher.find(block)
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
