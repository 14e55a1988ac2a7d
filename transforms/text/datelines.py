"""Dates as pages print them: what the words beside a date say that it is of.

"Sist oppdatert 21.11.2026 15:10. Publisert 20.11.2026 14:30" has two, and "Folkemøtet er 12. april
2026" has none. So a line is cut where such words and marks stand, and a date counts only where
every other word of its part is one that belongs to a date.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from newsbeam.transforms.text.bylines import is_person, split_author
from newsbeam.transforms.text.dates import find_stated_date

# Of the six languages that we ship, and those with which they are read beside: no guess, a
# list of what papers write.
_PUBLISHED = (
    r"(?:(?:først|fyrst|først gang|first|originally|zuerst|ursprünglich) )?(?:"
    r"(?:presse?mitteilung|pressemelding|pressemeddelelse|pressmeddelande|press release|meldung)"
    r"(?: (?:vom|fra|från|of|from))?|publisert|lagt ut|publiceret|offentliggjort|udgivet|"
    r"publicera[dt]|publicerades|"
    r"published|posted|released|date of publication|publication date|publishing date|"
    r"veröffentlicht|publiziert|erschienen|erstellt|veröffentlichungsdatum|erscheinungsdatum|"
    r"publiseringsdato|publiceringsdatum|dato|datum|date|data|publié|publicado|pubblicato|"
    r"公開日時|公開日|公開|掲載日|掲載|配信日|配信|投稿日|投稿|发布时间|发布|입력|등록)"
)
_UPDATED = (
    r"(?:(?:sist|sidst|senast|last|zuletzt) )?(?:"
    r"oppdatert|oppdatering|endret|endra|opdateret|ændret|redigeret|redigert|uppdatera[dt]|ändrad|"
    r"updated|update|modified|edited|corrected|aktualisiert|aktualisierung|geändert|bearbeitet|"
    r"stand|actualizado|mis à jour|aggiornato|atualizado|güncelleme|"
    r"最終更新日|最終更新|更新日時|更新日|更新时间|更新|수정)"
)
_LABEL = re.compile(rf"(?<![^\W\d_])(?:(?P<published>{_PUBLISHED})|{_UPDATED})(?![^\W\d_])", re.I)
_STEMS = (
    *("publi", "pubb", "dat", "post", "lagt", "off", "udg", "press", "meldung", "veröff", "erst"),
    *("ersch", "releas", "oppd", "opda", "updat", "uppd", "end", "änd", "ænd", "redig", "modif"),
    *("edit", "corr", "aktual", "bearb", "stand", "actual", "mis", "aggi", "atual", "günc"),
    *("公開", "掲載", "配信", "投稿", "发布", "입력", "등록", "更新", "수정"),
)
# A time behind a mark belongs to the date before it.
_MARK = re.compile(r"\s*(?:[|•·;\n]|(?<=\s)/(?=\s))\s*(?!\d{1,2}[:.]\d\d(?!\.?\d)|[\s|•·;/])")
_BRACKET = re.compile(r"\([^()]*\)")
# What may stand beside a date: how long the text takes to read, how often it was discussed.
_COUNTS = re.compile(
    r"\b\d+ ?(?:min(?:\.|utes?|utter|uter|uten|utters)?|minutter?|minuten|kommentar\w*|comments?)\b"
    r"(?: (?:read|lesetid|læsetid|lästid|lesezeit|å lese))?\.?",
    re.IGNORECASE,
)
_TWICE = re.compile(r"(?<!\S)(\d\S{5,20}|\d{1,2}\.? \w{3,10} \d{4}) \1(?!\S)")
_BYLINE = re.compile(r"^\W*(?:av|by|von|af|par|por)\s", re.IGNORECASE)
_WORD = re.compile(r"\w+")
# As times are followed by where they are of: "11:28 AMT".
_ZONE = re.compile(r"[A-Z]{2,4}T")
BESIDE_DATES = frozenset(
    "kl klokka klokken klockan uhr um den der am at on the of vom i o clock from ist est "
    "ma man mandag måndag monday montag mon mo ti tir tirs tis tirsdag tysdag tisdag tuesday tue "
    "tues dienstag di on ons onsdag wednesday wed mittwoch mi to tor tors torsdag thursday thu "
    "thurs thur donnerstag do fr fre fredag friday fri freitag la lør lørdag laurdag lördag lör "
    "saturday sat samstag sonnabend sa sø søn søndag sundag söndag sön sunday sun sonntag so su "
    "gmt utc cet cest am pm m p a d".split()
)
_LONGEST = 200
_MOST_BYLINE_WORDS = 8


@dataclass(frozen=True, slots=True)
class Dateline:
    """A date that a line states: ``role`` is ``published`` or ``updated`` where the line says so,
    else empty; ``words`` is the part of the line that has it."""

    role: str
    instant: datetime
    is_day: bool
    words: str


def has_date_label(text: str) -> str:
    """Return what the last such word in ``text`` says that a date is of: ``published``,
    ``updated`` or nothing."""
    role = ""
    text = text[:_LONGEST].casefold()
    if not any(stem in text for stem in _STEMS):  # twenty times faster than the pattern
        return role
    for label in _LABEL.finditer(text):
        role = "published" if label["published"] else "updated"
    return role


def list_datelines(
    line: str, timezone: ZoneInfo, language: str | None = None, *, loose: bool = False
) -> list[Dateline]:
    """Return the dates that ``line`` states and whose parts are understood whole, in order.

    A part is one date, its time, weekday and zone, the word that says what it is of, the name of
    an author, and what tells how long the text is. With ``loose``, which is for elements marked as
    a date, up to three words more are let pass. A line of over 200 characters has none.
    ``timezone`` and ``language`` are as in ``parse_instant``.
    """
    if len(line) > _LONGEST:
        return []
    found: list[Dateline] = []
    for role, words, part in _cut(line):
        stated = find_stated_date(part, timezone, language)
        if stated is None or not _is_understood(stated.before, stated.behind, loose):
            continue
        dateline = Dateline(role, stated.instant, stated.is_day, words.strip(" ,.-–—("))
        # Printed twice, for screens and for screen readers.
        if dateline.instant not in [other.instant for other in found if other.role == role]:
            found.append(dateline)
    return found


def _cut(line: str) -> Iterator[tuple[str, str, str]]:
    """Yield what the label of each part of a line says, the part, and its text without that."""
    for part in _MARK.split(_TWICE.sub(r"\1", _COUNTS.sub(" ", line))):
        labels = list(_LABEL.finditer(part))
        starts = [label.start() for label in labels]
        if before := part[: starts[0] if starts else None].strip():
            yield "", before, _BRACKET.sub(" ", before)
        for label, end in zip(labels, [*starts, len(part)][1:], strict=True):
            role = "published" if label["published"] else "updated"
            words = part[label.start() : end]
            yield role, words, _BRACKET.sub(" ", part[label.end() : end])


def _is_understood(before: str, behind: str, loose: bool) -> bool:
    rest = [*_list_unknown(before), *_list_unknown(behind)]
    return not rest or (
        loose and len(rest) <= 3 and not any(char.isdigit() for word in rest for char in word)
    )


def _list_unknown(text: str) -> list[str]:
    """The words that are not part of a date's line, nor of a byline in it."""
    words: Iterable[str] = _WORD.findall(text)
    unknown = [
        word for word in words if word.casefold() not in BESIDE_DATES and not _ZONE.fullmatch(word)
    ]
    if unknown and not any(map(str.isdigit, text)):
        names = split_author(text)
        is_byline = _BYLINE.match(text) and len(unknown) <= _MOST_BYLINE_WORDS
        if is_byline or (names and all(map(is_person, names)) and _is_own_part(text)):
            return []
    return unknown


def _is_own_part(text: str) -> bool:
    """Whether a comma or a dash parts a name from the date beside it."""
    return text.strip()[-1:] in tuple(",-–—:") or text.strip()[:1] in tuple(",-–—")
