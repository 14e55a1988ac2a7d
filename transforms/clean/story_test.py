"""Whether what recurs in a source's articles is told with one story."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from math import comb

from newsbeam.transforms.clean.evidence import Evidence, hash_text
from newsbeam.transforms.clean.templates import list_constant_words, list_templates

# What more articles than this share have is no single story.
_MOST_OF_STORY = 0.4
# Chance by which two lines, or a line and a word, meet in the same articles (hypergeometric tail).
_OFTEN_TOGETHER = 1e-4
_ALWAYS_TOGETHER = 1e-8
_SURELY_ABOUT = 1e-5
_MOST_TESTED_WORDS = 16
# In so many of its articles a line stands at one edge, and in less than half as many at the other.
_AT_EDGE = 0.9


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


def count_word(word: str, facts: SourceFacts) -> int:
    """In how many articles the prose has a word (in small letters)."""
    key = hash_text(word)
    return sum(key in words for words in facts.words.values())


def is_story(
    evidence: Evidence, is_marked: bool, others: Sequence[Evidence], facts: SourceFacts
) -> bool:
    """Whether the articles that have a template tell one story.

    That is where two of ``others`` (all that recurs) come in the same articles more often than
    chance explains, or one that always does, unless the template looks like boilerplate
    (``is_marked``); or where one of its own words does, in the prose around it. Lines that close
    their articles, whatever was told before, say nothing of each other, and so at the beginning: a
    paywall has several.
    """
    most = _MOST_OF_STORY * facts.articles
    if evidence.articles > most:
        return False
    edge = _find_edge(evidence)
    chances = [
        _find_meeting(evidence, other, facts)
        for other in others
        if other.articles <= most
        and not _is_kin(evidence, other)
        and (edge is None or edge != _find_edge(other))
    ]
    if sum(chance < _OFTEN_TOGETHER for chance in chances) >= 2:
        return True
    if not is_marked and any(chance < _ALWAYS_TOGETHER for chance in chances):
        return True
    known = set(evidence.sampled) & facts.words.keys()
    for word in islice(_list_topic(evidence, facts), _MOST_TESTED_WORDS):
        key = hash_text(word)
        inside = sum(key in facts.words[article] for article in known)
        anywhere = count_word(word, facts)
        if _find_chance(inside, len(known), anywhere, len(facts.words)) < _SURELY_ABOUT:
            return True
    return False


def _find_edge(evidence: Evidence) -> str | None:
    """Whether a template closes its articles, or opens them; ``None`` if neither, or if both, as
    all lines of an article do that is nothing but a copy."""
    ends = {"opens": evidence.openings, "closes": evidence.closings}
    for name, other in (("opens", "closes"), ("closes", "opens")):
        if ends[name] >= _AT_EDGE * evidence.articles >= 2 * ends[other]:
            return name
    return None


def _is_kin(one: Evidence, other: Evidence) -> bool:
    """Whether two templates are met in the same lines."""
    return other.template in list_templates(one.examples[0]) or one.template in list_templates(
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
    for word in dict.fromkeys(list_constant_words(evidence.template)):
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
