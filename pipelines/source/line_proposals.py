"""Lines of a small sample that recur and are boilerplate, as rules to review.

``proposals`` does it for a lake of articles. A handful of pages shows much less: what recurs in
three of them may be a story told three times. So a line must recur in three stories, and must show
by its words or its place that it is no prose; and a rule must remove nothing else of the sample.
The tests and their numbers are ours. In doubt nothing is proposed.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from newsbeam.transforms.clean.evidence import (
    Evidence,
    Measure,
    Proposal,
    SourceLines,
    collect_evidence,
    hash_text,
    is_speech,
    list_keys,
    list_prose_words,
    measure_rule,
    sample_words,
)
from newsbeam.transforms.clean.proposals import (
    has_cue,
    keep_sound,
    make_proposal,
    names_paper,
    resolve_levels,
)
from newsbeam.transforms.clean.story_test import SourceFacts
from newsbeam.transforms.clean.templates import (
    ALL_NAMES,
    DATE,
    EXACT,
    fill_slots,
    has_slot,
    list_constant_words,
)
from newsbeam.transforms.text.characters import squeeze

LEAST_PAGES = 3
_LONGEST = 160
# In so large a share of at least four stories, and always at the edge, any line is furniture.
_NEARLY_ALL = 0.8
_MANY = 4
# Two articles tell one story that share a line of this length which no more than this share of all
# have, or this share of their phrases (words in a row), or this share of their text.
_LONG_LINE = 100
_PHRASE_WORDS = 4
_SAME_PHRASES = 0.3
_SAME_TEXT = 0.3
_MOST_OF_STORY = 0.6
# What is longer is prose, unless nearly all have it.
_LONGEST_MARKED = 100


@dataclass(frozen=True, slots=True)
class SampledArticle:
    """An article of the sample: its lines, and those that must stay (title and standfirst)."""

    lines: SourceLines
    must_stay: tuple[str, ...] = ()


def propose_line_rules(
    articles: Sequence[SampledArticle], names: Collection[str], cues: frozenset[str]
) -> list[Proposal]:
    """Return rules for lines that recur in three stories and are no prose.

    ``names`` are the words of the paper's name, ``cues`` those of ``list_cue``: both in small
    letters. Lines that today's rules remove are not looked at.
    """
    apart = one_of_each_story([article.lines for article in articles])
    if len(apart) < LEAST_PAGES:
        return []
    counts: Counter[int] = Counter(key for article in apart for key in list_keys(article))
    recurring = {key: count for key, count in counts.items() if count >= LEAST_PAGES}
    found: dict[object, Evidence] = {}
    for article in apart:
        for evidence in collect_evidence(article, recurring, LEAST_PAGES):
            before = found.get(evidence.template)
            found[evidence.template] = evidence if before is None else before + evidence
    facts = SourceFacts(
        articles=len(apart),
        sentences={},
        words={
            hash_text(a.article_id): frozenset(sample_words(list_prose_words(a, recurring)))
            for a in apart
        },
        names=frozenset(name for name in names if len(name) >= 4),
        cues=cues,
    )
    likely = [e for e in found.values() if e.articles >= LEAST_PAGES and _is_furniture(e, facts)]
    used: dict[str, int] = {}
    ordered = sorted(resolve_levels(likely), key=lambda e: (-e.articles, e.template.key))
    proposals = [make_proposal(evidence, used) for evidence in ordered]
    return _keep_harmless(proposals, articles)


def one_of_each_story(articles: Sequence[SourceLines]) -> list[SourceLines]:
    """The articles without those that tell what one before them tells.

    Those share a long line that few others have, or many phrases, or much of their text.
    """
    counts = Counter(line for article in articles for line in set(article.lines))
    most = _MOST_OF_STORY * len(articles)
    apart: list[_Shape] = []
    for article in articles:
        lines = frozenset(article.lines)
        own = [line for line in lines if counts[line] <= most]
        shape = _Shape(
            article,
            lines,
            frozenset(line for line in own if len(line) >= _LONG_LINE),
            frozenset(phrase for line in own for phrase in _list_phrase(line)),
        )
        if not any(_is_same_story(shape, other) for other in apart):
            apart.append(shape)
    return [shape.article for shape in apart]


@dataclass(frozen=True, slots=True)
class _Shape:
    article: SourceLines
    lines: frozenset[str]
    long_lines: frozenset[str]
    phrases: frozenset[tuple[str, ...]]


def _is_same_story(one: _Shape, other: _Shape) -> bool:
    if one.long_lines & other.long_lines:
        return True
    phrases = min(len(one.phrases), len(other.phrases))
    if phrases and len(one.phrases & other.phrases) > _SAME_PHRASES * phrases:
        return True
    sizes = [sum(map(len, shape.lines)) for shape in (one, other)]
    return sum(map(len, one.lines & other.lines)) > _SAME_TEXT * min(sizes)


def _list_phrase(line: str) -> Iterator[tuple[str, ...]]:
    words = line.casefold().split()
    for start in range(len(words) - _PHRASE_WORDS + 1):
        yield tuple(words[start : start + _PHRASE_WORDS])


def count_recurrence(articles: Sequence[SourceLines]) -> dict[str, int]:
    """In how many stories each line (squeezed) is met."""
    met: dict[str, set[str]] = defaultdict(set)
    for article in one_of_each_story(articles):
        for line in article.lines:
            met[squeeze(line)].add(article.article_id)
    return {line: len(ids) for line, ids in met.items() if line}


def _is_furniture(evidence: Evidence, facts: SourceFacts) -> bool:
    line, template = evidence.examples[0], evidence.template
    if is_speech(line) or template.level == ALL_NAMES:
        return False
    if max(map(len, evidence.examples)) > _LONGEST:
        return False
    filled = fill_slots(template, list(evidence.examples))
    words = list_constant_words(filled)
    at_edge = max(evidence.openings, evidence.closings) == evidence.articles
    is_everywhere = evidence.articles >= max(_MANY, _NEARLY_ALL * facts.articles)
    is_named = names_paper(evidence, filled, facts)
    is_marked = is_named or (has_cue(evidence, filled, facts) and (at_edge or is_everywhere))
    if len(line) > _LONGEST_MARKED and not (is_everywhere and is_marked):
        return False
    if has_slot(filled):
        is_dated = DATE in filled.key and any(len(word) >= 4 for word in words)
        return at_edge and len(words) >= 1 and (is_marked or is_dated)
    is_heading = evidence.headings == evidence.articles
    if is_heading and not (is_marked and at_edge):
        return False
    if is_marked:
        return len(words) >= 2 or at_edge
    return (
        is_everywhere
        and at_edge
        and template.level == EXACT
        and len(words) >= 2
        and not line.endswith("?")
    )


def _keep_harmless(
    proposals: Sequence[Proposal], articles: Sequence[SampledArticle]
) -> list[Proposal]:
    """Those that remove nothing of the sample but what they were made for."""
    measures: dict[str, Measure] = {}
    harmful: set[str] = set()
    for article in articles:
        stay = {squeeze(line) for line in article.must_stay}
        for name, measure in measure_rule(article.lines, proposals):
            measures[name] = measures.get(name, Measure()) + measure
            if measure.strays or any(squeeze(line) in stay for line in measure.examples):
                harmful.add(name)
    sound = keep_sound([p for p in proposals if p.rule.name not in harmful], measures)
    return [p for p in sound if p.measure.articles >= LEAST_PAGES]
