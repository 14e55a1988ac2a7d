"""Which of the lines that recur in a source's articles are boilerplate, as rules to review.

What articles say themselves recurs too: a story is told again and again, and "– Ja." and
"Bakgrunn" belong to everybody. So a candidate has to show that it is none of that. The tests for
it and their numbers are ours; docs/boilerplate.md says what they were tried on. In doubt nothing is
proposed.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import replace
from enum import Enum, auto
from itertools import islice
from math import ceil, sqrt

from newsbeam.transforms.clean.evidence import (
    Evidence,
    Measure,
    Proposal,
    hash_sentence,
    hash_text,
    least_support,
)
from newsbeam.transforms.clean.story_test import SourceFacts, count_word, is_story
from newsbeam.transforms.clean.templates import (
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
    list_constant_words,
    list_loose_sentences,
    list_name_words,
    list_sentences,
    list_templates,
)
from newsbeam.transforms.settings.source import CleaningRule

_MOST_LINES = 3
# Lines that differ explain their template where they make up this share of it.
_EXPLAINED = 0.8
# A sentence that stands in other lines as often as in the candidate's is a story's.
_LEAST_BOUND = 0.5
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
    judged = [
        e for e in likely if not is_story(e, shapes[e.template] is Shape.MARKED, others, facts)
    ]
    variable = [e for e in judged if shapes[e.template] is Shape.VARIABLE]
    if len(variable) > _MOST_VARIABLE:
        # So many sentences with changing names are how this paper writes.
        judged = [e for e in judged if e not in variable]
    judged.sort(key=lambda e: (-e.articles, e.template.key))
    names: dict[str, int] = {}
    return [make_proposal(evidence, names) for evidence in judged]


def resolve_levels(found: Sequence[Evidence]) -> list[Evidence]:
    """Return for lines that have several templates the one that says most.

    That is the lines themselves where up to three of them make four fifths of what their template
    is met in, else the template.
    """
    survivors = [evidence for evidence in found if evidence.template.level == EXACT]
    for level in (FIGURES, NAMES, ALL_NAMES, LABEL):
        children: dict[Template, list[Evidence]] = {}
        for evidence in survivors:
            for template in list_templates(evidence.examples[0]):
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
    sentences = list_sentences(line) if strict else list_loose_sentences(line)
    counts = [facts.sentences.get(hash_sentence(sentence), 0) for sentence in sentences]
    return all(evidence.articles >= _LEAST_BOUND * count for count in counts)


def _find_shape(evidence: Evidence, facts: SourceFacts) -> Shape:
    """Tell boilerplate from headings, answers and sentences by its looks."""
    line = evidence.examples[0]
    template = fill_slots(evidence.template, list(evidence.examples))
    words = list_constant_words(template)
    is_marked = names_paper(evidence, template, facts) or has_cue(evidence, template, facts)
    at_edge = max(evidence.openings, evidence.closings) >= _EDGE * evidence.articles
    # What is guessed to be a heading in a plain text is not always: short lines count as such.
    is_guessed = evidence.headings >= _HEADING * evidence.articles
    is_heading = line[-1] not in ".!:" and (is_guessed or len(words) < _SENTENCE_WORDS)
    if has_slot(template):
        if _is_about_article(evidence, template, facts):
            return Shape.PROSE
        is_label = DATE in template.key or HEADLINE in template.key
        is_byline = len(words) == 1 and template.level == NAMES
        if at_edge and (is_byline or any(len(word) >= 4 for word in words)):
            return Shape.MARKED
        if is_heading and not is_label:
            return Shape.MARKED if names_paper(evidence, template, facts) else Shape.PROSE
        if is_marked:
            return Shape.MARKED
        least = 2 if is_label else _SENTENCE_WORDS - 1
        return Shape.VARIABLE if len(words) >= least else Shape.PROSE
    ends = evidence.closings >= _HEADING * evidence.articles
    if len(words) < _SENTENCE_WORDS and is_heading and not ends:
        return Shape.MARKED if names_paper(evidence, template, facts) else Shape.PROSE
    if is_marked:
        return Shape.MARKED
    if line.endswith("?") or len(words) < 2:
        return Shape.PROSE
    if at_edge or (len(words) >= _SENTENCE_WORDS and not is_heading):
        return Shape.FIXED
    return Shape.PROSE


def _is_about_article(evidence: Evidence, template: Template, facts: SourceFacts) -> bool:
    """Whether the names in it are met in its own article's prose more than in other articles'."""
    constant = set(list_constant_words(template))
    own, total, expected = 0, 0, 0.0
    for article, line in evidence.met:
        names = {hash_text(word) for word in list_name_words(line) - constant if len(word) >= 4}
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


def names_paper(evidence: Evidence, template: Template, facts: SourceFacts) -> bool:
    """Whether it holds the paper's name or an address."""
    whole = list_templates(evidence.examples[0])
    return bool(facts.names & set(list_constant_words(template))) or any(
        ADDRESS in form.key for form in whole
    )


def has_cue(evidence: Evidence, template: Template, facts: SourceFacts) -> bool:
    """Whether it holds a word of what boilerplate speaks of, that prose here hardly uses."""
    words = list_constant_words(template)
    cues = [word for word in words if word in facts.cues or _is_form(word, facts.cues)]
    most = max(_CUE_IN_PROSE * evidence.articles, 1)
    return any(count_word(word, facts) <= most for word in cues)


def _is_form(word: str, cues: frozenset[str]) -> bool:
    """Whether a word is a cue with an ending of up to three letters: "nyhetsbrevet"."""
    return any(len(word) - cut >= 4 and word[:-cut] in cues for cut in (1, 2, 3))


def make_proposal(evidence: Evidence, names: dict[str, int]) -> Proposal:
    """The rule for a template; ``names`` counts the names given so far."""
    template = fill_slots(evidence.template, list(evidence.examples))
    longest = max(map(len, evidence.examples))
    limit = _DEFAULT_CHARS if longest <= _DEFAULT_CHARS else ceil(1.25 * longest / 10) * 10
    name = _name_rule(list_constant_words(template))
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
