"""Which of the lines that recur in a source's articles are boilerplate, as rules to review.

What articles say themselves recurs too: a story is told again and again, and "– Ja." and
"Bakgrunn" belong to everybody. So a candidate has to show that it is none of that. The tests for
it and their numbers are ours; docs/boilerplate.md says what they were tried on. In doubt nothing is
proposed.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import Enum, auto
from itertools import islice
from math import ceil, comb, sqrt

from transforms.learned import (
    Evidence,
    Measure,
    Proposal,
    hash_sentence,
    hash_text,
    least_support,
)
from transforms.line_templates import (
    ADDRESS,
    ALL_NAMES,
    DATE,
    EXACT,
    FIGURES,
    HEADLINE,
    LABEL,
    NAMES,
    Template,
    compile_template,
    fill_slots,
    has_slot,
    list_constant_word,
    list_loose_sentence,
    list_name_word,
    list_sentence,
    list_template,
)
from transforms.settings import CleaningRule

_MOST_LINES = 3
# Lines that differ explain their template where they make up this share of it.
_EXPLAINED = 0.8
# A sentence that stands in other lines as often as in the candidate's is a story's.
_LEAST_BOUND = 0.5
# What more articles than this share have is no single story.
_MOST_OF_STORY = 0.4
# Chance by which two lines, or a line and a word, meet in the same articles (hypergeometric tail).
_OFTEN_TOGETHER = 1e-4
_ALWAYS_TOGETHER = 1e-8
_SURELY_ABOUT = 1e-5
_MOST_TESTED_WORDS = 16
_EDGE = 0.6
_HEADING = 0.8
_MOST_VARIABLE = 10
_CUE_IN_PROSE = 0.3
_MORE_FAMILIAR = 0.15
_MOST_COMPARED = 200
_SENTENCE_WORDS = 5
_DEFAULT_CHARS = 160
_MOST_STRAYS = 0.02
_NO_NAME = re.compile(r"[^a-z0-9]+")


@dataclass(frozen=True, slots=True)
class SourceFacts:
    """What is known of a source beside its templates.

    ``articles`` counts; ``sentences`` has the number of articles for each sentence that recurs, by
    ``hash_sentence``; ``words`` has ``sample_words`` of articles by ``hash_text`` of their ids;
    ``names`` are the words of the source's own name; ``cues`` those of ``list_cue``.
    """

    articles: int
    sentences: Mapping[int, int]
    words: Mapping[int, frozenset[int]]
    names: frozenset[str]
    cues: frozenset[str]


class Shape(Enum):
    """What a template looks like: no boilerplate; a line that is always the same; one in which
    names or figures change; boilerplate by its words or its place."""

    PROSE = auto()
    FIXED = auto()
    VARIABLE = auto()
    MARKED = auto()


def propose_rule(facts: SourceFacts, found: Sequence[Evidence]) -> list[Proposal]:
    """Return rules for what is boilerplate among ``found``, the commonest first.

    They are not measured yet. The same facts give the same rules, whatever the order of
    ``found``.
    """
    least = least_support(facts.articles)
    common = [evidence for evidence in found if evidence.articles >= least]
    bound = [evidence for evidence in common if _is_bound(evidence, facts)]
    shapes = {evidence.template: _find_shape(evidence, facts) for evidence in bound}
    likely = resolve_levels([e for e in bound if shapes[e.template] is not Shape.PROSE])
    others = resolve_levels(found)
    judged = [e for e in likely if not _is_story(e, shapes[e.template], others, facts)]
    variable = [e for e in judged if shapes[e.template] is Shape.VARIABLE]
    if len(variable) > _MOST_VARIABLE:
        # So many sentences with changing names are how this paper writes.
        judged = [e for e in judged if e not in variable]
    judged.sort(key=lambda e: (-e.articles, e.template.key))
    names: dict[str, int] = {}
    return [_make_proposal(evidence, names) for evidence in judged]


def resolve_levels(found: Sequence[Evidence]) -> list[Evidence]:
    """Return for lines that have several templates the one that says most.

    That is the lines themselves where up to three of them make four fifths of what their template
    is met in, else the template.
    """
    survivors = [evidence for evidence in found if evidence.template.level == EXACT]
    for level in (FIGURES, NAMES, ALL_NAMES, LABEL):
        children: dict[Template, list[Evidence]] = {}
        for evidence in survivors:
            for template in list_template(evidence.examples[0]):
                if template.level == level:
                    children.setdefault(template, []).append(evidence)
        for evidence in found:
            if evidence.template.level != level:
                continue
            below = children.get(evidence.template, [])
            explained = sum(child.articles for child in below)
            if len(below) > _MOST_LINES or explained < _EXPLAINED * evidence.articles:
                gone = {child.template for child in below}
                survivors = [e for e in survivors if e.template not in gone]
                survivors.append(evidence)
    return survivors


def _is_bound(evidence: Evidence, facts: SourceFacts) -> bool:
    """Whether its sentences are not at home in other lines as well."""
    line = evidence.examples[0]
    strict = evidence.template.level < NAMES
    sentences = list_sentence(line) if strict else list_loose_sentence(line)
    counts = [facts.sentences.get(hash_sentence(sentence), 0) for sentence in sentences]
    return all(evidence.articles >= _LEAST_BOUND * count for count in counts)


def _find_shape(evidence: Evidence, facts: SourceFacts) -> Shape:
    """Tell boilerplate from headings, answers and sentences by its looks."""
    line = evidence.examples[0]
    template = fill_slots(evidence.template, list(evidence.examples))
    words = list_constant_word(template)
    is_marked = _names_paper(evidence, template, facts) or _has_cue(evidence, template, facts)
    at_edge = max(evidence.openings, evidence.closings) >= _EDGE * evidence.articles
    is_heading = evidence.headings >= _HEADING * evidence.articles and line[-1] not in ".!:"
    if has_slot(template):
        if _is_about_article(evidence, template, facts):
            return Shape.PROSE
        is_label = DATE in template.key or HEADLINE in template.key
        is_byline = len(words) == 1 and template.level == NAMES
        if at_edge and (is_byline or any(len(word) >= 4 for word in words)):
            return Shape.MARKED
        if is_heading and not is_label:
            return Shape.MARKED if _names_paper(evidence, template, facts) else Shape.PROSE
        if is_marked:
            return Shape.MARKED
        least = 2 if is_label else _SENTENCE_WORDS - 1
        return Shape.VARIABLE if len(words) >= least else Shape.PROSE
    ends = evidence.closings >= _HEADING * evidence.articles
    if len(words) < _SENTENCE_WORDS and is_heading and not ends:
        return Shape.MARKED if _names_paper(evidence, template, facts) else Shape.PROSE
    if is_marked:
        return Shape.MARKED
    if line.endswith("?") or len(words) < 2:
        return Shape.PROSE
    if at_edge or (len(words) >= _SENTENCE_WORDS and not is_heading):
        return Shape.FIXED
    return Shape.PROSE


def _is_about_article(evidence: Evidence, template: Template, facts: SourceFacts) -> bool:
    """Whether the names in it are met in its own article's prose more than in other articles'."""
    constant = set(list_constant_word(template))
    own, total, expected = 0, 0, 0.0
    for article, line in evidence.met:
        names = {hash_text(word) for word in list_name_word(line) - constant if len(word) >= 4}
        if names and article in facts.words:
            total += 1
            own += not names.isdisjoint(facts.words[article])
            others = islice(facts.words.values(), _MOST_COMPARED)
            met = [not names.isdisjoint(words) for words in others]
            expected += sum(met) / len(met)
    if not total:
        return False
    chance = expected / total
    return own / total > chance + _MORE_FAMILIAR + 2 * sqrt(chance * (1 - chance) / total)


def _names_paper(evidence: Evidence, template: Template, facts: SourceFacts) -> bool:
    """Whether it holds the paper's name or an address."""
    whole = list_template(evidence.examples[0])
    return bool(facts.names & set(list_constant_word(template))) or any(
        ADDRESS in form.key for form in whole
    )


