"""Whether two headlines with their texts tell one story: what is kept of a text to judge that.

A sketch is the number of a text's distinct runs of five words, and the least of their hashes
(a bottom-k sketch; Broder 1997). Two texts are compared by those of the shorter one's hashes that
the longer one's sketch would have, too, if the text had them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from hashlib import blake2b

from newsbeam.transforms.text.characters import squeeze

_RUN_WORD = re.compile(r"\w+")
_TITLE_WORD = re.compile(r"[^\W\d_]{4,}")
# Ours: words in a run, hashes that are kept, their hex digits.
_WORDS, _KEPT, _DIGITS = 5, 32, 8
# Ours: runs below which a text says too little to judge, and hashes that must be compared.
_LEAST, _COMPARED = 30, 6
# So much of the words of the shorter title in the other: two headlines of one story. Ours.
_TITLE_SHARE = 0.5
# So much of the runs of the shorter text in the other: two versions of one text, whatever is
# written above it; and under headlines that may be of one story. Ours: reports that are written to
# one pattern have up to half in common.
_TEXT_SHARE, _TITLED_SHARE = 0.75, 0.6


@dataclass(frozen=True, slots=True)
class Telling:
    """A headline and the sketch of a text (``sketch_text``); ``None``: not known."""

    title: str | None = None
    sketch: str | None = None


def sketch_text(text: str) -> str:
    """What is kept of ``text``: 8 hex digits of a number and up to 32 hashes."""
    words = _RUN_WORD.findall(text.casefold())
    runs = {" ".join(words[at : at + _WORDS]) for at in range(len(words) - _WORDS + 1)}
    hashes = sorted({_hash(run) for run in runs})
    return f"{len(hashes):0{_DIGITS}x}" + "".join(hashes[:_KEPT])


def find_share(one: str, other: str) -> float | None:
    """How much of the shorter of two texts is in the other, by their sketches (0 to 1); ``None``
    where they say too little."""
    (size, small), (_, large) = sorted(map(_read, (one, other)))
    # Of a longer text, a sketch has no hashes beyond its last one.
    ends = [kept[-1] for number, kept in map(_read, (one, other)) if number > len(kept) > 0]
    seen = [at for at in small if not ends or at <= min(ends)]
    if size < _LEAST or len(seen) < _COMPARED:
        return None
    return len(set(seen).intersection(large)) / len(seen)


def has_common_title(one: str | None, other: str | None) -> bool:
    """Whether two headlines may be of one story: half of the words of the shorter one."""
    if squeeze(one or "") == squeeze(other or ""):
        return True
    words = [set(_TITLE_WORD.findall((title or "").casefold())) for title in (one, other)]
    shorter = min(map(len, words))
    return bool(shorter) and len(words[0] & words[1]) >= _TITLE_SHARE * shorter


def may_tell_one_story(one: Telling, other: Telling) -> bool:
    """Whether two articles may be one; they may where what was kept of one is not known."""
    if one.sketch is None or other.sketch is None:
        return True
    is_common = has_common_title(one.title, other.title)
    share = find_share(one.sketch, other.sketch)
    if share is None:
        return is_common
    return share >= (_TITLED_SHARE if is_common else _TEXT_SHARE)


def _read(sketch: str) -> tuple[int, list[str]]:
    kept = [sketch[at : at + _DIGITS] for at in range(0, len(sketch), _DIGITS)]
    return int(kept[0], 16), kept[1:]


def _hash(run: str) -> str:
    return blake2b(run.encode("utf-8", "surrogatepass"), digest_size=_DIGITS // 2).hexdigest()
