"""The language of a text as a BCP 47 tag; for Norwegian, which of the two written standards."""

from __future__ import annotations

import re
from functools import cache
from typing import Literal

from py3langid.langid import MODEL_FILE, LanguageIdentifier

Standard = Literal["nb", "nn"]

# Ours: shorter texts are too easily taken for a neighbouring language, so that a stated one is
# believed. On 203 saved pages these values overrule three statements, all three wrong ones.
_ENOUGH_TEXT = 200
_CONFIDENT = 0.9
# More of a text changes the language of none of 599 saved pages (700 does of three).
_MOST_TEXT = 1_000
# Function words outside quotes from which on quotes need not be looked at.
_ENOUGH_WORDS = 5

_NORWEGIAN = frozenset({"no", "nb", "nn", "nor", "nob", "nno"})
_NO_LANGUAGE = frozenset({"und", "zxx", "mul", "mis", "root", "x"})
_TAG = re.compile(r"[a-z]{2,3}(?:-[a-z0-9]{2,8})*", re.IGNORECASE)

# Closed-class words and the commonest verbs that one written standard has and the other has not
# (or hardly: each is over ten times as frequent on its side in the Norwegian Dependency
# Treebank). Content words would say what a text is about.
_BOKMAAL_WORDS = (
    "ikke jeg en et fra hva hvem hvor hvordan hvorfor hvis hver hvert hvilken hvilke de dem "
    "dere deres hun ham noe noen mye mer flere selv annet samme hele disse uten siden sammen "
    "ble være vært gjøre gjør sier fikk gikk kommer vet ett frem ifølge"
)
_NYNORSK_WORDS = (
    "ikkje eg ein eit frå kva kven kvar korleis kvifor kvart kvifor dei deira dykk ho noko "
    "nokon nokre mykje meir fleire berre sjølv anna same heile desse utan sidan saman vart blei "
    "vert vere vera vore gjere gjera gjer seier fekk gjekk kjem veit òg då medan difor"
)
_BOKMAAL = frozenset(_BOKMAAL_WORDS.split())
_NYNORSK = frozenset(_NYNORSK_WORDS.split())
_WORD = re.compile(r"[^\W\d_]+")
_QUOTED = re.compile(
    r"«[^«»]*»|“[^“”]*”|„[^„“”]*[“”]|\"[^\"\n]*\"|^[^\S\n]*[-‐-―−].*", re.MULTILINE
)


def detect_language(text: str, declared: str | None) -> str:
    """Return the BCP 47 tag of the language of ``text``.

    ``declared`` is what is known beforehand, as any spelling of a tag ("nb_NO" too). Anything
    Norwegian gives "nb" or "nn" by the text itself, since sites declare one standard and print
    both; another declared language is kept; without a (sensible) declaration the language is
    identified, and is "und" where the text has no letters.
    """
    tag = normalize_tag(declared)
    if tag is None:
        tag, _ = _identify(text)
    return _decide_standard(text, tag) if _primary(tag) in _NORWEGIAN else tag


def check_language(text: str, stated: str | None) -> str:
    """Like ``detect_language``, for what a page states of itself, which is not always true.

    Templates say ``lang="en"`` on pages in other languages. So another language that the text is
    confidently identified as (at least 200 code points, probability 0.9) wins.
    """
    tag = normalize_tag(stated)
    if tag is not None and len(text) >= _ENOUGH_TEXT:
        found, probability = _identify(text)
        if probability >= _CONFIDENT and not _is_same(found, tag):
            tag = found
    return detect_language(text, tag)


def normalize_tag(tag: str | None) -> str | None:
    """Return ``tag`` in BCP 47 spelling ("nb_no" -> "nb-NO"), or None if it names no language."""
    tag = (tag or "").strip().replace("_", "-").split(".")[0]
    if not _TAG.fullmatch(tag):
        return None
    first, *rest = tag.split("-")
    if first.lower() in _NO_LANGUAGE:
        return None
    # RFC 5646 section 2.1.1: regions in capitals, scripts with one, all else in small letters.
    cased = [
        part.upper() if len(part) == 2 else part.title() if len(part) == 4 else part.lower()
        for part in rest
    ]
    return "-".join([first.lower(), *cased])


def _decide_standard(text: str, tag: str) -> Standard:
    # What people are quoted with may be in the other standard or a dialect: the article's own
    # words decide, as long as there are some.
    bokmaal, nynorsk = _count(_QUOTED.sub(" ", text))
    if bokmaal + nynorsk < _ENOUGH_WORDS:
        bokmaal, nynorsk = _count(text)
    if bokmaal == nynorsk:
        return "nn" if tag.startswith(("nn", "no-nyn")) else "nb"
    return "nn" if nynorsk > bokmaal else "nb"


def _count(text: str) -> tuple[int, int]:
    words = _WORD.findall(text.lower())
    return sum(word in _BOKMAAL for word in words), sum(word in _NYNORSK for word in words)


def _primary(tag: str) -> str:
    return tag.split("-")[0].lower()


def _is_same(one: str, other: str) -> bool:
    one, other = _primary(one), _primary(other)
    return one == other or {one, other} <= _NORWEGIAN


def _identify(text: str) -> tuple[str, float]:
    if not _WORD.search(text):
        return "und", 0.0
    label, probability = _identifier().classify(text[:_MOST_TEXT])
    return normalize_tag(label) or "und", float(probability)


@cache
def _identifier() -> LanguageIdentifier:
    # Loading takes over a second: once a process, and only where a language is not declared.
    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
