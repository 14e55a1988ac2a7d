"""Named entities of an article, each with the fullest name that the article itself gives.

``find_entities`` reads a spaCy ``Doc``; ``name_entities`` needs only the text and its mentions,
from whatever recognizer. Genitives are undone ("Russlands" -> "Russland"), short forms of people
get their full names ("Putin" -> "Vladimir Putin"), and so do abbreviations that the text
introduces ("Fridtjof Nansens Institutt (FNI)").
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from newsbeam.transforms.enrich.genitives import strip_genitives
from newsbeam.transforms.enrich.mentions import NameMention
from newsbeam.transforms.records import PERSON_LABELS, Entity
from newsbeam.transforms.settings.lexicon import Lexicon
from newsbeam.transforms.settings.name_words import NameWords

if TYPE_CHECKING:
    from spacy.tokens import Doc, Span

_PLACE_LABELS = frozenset({"GPE", "GPE_LOC", "LOC", "placeName"})

_DOUBLE_NAME = re.compile(r"[^\W\d_][^\W\d_]+-[^\W\d_][^\W\d_]+")
_SURNAME = re.compile(r" (?P<word>[^\W\d_]{3,})(?![\w-])")
# NorNE's: what is derived from a name ("Oslo-mannen"), and people.
_COMPOUND_LABEL, _PERSON_LABEL = "DRV", "PER"
_INITIALISM = re.compile(r"(?=.*[^\W\d_].)[^\W\d_][\w.&-]{1,9}")
_INTRODUCED = re.compile(
    r"(?<!\w)(?P<words>[^\W\d_][\w-]*(?: [^\W\d_][\w-]*){2,7}) \((?P<short>[A-ZÆØÅ]{3,8})\)"
)
_LINKED = re.compile(r"\s*\((?P<inside>[^()\n]{2,80})\)")


def find_entities(
    doc: Doc, words: NameWords | None = None, lexicon: Lexicon | None = None
) -> tuple[Entity, ...]:
    """Return the named entities of ``doc`` in the order of the text.

    ``words`` and ``lexicon`` are the language's, for undoing its genitive. Offsets point into
    ``doc.text``; no entity has white space at its edges or a line break inside.
    """
    text = doc.text
    mentions = [
        replace(mention, score=read_score(ent))
        for ent in doc.ents
        for mention in split_span(text, ent.start_char, ent.end_char, ent.label_)
    ]
    if lexicon is not None:
        mentions = [drop_preposition(mention, lexicon) for mention in mentions]
    joined = list(join_first_names(mentions, text))
    return name_entities(join_introduced(joined, text), text, words, lexicon)


def read_score(ent: Span) -> float | None:
    """``ent._.score``, which nb_newsbeam's recognizer sets and other pipelines may."""
    score = ent._.score if ent.has_extension("score") else None
    return None if score is None else float(score)


def rename_labels(
    entities: Sequence[Entity], names: Mapping[str, str | None]
) -> tuple[Entity, ...]:
    """``entities`` with the labels that ``names`` gives theirs; those with ``None`` are left out.

    A label that it does not name stays.
    """
    renamed = ((entity, names.get(entity.label, entity.label)) for entity in entities)
    return tuple(replace(entity, label=label) for entity, label in renamed if label is not None)


def split_span(text: str, start: int, end: int, label: str) -> Iterator[NameMention]:
    """Yield the span's lines, trimmed; a line without letter or digit names nothing."""
    for line in text[start:end].splitlines(keepends=True):
        words = line.strip()
        if any(map(str.isalnum, words)):
            first = start + len(line) - len(line.lstrip())
            yield NameMention(words, label, first, first + len(words))
        start += len(line)


def drop_preposition(mention: NameMention, lexicon: Lexicon) -> NameMention:
    """The mention without the "according to" of a sentence's beginning, which a recognizer that
    knows another language takes for a name: *Enligt Anders Berg*."""
    first, _, rest = mention.text.partition(" ")
    if not rest or (first.lower(),) not in lexicon.words.according.get(first.lower(), ()):
        return mention
    return replace(mention, text=rest, start=mention.end - len(rest))