def _has_cue(evidence: Evidence, template: Template, facts: SourceFacts) -> bool:
    """Whether it holds a word of what boilerplate speaks of, that prose here hardly uses."""
    words = list_constant_word(template)
    cues = [word for word in words if word in facts.cues or _is_form(word, facts.cues)]
    most = max(_CUE_IN_PROSE * evidence.articles, 1)
    return any(_count_word(word, facts) <= most for word in cues)


def _is_form(word: str, cues: frozenset[str]) -> bool:
    """Whether a word is a cue with an ending of up to three letters: "nyhetsbrevet"."""
    return any(len(word) - cut >= 4 and word[:-cut] in cues for cut in (1, 2, 3))


def _count_word(word: str, facts: SourceFacts) -> int:
    key = hash_text(word)
    return sum(key in words for words in facts.words.values())


def _is_story(
    evidence: Evidence, shape: Shape, others: Sequence[Evidence], facts: SourceFacts
) -> bool:
    """Whether its articles tell one story: other lines, or its own words, come with it."""
    most = _MOST_OF_STORY * facts.articles
    if evidence.articles > most:
        return False
    chances = [
        _find_meeting(evidence, other, facts)
        for other in others
        if other.articles <= most and not _is_kin(evidence, other)
    ]
    if sum(chance < _OFTEN_TOGETHER for chance in chances) >= 2:
        return True
    if shape is not Shape.MARKED and any(chance < _ALWAYS_TOGETHER for chance in chances):
        return True
    known = set(evidence.sampled) & facts.words.keys()
    for word in islice(_list_topic(evidence, facts), _MOST_TESTED_WORDS):
        key = hash_text(word)
        inside = sum(key in facts.words[article] for article in known)
        anywhere = _count_word(word, facts)
        if _find_chance(inside, len(known), anywhere, len(facts.words)) < _SURELY_ABOUT:
            return True
    return False


