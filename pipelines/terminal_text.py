"""Text of strangers, made safe to show in a terminal."""

from __future__ import annotations

import json
import re

# What a terminal obeys or does not show: control characters (Cc), format characters (Cf), lone
# surrogates (Cs), separators of lines and paragraphs (Zl, Zp), and whatever else Unicode calls
# Default_Ignorable_Code_Point (DerivedCoreProperties.txt of Unicode 16). Written out, as asking
# `unicodedata` about a million characters would take longer than `newsbeam --help` may.
_HIDDEN = (
    "\x00-\x1f\x7f-\x9f\u00ad\u034f\u0600-\u0605\u061c\u06dd\u070f\u0890\u0891\u08e2\u115f\u1160"
    "\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2028-\u202e\u2060-\u206f\u3164\ud800-\udfff"
    "\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\U000110bd\U000110cd\U00013430-\U0001343f"
    "\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
)
_IS_HIDDEN = re.compile(f"[{_HIDDEN}]")
# The flags of England, Scotland and Wales are a black flag and the letters of a region, as tags
# (UTS #51, emoji tag sequences).
_PIECE = re.compile(
    f"(\U0001f3f4[\U000e0030-\U000e0039\U000e0061-\U000e007a]{{3,6}}\U000e007f)|(\r\n)|[{_HIDDEN}]"
)
_SOFT_HYPHEN = "\u00ad"
_JOINERS = frozenset("\u200c\u200d")
# Colours, and how the Rust libraries below Delta Lake show what caused an error: a line for each.
_COLOUR = re.compile(r"\x1b\[[\d;]*m")
_CAUSE_LINE = re.compile(r"\s*\n\s*↳\s*")
_VARIATION_SELECTORS = re.compile("[\ufe00-\ufe0f\U000e0100-\U000e01ef]")
# The last character of Latin scripts' usual blocks: joiners mean nothing between those.
_LAST_LATIN = "\u02ff"


def show_safe(text: str, *, keep_newlines: bool = False) -> str:
    """Return ``text`` so that a terminal shows all of it and obeys none of it.

    Every character that commands a terminal, turns the direction of writing or cannot be seen
    becomes ``<U+XXXX>``, its code point: one form for all, which the reader can look up, and of
    plain ASCII. An escape sequence loses its first character so, and the rest of it is text.
    Line feeds and tabs are such characters too; with ``keep_newlines``, line feeds stay (and
    CR LF becomes one).

    What writing needs stays: a soft hyphen within a word, a joiner between two characters that
    are not Latin (emoji, Persian, Indic scripts), one variation selector behind a character.
    Doing it twice changes nothing. The result can be encoded as UTF-8.
    """
    if text.isascii() and text.isprintable():
        return text

    def stand_in(found: re.Match[str]) -> str:
        flag, line_end = found.groups()
        if flag:
            return flag
        if line_end:
            return "\n" if keep_newlines else "<U+000D><U+000A>"
        character = found[0]
        if (keep_newlines and character == "\n") or _is_needed(text, found.start()):
            return character
        return f"<U+{ord(character):04X}>"

    return _PIECE.sub(stand_in, text)


def join_causes(text: str) -> str:
    """Return ``text``, in which a library may tell causes, in one line and without colours."""
    return _CAUSE_LINE.sub(": ", _COLOUR.sub("", text)).rstrip() if "↳" in text else text


def escape_json(text: str) -> str:
    """Return the JSON ``text`` with each such character as JSON's own escape (``\\u202e``).

    It says the same, and can be looked at in a terminal. Line feeds and tabs between values stay.
    """
    return _IS_HIDDEN.sub(_escape, text)


def _escape(found: re.Match[str]) -> str:
    # Within a string, JSON has no raw control characters: these stand between values.
    return found[0] if found[0] in "\n\r\t" else json.dumps(found[0])[1:-1]


def _is_needed(text: str, at: int) -> bool:
    """Whether the hidden character at ``at`` is part of how its neighbours are written."""
    character, before, after = text[at], text[at - 1 : at], text[at + 1 : at + 2]
    if not before:
        return False
    if _VARIATION_SELECTORS.match(character):
        return not (before.isspace() or _IS_HIDDEN.match(before))
    if character == _SOFT_HYPHEN:
        return before.isalnum() and after.isalnum()
    if character in _JOINERS:
        if _VARIATION_SELECTORS.match(before):
            return _is_needed(text, at - 1) and _is_joined(after)
        return _is_joined(before) and _is_joined(after)
    return False


def _is_joined(character: str) -> bool:
    return character > _LAST_LATIN and not _IS_HIDDEN.match(character)