def join_first_names(mentions: Iterable[NameMention], text: str) -> Iterator[NameMention]:
    """Yield the mentions, a double first name together with the person behind it.

    Recognizers that know neither part of "Kassym-Jomart Tokajev" take the hyphen for a
    compound's. In those ("Oslo-mannen Ola Berg") only the first part has a capital. Where nothing
    was recognized behind the compound, a word with a capital is its surname.
    """
    held: NameMention | None = None
    for mention in mentions:
        if held is not None:
            is_name = mention.label in PERSON_LABELS and text[held.end : mention.start] == " "
            if is_name:
                mention = replace(mention, text=text[held.start : mention.end], start=held.start)
            else:
                yield add_surname(held, text, mention.start)
            held = None
        if _DOUBLE_NAME.fullmatch(mention.text) and all(map(str.istitle, mention.text.split("-"))):
            held = mention
        else:
            yield mention
    if held is not None:
        yield add_surname(held, text, len(text))


def add_surname(mention: NameMention, text: str, limit: int) -> NameMention:
    """A compound of two capitalised parts as a person, if a capitalised word follows it directly.

    The word ends before ``limit``, where the next mention begins. Other mentions stay as they are.
    """
    word = _SURNAME.match(text, mention.end)
    if mention.label != _COMPOUND_LABEL or word is None or word.end() > limit:
        return mention
    if not word["word"].istitle():
        return mention
    end = word.end()
    return replace(mention, text=text[mention.start : end], label=_PERSON_LABEL, end=end)


def join_introduced(mentions: Sequence[NameMention], text: str) -> list[NameMention]:
    """The mentions in order, a name whose initials stand behind it in brackets as one of them.

    In "Fridtjof Nansens Institutt (FNI)" a recognizer may see a person and no institute. The
    bracket tells how far the name reaches, and the mention in it what is named.
    """
    by_start = {mention.start: mention for mention in mentions}
    names: list[NameMention] = []
    for found in _INTRODUCED.finditer(text):
        short = by_start.get(found.start("short"))
        words = found["words"].split()[-len(found["short"]) :]
        if short is None or short.text != found["short"] or short.label in PERSON_LABELS:
            continue
        if [word[0] for word in words] != list(found["short"]):
            continue
        start = text.rindex(words[0], found.start(), found.start("short"))
        end = found.end("words")
        names.append(NameMention(text[start:end], short.label, start, end, short.score))
    apart = [m for m in mentions if not any(m.start < n.end and n.start < m.end for n in names)]
    kept = [n for n in names if any(m.start < n.end and n.start < m.end for m in mentions)]
    return sorted((*apart, *kept), key=lambda mention: mention.start)


def name_entities(
    mentions: Sequence[NameMention],
    text: str,
    words: NameWords | None = None,
    lexicon: Lexicon | None = None,
) -> tuple[Entity, ...]:
    """Give each mention in ``text`` its fullest name, without the genitive.

    A name that is mostly a person's is one everywhere and gets that label, so that a recognizer's
    slip in one place does not make two of it.
    """
    bases = strip_genitives(mentions, text, words, lexicon)
    long_forms = find_long_forms(mentions, bases, text)
    votes: Counter[str] = Counter()
    person_labels: Counter[str] = Counter()
    surnames: set[str] = set()
    for mention, base in zip(mentions, bases, strict=True):
        is_person = mention.label in PERSON_LABELS
        votes[base] += 1 if is_person else -1
        person_labels[mention.label] += is_person
        _, *rest = base.split()
        if is_person and rest:  # a full name speaks for its surname, too
            votes[rest[-1]] += 1
            surnames.add(rest[-1])
    people: dict[str, list[int]] = {}
    labels = []
    for mention, base in zip(mentions, bases, strict=True):
        _, *rest = base.split()
        # Once known by a surname alone, a person may have the full name mislabelled.
        elected = votes[base] > 0 or (bool(rest) and votes[rest[-1]] > 1)
        # In a tie places stay what they are: "Jo Vang" may well live in Vang.
        if votes[base] == 0 and base in surnames and mention.label not in _PLACE_LABELS:
            elected = True
        labels.append(person_labels.most_common(1)[0][0] if elected else mention.label)
        if labels[-1] in PERSON_LABELS:
            people.setdefault(base, []).append(mention.start)
    named = []
    for mention, base, label in zip(mentions, bases, labels, strict=True):
        name = long_forms.get(base, base)
        if name == base and label in PERSON_LABELS:
            name = resolve_person(base, mention.start, people)
        named.append(Entity(mention.text, label, mention.start, mention.end, name, mention.score))
    return tuple(named)


