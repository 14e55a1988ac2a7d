"""Lines as templates: what stays the same when numbers, dates, addresses and names change."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from newsbeam.transforms.clean.boilerplate import LINE_MARKS

# Noncharacters of Unicode, which no text holds, stand for the slots.
NUMBER, DATE, WEEKDAY, ADDRESS, NAME = "\ufdd0", "\ufdd1", "\ufdd2", "\ufdd3", "\ufdd4"
HEADLINE = "\ufdd5"
SLOTS = NUMBER + DATE + WEEKDAY + ADDRESS + NAME + HEADLINE
# Levels of abstraction: the line itself; numbers, dates and addresses as slots; names too; and
# names at the beginning of a sentence, where any word has a capital; and all behind a label.
EXACT, FIGURES, NAMES, ALL_NAMES, LABEL = 0, 1, 2, 3, 4
# A longer line is only compared as it is.
_LONGEST = 400

_MONTH = (
    r"(?:jan(?:uar|uari|uary)?|feb(?:ruar|ruari|ruary)?|mars|mar|märz|march|apr(?:il)?|mai|maj|may|"
    r"jun[ie]?|jul[iy]?|aug(?:ust|usti)?|sep(?:t|tember)?|o[kc]t(?:ober)?|nov(?:ember)?|"
    r"de[scz](?:ember)?)"
)
_WEEKDAY = (
    r"(?:mandag|tirsdag|onsdag|torsdag|fredag|lørdag|søndag|måndag|tysdag|laurdag|sundag|tisdag|"
    r"lördag|söndag|montag|dienstag|mittwoch|donnerstag|freitag|samstag|sonntag|monday|tuesday|"
    r"wednesday|thursday|friday|saturday|sunday)"
)
_CLOCK = r"(?:,? (?:(?:kl\.?|at|um) )?\d{1,2}[.:]\d\d)?"
_DATE = (
    rf"(?:{_WEEKDAY},? )?(?:den )?(?:\d{{1,2}}\.? ?{_MONTH}\b\.?(?: \d{{4}})?|"
    rf"{_MONTH}\b\.? \d{{1,2}}(?:st|nd|rd|th)?(?:,? \d{{4}})?|{_MONTH}\b \d{{4}}|"
    rf"\d{{1,2}}[./]\d{{1,2}}[./]\d{{2,4}}|\d{{4}}-\d\d-\d\d){_CLOCK}"
)
_ADDRESS = (
    r"(?:https?://|www\.)[^\s,;]*[\w/]|[\w.+-]+@[\w-]+(?:\.[\w-]+)+|@\w[\w.]+\w|"
    r"[\w-]+(?:\.[\w-]+)*\.(?:no|com|se|dk|net|org|fi|de|eu|tv|info|uk)(?:/[^\s,;]*[\w/])?"
)
_NUMBER = r"(?>\d+(?:[.,: –-]\d+)*)"
_FIRST_NUMBER = r"\d+(?:[.,: –-]\d+)*?"
# Latin capitals of the Nordic, Sami and neighbouring languages.
_CAPITAL = "[A-ZÀ-ÖØ-ÞČĐŊŠŦŽ]"
_NAME_WORD = rf"(?:{_CAPITAL}\.(?= ?{_CAPITAL})|{_CAPITAL}(?:[\w'’&-]|\.(?=\w))*)"
# Atomic (?>...): a list of names is read once, however a line goes on.
_NAME = rf"{_NAME_WORD}(?: (?:(?:van|von|de|der|den|di|da|al|el|bin) ){{0,2}}{_NAME_WORD})*"
_NAME_LIST = rf"(?>{_NAME}(?:(?:, | og | and | och | und | & | ?/ ?){_NAME})*)"

# No slot begins or ends within what a name could take in.
_FIGURE_SLOTS = [
    (slot, re.compile(rf"(?<![\w.@/'’&-])(?:{pattern})(?![\w@])", re.IGNORECASE))
    for slot, pattern in (
        (ADDRESS, _ADDRESS), (DATE, _DATE), (WEEKDAY, _WEEKDAY), (NUMBER, _NUMBER),
    )
]  # fmt: skip
_NAME_SLOT = re.compile(rf"(?<!\w){_NAME_LIST}(?!\w)")
_FIRST_WORD = re.compile(_NAME_WORD)
_SENTENCE_END = re.compile(r"(?:^|[.!?…] )[\"“”«(\[]*$")
_SENTENCE_BREAK = re.compile(r"(?<=[.!?…]) (?=[\w\"“”«–])")
_WORD = re.compile(r"[^\W\d_]+")
# "Anbefalt for deg: Slik sparer du": two words or more, then a headline, which has no full stop.
_LABEL = re.compile(
    r"[^\W\d_a-zß-öø-ÿ][^\W\d_]+(?: [^\W\d_]+){1,5} ?: ?(?=[^\W_a-zß-öø-ÿ].{2,119}(?<![.:;,])$)"
)
# What a rule says for a slot. A date there is anything short around a digit, so that a person can
# read the rule.
_PATTERN = {
    NUMBER: _NUMBER,
    DATE: r"(?:[^\W\d]{2,10}\.?,? ?){0,2}\d[\w.:/, -]{1,40}",
    WEEKDAY: _WEEKDAY,
    ADDRESS: r"\S{4,}",
    NAME: _NAME_LIST,
    HEADLINE: r"\S.{2,119}(?<![.:;,])",
}


@dataclass(frozen=True, slots=True)
class Template:
    """What lines have in common at a ``level``. ``key`` holds a character of ``SLOTS`` for each
    slot; at the levels without names it is in small letters."""

    level: int
    key: str


def list_templates(line: str) -> Iterator[Template]:
    """Yield the line as a template at each level that differs from the one before."""
    if any(slot in line for slot in SLOTS):
        return
    yield make_exact(line)
    if len(line) > _LONGEST:
        return
    cased = line.lstrip(LINE_MARKS)
    figures = _slot_figures(cased)
    if any(slot in figures for slot in SLOTS):
        yield Template(FIGURES, _lower(figures))
    names = _slot_names(figures, keep_first=True)
    if names != figures:
        yield Template(NAMES, names)
    all_names = _slot_names(figures, keep_first=False)
    if all_names != names:
        yield Template(ALL_NAMES, all_names)
    if label := _LABEL.match(cased):
        yield Template(LABEL, label[0] + HEADLINE)


def make_exact(line: str) -> Template:
    """The line as a rule's ``lines`` compares it."""
    return Template(EXACT, line.strip(LINE_MARKS).casefold())