def _is_kin(one: Evidence, other: Evidence) -> bool:
    """Whether two templates are met in the same lines."""
    return other.template in list_template(one.examples[0]) or one.template in list_template(
        other.examples[0]
    )


def _find_meeting(one: Evidence, other: Evidence, facts: SourceFacts) -> float:
    """The chance that two templates meet in so many articles; the samples are of the articles with
    the smallest hashes, so they are compared up to where both are complete."""
    ends = [e.sampled[-1] for e in (one, other) if len(e.sampled) < e.articles]
    if not ends:
        both = len(set(one.sampled) & set(other.sampled))
        return _find_chance(both, len(one.sampled), len(other.sampled), facts.articles)
    end = min(ends)
    first, second = ({key for key in e.sampled if key <= end} for e in (one, other))
    among = sum(key <= end for key in facts.words)
    return _find_chance(len(first & second), len(first), len(second), among)


def _list_topic(evidence: Evidence, facts: SourceFacts) -> Iterator[str]:
    for word in dict.fromkeys(list_constant_word(evidence.template)):
        if len(word) >= 5 and word not in facts.names:
            yield word


def _find_chance(both: int, one: int, other: int, articles: int) -> float:
    """The probability that sets of ``one`` and ``other`` of so many articles share ``both`` or
    more by chance (hypergeometric distribution)."""
    most = min(one, other)
    if both <= 1 or both > most or both * articles <= 2 * one * other:
        return 1.0
    total = comb(articles, one)
    ways = sum(comb(other, k) * comb(articles - other, one - k) for k in range(both, most + 1))
    return ways / total


def _make_proposal(evidence: Evidence, names: dict[str, int]) -> Proposal:
    """The rule for a template; ``names`` counts the names given so far."""
    template = fill_slots(evidence.template, list(evidence.examples))
    longest = max(map(len, evidence.examples))
    limit = _DEFAULT_CHARS if longest <= _DEFAULT_CHARS else ceil(1.25 * longest / 10) * 10
    name = _name_rule(list_constant_word(template))
    names[name] = names.get(name, 0) + 1
    if names[name] > 1:
        name = f"{name}_{names[name]}"
    if has_slot(template):
        rule = CleaningRule(
            name=name,
            pattern=compile_template(template),
            match_case=template.level >= NAMES,
            max_chars=limit,
        )
    else:
        rule = CleaningRule(name=name, lines=(evidence.examples[0],), max_chars=limit)
    return Proposal(rule, (evidence.template,))


def keep_sound(proposals: Sequence[Proposal], measures: Mapping[str, Measure]) -> list[Proposal]:
    """Return the proposals with what they were measured to do, by the rule's name.

    One that removes nothing, or more than a few lines that it was not made for, is left out.
    """
    measured = [replace(p, measure=measures.get(p.rule.name, Measure())) for p in proposals]
    sound = [p for p in measured if p.measure.strays <= _MOST_STRAYS * p.measure.lines]
    sound = [p for p in sound if p.measure.lines]
    return sorted(sound, key=lambda p: (-p.measure.articles, p.rule.name))


def _name_rule(words: Sequence[str]) -> str:
    """A name that says what it removes, in letters that need no quotes."""
    plain = unicodedata.normalize("NFKD", " ".join(words).replace("ø", "o").replace("æ", "ae"))
    parts = [p for p in _NO_NAME.sub(" ", plain.encode("ascii", "ignore").decode()).split() if p]
    return "_".join(["learned", *parts[:5]])
