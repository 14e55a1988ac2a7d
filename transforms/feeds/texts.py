"""Texts of feeds: HTML to one plain line, plain text to HTML, and what to believe of an excerpt."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from html import escape, unescape
from itertools import islice
from typing import Literal

from lxml import etree, html

from newsbeam.transforms.text.characters import normalize_line, squeeze

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
# What content has to have for its page not to be asked for: ours. So many code points of text...
_WHOLE_ARTICLE = 1_000
# ... in three lines of at least so many, and so many times the length of the summary.
_LABEL_LENGTH = 40
_MORE_THAN_LEAD = 1.5
# With so much text in two lines it may be a short article, or the beginning of a longer one. Beyond
# so much, a link to the page is no sign that there is more. Ours.
_MAYBE_ARTICLE, _MAYBE_PARAGRAPHS = 400, 2
_LONG_ARTICLE = 3_000
_LAST_LINK = re.compile(
    r"""<a\s[^<>]{0,500}?\bhref\s*=\s*["']?([^"'\s<>]{1,2000})""", re.IGNORECASE
)


ContentKind = Literal["whole", "doubtful", "teaser"]


@dataclass(frozen=True, slots=True)
class Texts:
    """What an entry has of its article: the lead (a line), its HTML, and that HTML's words."""

    lead: str | None = None
    content: str | None = None
    words: str = ""


NO_TEXTS = Texts()


def read_html_line(text: str) -> str:
    """Return the text of a piece of HTML as one line, without markup, references resolved."""
    return normalize_line(" ".join(list_html_lines(text)))


def list_html_lines(text: str) -> list[str]:
    """Return the lines of a piece of HTML, as a browser would break them, without markup."""
    if "<" not in text:
        return [line] if (line := normalize_line(unescape(text))) else []
    try:
        parser = html.HTMLParser(encoding="utf-8", remove_comments=True, remove_pis=True)
        data = f"<div>{_CONTROL.sub('', text)}</div>".encode("utf-8", "replace")
        tree = html.document_fromstring(data, parser=parser)
    except (etree.ParserError, etree.XMLSyntaxError):
        return [line] if (line := normalize_line(unescape(text))) else []
    etree.strip_elements(tree, *_UNSEEN, with_tail=False)
    lines: list[list[str]] = [[]]
    for event, element in etree.iterwalk(tree, events=("start", "end")):
        if element.tag not in _INLINE:
            lines.append([])
        piece = element.text if event == "start" else element.tail
        if piece:
            lines[-1].append(piece)
    return [line for pieces in lines if (line := normalize_line("".join(pieces)))]


def read_plain_line(text: str) -> str:
    """Return a plain text as one line. Character references, escaped twice, are resolved."""
    return normalize_line(_REFERENCE.sub(lambda found: unescape(found[0]), text))


def read_title_line(text: str) -> str:
    """Return a title that may be HTML or plain text, as nobody says, as one line.

    It is HTML where it has a tag that titles are set with; a plain "<canvas>" stays.
    """
    return read_html_line(text) if has_line_tag(text) else read_plain_line(text)


def list_lines(texts: Iterable[str]) -> tuple[str, ...]:
    """Return texts, plain or of HTML, as lines, each once, at most 100."""
    lines = (read_title_line(text) for text in texts)
    return tuple(islice(dict.fromkeys(line for line in lines if line), _MOST_LINES))


def has_line_tag(text: str) -> bool:
    """Whether ``text`` has a tag of HTML that titles and summaries are set with."""
    return _LINE_TAG.search(text) is not None


def html_to_line(text: str) -> str:
    """Return a text that is HTML, or plain text with character references, as HTML."""
    return text if "<" in text else escape_text(unescape(text))


def escape_text(text: str) -> str:
    """Return a plain text as HTML: blank lines part its paragraphs, or else every line is one."""
    parts = _BLANK_LINE.split(text) if _BLANK_LINE.search(text.strip()) else text.split("\n")
    return "".join(f"<p>{escape(part.strip(), quote=False)}</p>" for part in parts if part.strip())


def choose_texts(
    title: str | None, summary: str | None, content: str | None, *, has_page: bool = True
) -> Texts:
    """Return the lead and the article's HTML, out of what an entry has of them.

    ``summary`` and ``content`` are HTML, ``title`` is a line. Of two texts the longer one is the
    article, whatever the feed calls them; a summary alone is the article where it is as long as
    one, or where the entry has no page (``has_page``) that would say more. A lead that says what
    the title or the article says, is as long as an article, or is the article's beginning broken
    off by dots, is none.
    """
    lead, body = read_html_line(summary or ""), read_html_line(content or "")
    lead = _APPEARED_FIRST.sub("", lead).rstrip()
    if body and len(lead) > len(body) and not _is_same(lead, body):
        lead, body, content = body, lead, summary
    elif not body or _is_same(lead, body):
        one, body, content = content if body else summary, "", None
        if one and (not has_page or is_article(one, lead)):
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
    return len(line) >= _ARTICLE_LENGTH or (
        len(line) >= _SHORT_ARTICLE_LENGTH and len(list_html_lines(text)) >= _ARTICLE_PARAGRAPHS
    )


def judge_content(content: str, lead: str | None, url: str | None = None) -> ContentKind:
    """Whether a feed's ``content`` (HTML) is the whole article, whose page is at ``url``.

    What counts is the text that would be stored: so many code points, in so many lines that are
    more than a label or a link, that do not break off and say more than the summary does. It is
    ``doubtful`` where it has less of that, but more than a teaser has, and where it ends in a link
    to the page: then the page tells which of them has the article.
    """
    lines = list_html_lines(content)
    labels = 0
    while lines and (len(lines[-1]) < _LABEL_LENGTH and not lines[-1].endswith((".", "!", "?"))):
        if lines[-1].endswith(("…", "...", "[…]", "[...]")):
            return "teaser"
        lines.pop()  # "Les mer", the name of a photographer
        labels += 1
    length = sum(len(line) for line in lines)
    paragraphs = sum(len(line) >= _LABEL_LENGTH for line in lines)
    if not lines or _DOTS.search(lines[-1]) or length <= _MORE_THAN_LEAD * len(lead or ""):
        return "teaser"
    if length >= _WHOLE_ARTICLE and paragraphs >= _ARTICLE_PARAGRAPHS:
        leads_on = labels and length < _LONG_ARTICLE and _ends_in_link(content, url)
        return "doubtful" if leads_on else "whole"
    is_much = length >= _MAYBE_ARTICLE and paragraphs >= _MAYBE_PARAGRAPHS
    return "doubtful" if is_much else "teaser"


def _ends_in_link(content: str, url: str | None) -> bool:
    """Whether the last words of ``content`` are a link to ``url``."""
    start = content.lower().rfind("<a ")
    if url is None or start < 0 or len(read_html_line(content[start:])) > _LABEL_LENGTH:
        return False
    link = _LAST_LINK.match(content, start)
    return link is not None and unescape(link[1]).split("?")[0] == url.split("?")[0]


def is_whole_article(content: str, lead: str | None) -> bool:
    """Whether a feed's ``content`` (HTML) is the whole article; ``judge_content`` tells more."""
    return judge_content(content, lead) == "whole"