def list_sentences(line: str) -> list[str]:
    """The sentences of a line, with figures as slots, in small letters; short ones not."""
    sentences = _SENTENCE_BREAK.split(_lower(_slot_figures(line.lstrip(LINE_MARKS))))
    return [sentence for sentence in sentences if len(_WORD.findall(sentence)) >= 3]


def list_loose_sentences(line: str) -> list[str]:
    """The sentences of a line, with figures and all names as slots; short ones not."""
    figures = _slot_figures(line.lstrip(LINE_MARKS))
    sentences = _SENTENCE_BREAK.split(figures)
    slotted = [_slot_names(sentence, keep_first=False) for sentence in sentences]
    return [sentence for sentence in slotted if len(_WORD.findall(sentence)) >= 3]


def list_constant_words(template: Template) -> list[str]:
    """The words of a template that stay the same, in small letters."""
    return [word.casefold() for word in _WORD.findall(template.key)]


def has_slot(template: Template) -> bool:
    """Whether something changes."""
    return any(slot in template.key for slot in SLOTS)


def compile_template(template: Template) -> str:
    """A regular expression for the whole of each line with this template.

    At the levels with names it minds upper and lower case.
    """
    pieces = re.split(f"([{SLOTS}])", template.key)
    return "".join(_find_pattern(pieces, place) or _escape(p) for place, p in enumerate(pieces))


def _find_pattern(pieces: Sequence[str], place: int) -> str | None:
    """What stands for the slot at ``place``. A number before a date takes none of it: *2024 12.
    mars*."""
    rest = [piece for piece in pieces[place + 1 :] if piece.strip()]
    if pieces[place] == NUMBER and rest[:1] == [DATE]:
        return _FIRST_NUMBER
    return _PATTERN.get(pieces[place])


def fill_slots(template: Template, lines: list[str]) -> Template:
    """``template`` with the slots filled whose text is the same in all ``lines``.

    Lines that do not have the template are passed over. Without three that have, nothing is
    filled.
    """
    pieces = re.split(f"([{SLOTS}])", template.key)
    patterns = [_find_pattern(pieces, place) for place in range(len(pieces))]
    parts = zip(patterns, pieces, strict=True)
    grouped = "".join(f"({pattern})" if pattern else _escape(p) for pattern, p in parts)
    flags = re.NOFLAG if template.level >= NAMES else re.IGNORECASE
    matches = [re.fullmatch(grouped, line.lstrip(LINE_MARKS), flags) for line in lines]
    fillers = [match.groups() for match in matches if match]
    if len(fillers) < 3:
        return template
    columns = iter(zip(*fillers, strict=True))
    filled = []
    for piece in pieces:
        values = set(next(columns)) if piece in _PATTERN else {piece}
        filled.append(values.pop() if len(values) == 1 else piece)
    key = "".join(filled)
    return Template(template.level, key if template.level >= NAMES else _lower(key))


def list_name_words(line: str) -> set[str]:
    """The words of names within a line, in small letters; not the first of a sentence."""
    return {
        word.casefold()
        for match in _NAME_SLOT.finditer(line)
        for word in _WORD.findall(_cut_first(match))
    }


def _lower(text: str) -> str:
    """Small letters, one for one: patterns that mind no case know no "ss" for "ß"."""
    return "".join(small if len(small := letter.lower()) == 1 else letter for letter in text)


def _slot_figures(line: str) -> str:
    for slot, pattern in _FIGURE_SLOTS:
        line = pattern.sub(slot, line)
    return line


def _slot_names(line: str, *, keep_first: bool) -> str:
    if not keep_first:
        return _NAME_SLOT.sub(NAME, line)
    return _NAME_SLOT.sub(_slot_rest, line)


def _slot_rest(match: re.Match[str]) -> str:
    if not _begins_sentence(match):
        return NAME
    rest = _cut_first(match)
    return match[0].removesuffix(rest) + _NAME_SLOT.sub(NAME, rest)


def _cut_first(match: re.Match[str]) -> str:
    if not _begins_sentence(match):
        return match[0]
    first = _FIRST_WORD.match(match[0])
    return match[0][first.end() :] if first else match[0]


def _begins_sentence(match: re.Match[str]) -> bool:
    return _SENTENCE_END.search(match.string, 0, match.start()) is not None


def _escape(text: str) -> str:
    """As ``re.escape``, but for the marks that only verbose patterns need."""
    return re.sub(r"[\\.^$*+?{}\[\]|()]", r"\\\g<0>", text)
