"""Characters: what a line of text may hold, and what counts when two are compared."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from contextlib import suppress

# The marks that Norwegian text puts around and before what somebody says.
DASHES = "-–—―‒"
OPENING_MARKS = "«“„\"”‘‚'"
CLOSING_MARKS = "»”“\"’‘'"
# "Lars' båt": behind them an apostrophe may be a genitive's, though it looks like a closing mark.
SIBILANTS = "sxzSXZ"
# Small letters of the Latin alphabets, for character classes of patterns.
LOWER_LETTERS = "".join(filter(str.islower, map(chr, range(0x250))))
# Invisible characters that tell a browser where to break a line or which way to write. The
# zero-width (non-)joiners stay: Persian, Indic scripts and emoji are misspelt without them.
_JOINERS = frozenset("\u200c\u200d")


class _Dropped(dict[int, int | None]):
    """A table for ``str.translate``, which learns of a character when it first sees it: going
    through all of Unicode would take longer than all else that a command needs to start.
    """

    def __missing__(self, code: int) -> int | None:
        character = chr(code)
        # Cc control, Cf format, Cs lone surrogates, which no file can hold
        is_dropped = (
            unicodedata.category(character) in ("Cc", "Cf", "Cs")
            and not character.isspace()
            and character not in _JOINERS
        )
        return self.setdefault(code, None if is_dropped else code)


_DROPPED = _Dropped()
# What most lines of Western languages can be written in, one byte a character: quotation marks and
# dashes too, which Latin-1 lacks.
_WESTERN = "cp1252"


def normalize_line(text: str) -> str:
    """Return ``text`` as one line: NFC, runs of white space one space, none at the edges.

    Control characters, soft hyphens, zero-width spaces and other invisible characters are
    dropped. The words stay as they are. Doing it twice changes nothing.
    """
    text = " ".join(text.split())
    if not text.isprintable():
        text = " ".join(text.translate(_DROPPED).split())
    return unicodedata.normalize("NFC", text)


def squeeze(text: str) -> str:
    """Return the letters and digits of ``text`` in small letters, for telling lines alike."""
    try:
        line = text.encode(_WESTERN)
    except UnicodeEncodeError:
        return _squeeze_any(text)
    if line.translate(None, _PLAIN):
        return _squeeze_any(text)
    return line.translate(_SMALL, _NO_LETTERS).decode(_WESTERN)


def _squeeze_any(text: str) -> str:
    return "".join(filter(str.isalnum, unicodedata.normalize("NFKC", text).casefold()))


def _list_western() -> Iterator[tuple[int, str]]:
    for code in range(256):
        with suppress(UnicodeDecodeError):
            yield code, bytes([code]).decode(_WESTERN)


_SQUEEZED = {code: _squeeze_any(character) for code, character in _list_western()}
_NO_LETTERS = bytes(code for code, squeezed in _SQUEEZED.items() if not squeezed)
# Not "ß" or "½", which become several, nor "µ", which becomes a Greek letter.
_OF_ONE = {
    code: squeezed.encode(_WESTERN)
    for code, squeezed in _SQUEEZED.items()
    if len(squeezed.encode(_WESTERN, "ignore")) == 1 == len(squeezed)
}
_PLAIN = _NO_LETTERS + bytes(_OF_ONE)
# Ten times as fast as asking each character.
_SMALL = bytes(_OF_ONE.get(code, b" ")[0] for code in range(256))