def find_long_forms(
    mentions: Sequence[NameMention], bases: Sequence[str], text: str
) -> dict[str, str]:
    """Return the long form of each abbreviation that ``text`` introduces in brackets.

    Either order: "Fridtjof Nansens Institutt (FNI)", "FNI (Fridtjof Nansens Institutt)". After
    people and places only initials count: "Steinar Persen (Sp)" and "Oslo (NTB)" tell a party and
    an agency.
    """
    found: dict[str, str] = {}
    for mention, base in zip(mentions, bases, strict=True):
        linked = _LINKED.match(text, mention.end)
        if linked is None:
            continue
        inside = linked["inside"].strip()
        fits = is_initials if mention.label in PERSON_LABELS | _PLACE_LABELS else is_abbreviation
        for short, long in ((inside, base), (base, inside)):
            if _INITIALISM.fullmatch(short) and fits(short, long):
                found.setdefault(short, long)
    return found


def is_initials(short: str, long: str) -> bool:
    """Whether ``short`` is made of the first letters, three or more, of the words of ``long``."""
    return len(short) > 2 and short == "".join(word[0].upper() for word in long.split())


def is_abbreviation(short: str, long: str) -> bool:
    """Whether ``short`` abbreviates ``long``.

    Its letters occur in ``long`` in order, the first one at its beginning ("Nasjonal
    kommunikasjonsmyndighet", "Nkom"). After Schwartz and Hearst 2003, "A simple algorithm for
    identifying abbreviation definitions in biomedical text".
    """
    letters = [letter for letter in short.casefold() if letter.isalnum()]
    if len(long) < 2 * len(letters) or not letters or not long.casefold().startswith(letters[0]):
        return False
    rest = iter(long.casefold())
    return all(letter in rest for letter in letters)


def resolve_person(name: str, start: int, people: Mapping[str, Sequence[int]]) -> str:
    """Return the fullest name among ``people`` of which ``name`` is a short form.

    ``people`` says of each name where it begins in the text; ``name`` itself begins at ``start``.

    With several to choose from, the nearest person before ``start`` who shares the surname; if
    none comes before, or only the first name is shared, ``name`` itself.
    """
    for shares in (shares_surname, shares_first_name):
        fuller = [other for other in people if shares(name, other)]
        # Of "Jonas Gahr Støre" and "Gahr Støre" only the former is a person of its own.
        fullest = [o for o in fuller if not any(shares_surname(o, other) for other in fuller)]
        if len(fullest) == 1:
            return fullest[0]
        if shares is shares_surname and fullest:
            before = [(p, o) for o in fullest for p in people[o] if p < start]
            return max(before)[1] if before else name
    return name


def shares_surname(short: str, long: str) -> bool:
    """Whether ``long`` adds words to ``short`` and ends with the same one, whatever the case."""
    few, many = short.casefold().split(), long.casefold().split()
    return _is_shortened(few, many) and few[-1] == many[-1]


def shares_first_name(short: str, long: str) -> bool:
    """Whether ``long`` adds words after those of ``short``, whatever the case."""
    few, many = short.casefold().split(), long.casefold().split()
    return _is_shortened(few, many) and few == many[: len(few)]


def _is_shortened(few: list[str], many: list[str]) -> bool:
    rest = iter(many)
    return len(few) < len(many) and all(word in rest for word in few)
