"""Names as they are compared: without case, accents and hyphens, and how two of them differ.

A *form* is a name's words. One word is a lone name, several are a full one.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from hashlib import blake2b
from typing import Literal

Form = tuple[str, ...]
# How a form differs from another that may be the same person's:
# letters    by case, accents, hyphens or spaces alone
# sound      by a word that is spelt otherwise and sounds alike (Grete, Grethe)
# letter     by one letter, or two that changed places
# initial    by a middle initial that one lacks, or that the other spells out
# part       the shorter is the end of the longer (Gahr Støre)
# middle     the shorter lacks a whole middle name
# surname    the longer has a surname more (Kari Nes, Kari Nes Berg)
Difference = Literal["letters", "sound", "letter", "initial", "part", "middle", "surname"]

_WORD = re.compile(r"[^\W_]+(?:['’`´][^\W_]+)*")
# Letters that no accent makes, as people write them who lack the key.
_PLAIN = str.maketrans({"ø": "o", "æ": "a", "đ": "d", "ð": "d", "þ": "t", "ł": "l", "ß": "s"})
_MARKS = str.maketrans("", "", "'’`´")
# What sounds alike in names of these papers, in this order. Ours.
_SOUNDS = (("th", "t"), ("dt", "t"), ("ch", "k"), ("ck", "k"), ("ph", "f"), ("w", "v"), ("z", "s"),
           ("c", "k"), ("q", "k"), ("x", "ks"), ("y", "i"), ("j", "i"), ("ei", "e"))  # fmt: skip
_SILENT = re.compile(r"(?<=[bcdfgklmnprstv])h|(.)(?=\1)")
# Shorter words that differ in a letter are rather two names (Moe, Moen; Ola, Ole). As within an
# article (quotes/persons.py).
_MIN_SPELT = 6


@lru_cache(maxsize=50_000)
def read_form(name: str, role: str | None = None) -> Form:
    """The words of ``name``, folded, without the title that ``role`` says it begins with.

    (``Kong Harald`` with the role ``kong``.)
    """
    words = tuple(fold_word(word) for word in _WORD.findall(name.replace("-", " ")))
    if role is not None and len(words) > 1 and words[0] == fold_word(role.split()[-1]):
        return words[1:]
    return words


@lru_cache(maxsize=50_000)
def fold_word(word: str) -> str:
    """A word in lower case without accents and apostrophes; *aa* is *å*."""
    parts = unicodedata.normalize("NFKD", word.casefold().translate(_PLAIN)).translate(_MARKS)
    return "".join(c for c in parts if not unicodedata.combining(c)).replace("aa", "a")


@lru_cache(maxsize=50_000)
def sound_out(word: str) -> str:
    """A folded word as it sounds, roughly: words that sound alike are equal."""
    for written, heard in _SOUNDS:
        word = word.replace(written, heard)
    word = _SILENT.sub("", word)
    return f"{word[:-1]}v" if word.endswith("f") else word


def compare_forms(one: Form, other: Form) -> Difference | None:
    """How two full forms differ; ``None`` where nothing hints at one person. Symmetric."""
    short, long = sorted((one, other), key=lambda form: (len(form), form))
    if "".join(short) == "".join(long):
        return "letters"
    if len(short) == len(long) and (pair := find_odd_pair(short, long)) is not None:
        told = _compare_words(*pair[1:])
        if told is not None:
            return told
    if short[-1] == long[-1] and _opens_alike(short[0], long[0]):
        left = _leave_out(short, long)
        if left is not None:
            return "initial" if all(len(word) == 1 for word in left) else "middle"
    if len(short) == len(long):
        return None
    if long[-len(short) :] == short:
        return "part"
    return "surname" if long[: len(short)] == short else None


def find_odd_pair(one: Form, other: Form) -> tuple[int, str, str] | None:
    """The place and the words in which two forms of one length differ, if it is one place."""
    odd = [(at, a, b) for at, (a, b) in enumerate(zip(one, other, strict=True)) if a != b]
    return odd[0] if len(odd) == 1 else None


@lru_cache(maxsize=2_000)
def list_own_keys(form: Form) -> frozenset[int]:
    """Under these a full form is looked up by longer ones that it may stand for, and by its like.

    Two forms that differ as ``compare_forms`` has it share a key: one among the own keys of the
    shorter, and among ``list_all_keys`` of the longer.
    """
    return frozenset(_hash(key) for key in (*_list_like(form), f"< {' '.join(form)}"))


@lru_cache(maxsize=2_000)
def list_all_keys(form: Form) -> frozenset[int]:
    """The own keys, and those of the forms that may be short for this one."""
    parts = [form[at:] for at in range(1, len(form) - 1)]
    parts += [form[:at] for at in range(2, len(form))]
    keys = [f"< {' '.join(part)}" for part in parts] + [f"- {form[0][0]} {form[-1]}"]
    return list_own_keys(form) | frozenset(map(_hash, keys))


def _list_like(form: Form) -> Iterator[str]:
    yield f"= {''.join(form)}"
    yield f"- {form[0]} {form[-1]}"
    for at, word in enumerate(form):
        rest = f"{len(form)} {at} {' '.join((*form[:at], *form[at + 1 :]))}"
        yield f"~ {rest} {sound_out(word)}"
        if len(word) >= _MIN_SPELT - 1:
            yield f"? {rest} {word}"
            for gone in range(len(word)):  # symmetric deletion: Garbe's SymSpell, 2012
                yield f"? {rest} {word[:gone]}{word[gone + 1 :]}"


def _hash(key: str) -> int:
    return int.from_bytes(blake2b(key.encode(), digest_size=8).digest(), "big", signed=True)


def _compare_words(one: str, other: str) -> Difference | None:
    if sound_out(one) == sound_out(other):
        return "sound"
    if max(len(one), len(other)) < _MIN_SPELT or one[0] != other[0]:
        return None
    return "letter" if _differ_by_one(one, other) else None


def _differ_by_one(one: str, other: str) -> bool:
    """Whether two different words differ by one letter, or by two neighbours' order."""
    short, long = sorted((one, other), key=len)
    at = 0
    while at < len(short) and short[at] == long[at]:
        at += 1
    if len(short) < len(long):
        return short[at:] == long[at + 1 :]
    swapped = short[at : at + 2] == long[at : at + 2][::-1] and short[at + 2 :] == long[at + 2 :]
    return swapped or short[at + 1 :] == long[at + 1 :]


def _opens_alike(one: str, other: str) -> bool:
    """Whether two words may be one: equal, or one is the other's initial."""
    return one == other or (min(len(one), len(other)) == 1 and one[0] == other[0])


def _leave_out(short: Form, long: Form) -> list[str] | None:
    """The words of ``long`` that ``short`` lacks; ``None`` where it has others."""
    left, at = [], 0
    for word in long:
        if at < len(short) and _opens_alike(short[at], word):
            at += 1
        else:
            left.append(word)
    return left if at == len(short) else None
