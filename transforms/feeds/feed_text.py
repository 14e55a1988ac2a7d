"""Texts of feeds: HTML to one plain line, plain text to HTML, and what to believe of an excerpt."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from html import escape, unescape
from itertools import islice

from lxml import etree, html

from transforms.characters import normalize_line, squeeze

# Elements that HTML sets inside a line; all others end one (html.spec.whatwg.org, section 4.5).
_INLINE = frozenset(
    "a abbr b bdi bdo cite code data del dfn em font i ins kbd mark q ruby rp rt s samp small span"
    " strong sub sup time tt u var wbr".split()
)
_UNSEEN = ("script", "style", "template", "noscript", "iframe")
_REFERENCE = re.compile(r"&(?:#\d{1,7}|#[xX][0-9A-Fa-f]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});")
_LINE_TAG = re.compile(
    r"</?(?:a|abbr|b|big|br|cite|code|del|div|em|font|h[1-6]|i|img|ins|mark|p|q|s|small|span|strike|"
    r"strong|sub|sup|tt|u|wbr)(?=[\s/>])[^<>]*>",
    re.IGNORECASE,
)
_BLANK_LINE = re.compile(r"\n\s*\n")
_MOST_LINES = 100
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
# WordPress ends every entry with this, in the language of the site.
_APPEARED_FIRST = re.compile(
    r"(?:The post|Innlegget|Inlägget|Indlægget) .{1,300} (?:appeared first on|dukket først opp på|"
    r"dukka først opp på|dök först upp på|blev først udgivet på) .{1,200}$"
)

_DOTS = re.compile(r"\s*(?:\[(?:…|\.\.\.)\]|…|\.\.\.)$")

# What a description has to have to be the article itself and not a summary: ours, above what
# papers put into one (the longest standfirsts are of some 600 code points).
_ARTICLE_LENGTH = 1_500
_SHORT_ARTICLE_LENGTH = 700
_ARTICLE_PARAGRAPHS = 3
_PARAGRAPH_END = re.compile(r"</p\s*>|<br\s*/?>\s*<br\s*/?>", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Texts:
    """What an entry has of its article: the lead (a line), its HTML, and that HTML's words."""

    lead: str | None = None
    content: str | None = None
    words: str = ""


NO_TEXTS = Texts()


def read_html_line(text: str) -> str:
    """Return the text of a piece of HTML as one line, without markup, references resolved."""
    if "<" not in text:
        return normalize_line(unescape(text))
    try:
        parser = html.HTMLParser(encoding="utf-8", remove_comments=True, remove_pis=True)
        data = f"<div>{_CONTROL.sub('', text)}</div>".encode("utf-8", "replace")
        tree = html.document_fromstring(data, parser=parser)
    except (etree.ParserError, etree.XMLSyntaxError):
        return normalize_line(unescape(text))
    etree.strip_elements(tree, *_UNSEEN, with_tail=False)
    pieces: list[str] = []
    for event, element in etree.iterwalk(tree, events=("start", "end")):
        if element.tag not in _INLINE:
            pieces.append(" ")
        piece = element.text if event == "start" else element.tail
        if piece:
            pieces.append(piece)
    return normalize_line("".join(pieces))


def read_plain_line(text: str) -> str:
    """Return a plain text as one line. Character references, escaped twice, are resolved."""
    return normalize_line(_REFERENCE.sub(lambda found: unescape(found[0]), text))


def read_title_line(text: str) -> str:
    """Return a title that may be HTML or plain text, as nobody says, as one line.

    It is HTML where it has a tag that titles are set with; a plain "<canvas>" stays.
    """
    return read_html_line(text) if has_line_tag(text) else read_plain_line(text)


def list_lines(texts: Iterable[str]) -> tuple[str, ...]:
    """Return plain texts as lines, each once, at most 100."""
    lines = (read_plain_line(text) for text in texts)
    return tuple(islice(dict.fromkeys(line for line in lines if line), _MOST_LINES))


def has_line_tag(text: str) -> bool:
    """Whether ``text`` has a tag of HTML that titles and summaries are set with."""
    return _LINE_TAG.search(text) is not None


def read_html(text: str) -> str:
    """Return a text that is HTML, or plain text with character references, as HTML."""
    return text if "<" in text else escape_text(unescape(text))


def escape_text(text: str) -> str:
    """Return a plain text as HTML: blank lines part its paragraphs, or else every line is one."""
    parts = _BLANK_LINE.split(text) if _BLANK_LINE.search(text.strip()) else text.split("\n")
    return "".join(f"<p>{escape(part.strip(), quote=False)}</p>" for part in parts if part.strip())


def choose_texts(title: str | None, summary: str | None, content: str | None) -> Texts:
    """Return the lead and the article's HTML, out of what an entry has of them.

    ``summary`` and ``content`` are HTML, ``title`` is a line. Of two texts the longer one is the
    article, whatever the feed calls them; a summary alone is the article where it is as long as
    one. A lead that says what the title or the article says, is as long as an article, or is the
    article's beginning broken off by dots, is none.
    """
    lead, body = read_html_line(summary or ""), read_html_line(content or "")
    lead = _APPEARED_FIRST.sub("", lead).rstrip()
    if body and len(lead) > len(body) and not _is_same(lead, body):
        lead, body, content = body, lead, summary
    elif not body or _is_same(lead, body):
        one, body, content = content if body else summary, "", None
        if one and is_article(one, lead):
            lead, body, content = "", lead, one
    if _is_same(lead, title or "") or len(lead) >= _ARTICLE_LENGTH:
        lead = ""
    if (cut := _DOTS.sub("", lead)) != lead and squeeze(body).startswith(squeeze(cut)):
        lead = ""
    if not body or _is_same(body, title or ""):
        body, content = "", None
    return Texts(lead or None, content, body)


def _is_same(one: str, other: str) -> bool:
    """Whether two lines have the same words. Very different lengths save the comparison."""
    return 2 * len(one) + 20 > len(other) > len(one) / 2 - 20 and squeeze(one) == squeeze(other)


def is_article(text: str, line: str) -> bool:
    """Whether the HTML ``text``, of which ``line`` is the plain text, is a whole article's."""
    paragraphs = len(_PARAGRAPH_END.findall(text))
    return len(line) >= _ARTICLE_LENGTH or (
        len(line) >= _SHORT_ARTICLE_LENGTH and paragraphs >= _ARTICLE_PARAGRAPHS
    )
