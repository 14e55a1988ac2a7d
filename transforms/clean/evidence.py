"""What recurs in a source's articles: lines and templates of lines, and how they stand there.

Pure functions on lines, to be summed over articles; ``pipelines.learn`` runs them over a lake and
``proposals`` judges what they find.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import ceil

from newsbeam.transforms.clean.boilerplate import RuleMatcher
from newsbeam.transforms.clean.templates import (
    ALL_NAMES,
    EXACT,
    NAMES,
    Template,
    list_constant_words,
    list_loose_sentences,
    list_sentences,
    list_templates,
)
from newsbeam.transforms.records import Block
from newsbeam.transforms.settings.source import CleaningRule
from newsbeam.transforms.text.characters import CLOSING_MARKS, DASHES, OPENING_MARKS

# A source with fewer articles shows too little.
FEWEST_ARTICLES = 20
_LEAST_SUPPORT = 5
_LEAST_SHARE = 0.03
_MOST_EXAMPLES = 20
_MOST_SAMPLED = 256
_MOST_WORDS = 400
_LONG_WORD = 4
_QUOTE_START = tuple(DASHES + OPENING_MARKS + CLOSING_MARKS)
_WORD = re.compile(r"[^\W\d_]+")


@dataclass(frozen=True, slots=True)
class SourceLines:
    """An article's lines as the lake has them, with what it is known by.

    ``headings`` are the places of headings among ``lines``; ``covered`` those of lines that the
    rules of today already remove.
    """

    source: str
    article_id: str
    lines: tuple[str, ...]
    headings: frozenset[int] = frozenset()
    covered: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Evidence:
    """What is known of a template: a sum over articles, whatever their order.

    ``articles`` and ``lines`` count; of the articles, in ``openings`` at most one line of prose
    precedes it, in ``closings`` at most one follows, in ``headings`` it is a heading.
    ``examples`` (distinct lines), ``met`` (a line by the hash of its article's id) and
    ``sampled`` (hashes of articles' ids) are bounded samples that do not depend on the order.
    """

    template: Template
    articles: int
    lines: int
    openings: int
    closings: int
    headings: int
    examples: tuple[str, ...]
    met: tuple[tuple[int, str], ...]
    sampled: tuple[int, ...]

    def __add__(self, other: Evidence) -> Evidence:
        return Evidence(
            self.template,
            self.articles + other.articles,
            self.lines + other.lines,
            self.openings + other.openings,
            self.closings + other.closings,
            self.headings + other.headings,
            tuple(sorted({*self.examples, *other.examples}, key=hash_text)[:_MOST_EXAMPLES]),
            tuple(sorted({*self.met, *other.met})[:_MOST_EXAMPLES]),
            tuple(sorted({*self.sampled, *other.sampled})[:_MOST_SAMPLED]),
        )


def hash_text(text: str) -> int:
    """A number of 64 bits for ``text``, the same in every process."""
    data = text.encode("utf-8", "surrogatepass")
    return int.from_bytes(hashlib.blake2b(data, digest_size=8).digest(), "big")


def least_support(articles: int) -> int:
    """In how many of a source's articles a template must be met."""
    return max(_LEAST_SUPPORT, ceil(_LEAST_SHARE * articles))


def least_recurrence(articles: int) -> int:
    """In how many articles a line must be met to be looked at: stories are told less often."""
    return max(3, least_support(articles) // 2)


def list_keys(article: SourceLines) -> set[int]:
    """Hashes of all that may recur in an article: templates and sentences, each once."""
    keys: set[int] = set()
    for place, line in enumerate(article.lines):
        if place not in article.covered:
            keys.update(hash_template(t) for t in list_templates(line) if is_telling(t))
            keys.update(map(hash_sentence, [*list_sentences(line), *list_loose_sentences(line)]))
    return keys


def hash_template(template: Template) -> int:
    """A template's key in counts."""
    return hash_text(f"{template.level} {template.key}")


def hash_sentence(sentence: str) -> int:
    """A sentence's key in counts."""
    return hash_text(f"sentence {sentence}")


def is_telling(template: Template) -> bool:
    """Whether enough of a template stays the same to mean anything."""
    words = list_constant_words(template)
    if template.level == EXACT:
        return bool(words)
    solid = [word for word in words if len(word) >= 3]
    if template.level < NAMES:
        return bool(solid)
    if template.level == ALL_NAMES:
        return len(words) >= 3 and sum(map(len, words)) >= 10
    return len(words) >= 2 or (bool(words) and not template.key[0].islower())


def is_speech(line: str) -> bool:
    """Whether a line begins as a quote does: such lines are never proposed."""
    return line.startswith(_QUOTE_START)


def list_prose_words(article: SourceLines, recurring: Mapping[int, int]) -> set[str]:
    """The words of four letters or more in the lines that do not recur, in small letters."""
    return {
        word.casefold()
        for place, line in enumerate(article.lines)
        if place not in article.covered and not _recurs(line, recurring)
        for word in _WORD.findall(line)
        if len(word) >= _LONG_WORD
    }


def sample_words(words: Iterable[str]) -> tuple[int, ...]:
    """Hashes of words, at most 400; the same words of two articles are sampled alike."""
    return tuple(sorted(map(hash_text, words))[:_MOST_WORDS])


def collect_evidence(
    article: SourceLines, recurring: Mapping[int, int], least: int
) -> Iterator[Evidence]:
    """Yield what an article tells of each template in it that is among ``recurring`` hashes.

    Those come with their number of articles; what is met in fewer than ``least`` is prose.
    """
    lines = article.lines
    is_prose = [
        place not in article.covered and (is_speech(line) or not _recurs(line, recurring, least))
        for place, line in enumerate(lines)
    ]
    # One line of prose more or less is none: an answer, a name alone.
    prose_places = [place for place, prose in enumerate(is_prose) if prose]
    first = prose_places[1] if len(prose_places) > 1 else len(lines)
    last = prose_places[-2] if len(prose_places) > 1 else -1
    found: dict[Template, list[int]] = {}
    for place, line in enumerate(lines):
        if place not in article.covered and not is_speech(line):
            for template in list_templates(line):
                if hash_template(template) in recurring and is_telling(template):
                    found.setdefault(template, []).append(place)
    article_key = hash_text(article.article_id)
    for template, places in found.items():
        yield Evidence(
            template,
            articles=1,
            lines=len(places),
            openings=int(all(place < first for place in places)),
            closings=int(all(place > last for place in places)),
            headings=int(all(place in article.headings for place in places)),
            examples=tuple(sorted({lines[p] for p in places}, key=hash_text)[:_MOST_EXAMPLES]),
            met=((article_key, lines[places[0]]),),
            sampled=(article_key,),
        )


def list_cues(rules: Sequence[CleaningRule]) -> frozenset[str]:
    """The words (of four letters or more) of a language's own rules: what boilerplate speaks of."""
    texts = [line for rule in rules for line in rule.lines]
    texts += [re.sub(r"\\.|\[[^\]]*\]", " ", rule.pattern) for rule in rules if rule.pattern]
    return frozenset(w.casefold() for text in texts for w in _WORD.findall(text) if len(w) >= 4)


@dataclass(frozen=True, slots=True)
class Measure:
    """What a proposed rule does to a source's lines, measured by applying it.

    ``strays`` are the lines among them that the rule was not made for. ``examples`` are some of
    all.
    """

    articles: int = 0
    lines: int = 0
    strays: int = 0
    examples: tuple[str, ...] = ()

    def __add__(self, other: Measure) -> Measure:
        return Measure(
            self.articles + other.articles,
            self.lines + other.lines,
            self.strays + other.strays,
            tuple(sorted({*self.examples, *other.examples}, key=hash_text)[:_MOST_EXAMPLES]),
        )


@dataclass(frozen=True, slots=True)
class Proposal:
    """A rule to review, the templates that it was made for, and what it does."""

    rule: CleaningRule
    templates: tuple[Template, ...]
    measure: Measure = Measure()


@dataclass(frozen=True, slots=True)
class Learned:
    """What was learned of a source: its articles that were read, and the rules proposed."""

    source: str
    articles: int
    proposals: tuple[Proposal, ...]


def measure_rule(
    article: SourceLines, proposals: Sequence[Proposal]
) -> Iterator[tuple[str, Measure]]:
    """Yield for each proposed rule that removes lines of an article its name and which."""
    rules = {proposal.rule: frozenset(proposal.templates) for proposal in proposals}
    matcher = RuleMatcher(rules)
    removed: dict[CleaningRule, list[str]] = {}
    for place, line in enumerate(article.lines):
        rule = matcher.find(Block(line)) if place not in article.covered else None
        if rule is not None:
            removed.setdefault(rule, []).append(line)
    for rule, lines in removed.items():
        strays = [line for line in lines if rules[rule].isdisjoint(list_templates(line))]
        examples = tuple(sorted(set(lines), key=hash_text)[:_MOST_EXAMPLES])
        yield rule.name, Measure(1, len(lines), len(strays), examples)


def _recurs(line: str, recurring: Mapping[int, int], least: int = 1) -> bool:
    return any(
        recurring.get(hash_template(template), 0) >= least and is_telling(template)
        for template in list_templates(line)
    )
