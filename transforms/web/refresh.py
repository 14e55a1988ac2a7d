"""Where a page sends its reader on by itself (HTML, "Attributes of http-equiv", refresh)."""

from __future__ import annotations

import re
from html import unescape

_HEAD_BYTES = 8_192
# A longer wait means a page that is read, and made anew. Ours.
_LONGEST_WAIT = 10
_ASIDE = re.compile(rb"<(noscript|script|style)\b.*?</\1\s*>|<!--.*?-->", re.DOTALL | re.IGNORECASE)
_META = re.compile(rb"<meta\b[^>]*>", re.IGNORECASE)
_IS_REFRESH = re.compile(r"""\bhttp-equiv\s*=\s*["']?refresh\b""", re.IGNORECASE)
_CONTENT = re.compile(r"""\bcontent\s*=\s*(?:"([^"]*)"|'([^']*)')""", re.IGNORECASE)
_TARGET = re.compile(
    r"""\s*(\d{1,4})(?:\.\d*)?\s*[;,]\s*+(?:url\s*=\s*)?+["']?([^"']+)""", re.IGNORECASE
)


def find_refresh(body: bytes) -> str | None:
    """The address, as written, to which the page leads on within ten seconds, if it does."""
    for found in _META.finditer(_ASIDE.sub(b"", body[:_HEAD_BYTES])):
        tag = unescape(found[0].decode("utf-8", "replace"))
        if not _IS_REFRESH.search(tag) or not (content := _CONTENT.search(tag)):
            continue
        target = _TARGET.match(content[1] or content[2] or "")
        if target and int(target[1]) <= _LONGEST_WAIT:
            return target[2].strip() or None
    return None
