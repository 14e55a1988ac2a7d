"""Texts of feeds: HTML to one plain line, plain text to HTML, and what to believe of an excerpt."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from html import escape, unescape
from itertools import islice
from typing import Literal
from urllib.parse import urljoin, urlsplit

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
# WordPress ends every entry with this, in the language of the site. It begins where its first words
# stand last: an article may begin with "The post office", too.
_THE_POST = r"\b(?:The post|Innlegget|Inlägget|Indlægget|Der Beitrag) "
_APPEARED_FIRST = re.compile(
    rf"{_THE_POST}(?:(?!{_THE_POST}).){{1,300}} (?:appeared first on|dukket først opp på|"
    r"dukka først opp på|dök först upp på|blev først udgivet på|erschien zuerst auf) .{1,200}$"
)

# A text that breaks off: dots, in brackets or not, and such signs as lead to the rest of it.
_DOTS = re.compile(r"\s*(?:[\[(]\s*(?:…|\.{2,5})\s*[\])]|…|\.{3})[\s»›>→+()\[\]]*$")
# A last line that says where the rest is. Ours.
_READ_ON = re.compile(
    r"\b(?:(?:lese?|læse?|läsa?|read|see)\b.{0,20}?\b(?:hele|heile|hela|resten|whole|full|rest|entire)"
    r"|continue reading|weiterlesen|(?:ganzen|vollständigen) artikel|lire la suite|lees verder)\b",
    re.IGNORECASE,
)
_READ_ON_LENGTH = 100
_WORD = re.compile(r"\w")

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

# A piece of a line, and the address that it links to.
_Piece = tuple[str, str | None]

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
    return [_join(pieces) for pieces in _split_lines(text)]


def _split_lines(text: str) -> list[list[_Piece]]:
    """The lines of a piece of HTML that have a text, in pieces that are links or are none."""
    plain: list[list[_Piece]] = [[(unescape(text), None)]]
    if "<" not in text:
        return [line for line in plain if _join(line)]
    try:
        parser = html.HTMLParser(encoding="utf-8", remove_comments=True, remove_pis=True)
        data = f"<div>{_CONTROL.sub('', text)}</div>".encode("utf-8", "replace")
        tree = html.document_fromstring(data, parser=parser)
    except (etree.ParserError, etree.XMLSyntaxError):
        return [line for line in plain if _join(line)]
    etree.strip_elements(tree, *_UNSEEN, with_tail=False)
    lines: list[list[_Piece]] = [[]]
    link = None
    for event, element in etree.iterwalk(tree, events=("start", "end")):
        is_start = event == "start"
        if element.tag == "a":
            link = element.get("href", "") if is_start else None
        elif element.tag not in _INLINE:
            lines.append([])
        piece = element.text if is_start else element.tail
        if piece:
            lines[-1].append((piece, link))
    return [line for line in lines if _join(line)]


def _join(line: Iterable[_Piece]) -> str:
    return normalize_line("".join(text for text, _ in line))


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
    to the page, or says that the rest is elsewhere: then the page tells which has the article.
    """
    lines = _split_lines(content)
    if lines and (rest := _APPEARED_FIRST.sub("", last := _join(lines[-1]))) != last:
        lines[-1:] = [[(rest, None)]] if rest.strip() else []
    leads_on = reads_on = False
    while lines:
        line, text = lines[-1], _join(lines[-1])
        before = _cut_links(line)
        is_label = len(text) < _LABEL_LENGTH and not text.endswith((".", "!", "?"))
        if _DOTS.search(_join(before)) or (
            _DOTS.search(text) and (is_label or not _is_only_links(line))
        ):
            return "teaser"
        leads_on |= any(_is_address_of(link, url) for _, link in line[len(before) :])
        is_notice = len(text) <= _READ_ON_LENGTH and _READ_ON.search(text) is not None
        reads_on |= is_notice
        if not (is_label or is_notice or _is_only_links(line)):
            break
        lines.pop()  # "Les mer", the name of a photographer
    told = [_join(line) for line in lines if not _is_only_links(line)]
    length = sum(map(len, told))
    paragraphs = sum(len(line) >= _LABEL_LENGTH for line in told)
    if not told or length <= _MORE_THAN_LEAD * len(lead or ""):
        return "teaser"
    if length >= _WHOLE_ARTICLE and paragraphs >= _ARTICLE_PARAGRAPHS:
        return "doubtful" if reads_on or (leads_on and length < _LONG_ARTICLE) else "whole"
    is_much = length >= _MAYBE_ARTICLE and paragraphs >= _MAYBE_PARAGRAPHS
    return "doubtful" if is_much else "teaser"


def _cut_links(line: list[_Piece]) -> list[_Piece]:
    """A line without the links that it ends in."""
    end = len(line)
    for index in reversed(range(len(line))):
        text, link = line[index]
        if link is not None:
            end = index
        elif _WORD.search(text):
            break
    return line[:end]


def _is_only_links(line: Iterable[_Piece]) -> bool:
    """Whether a line has no word that is not a link's, and so is none of an article's text."""
    return not any(link is None and _WORD.search(text) for text, link in line)


def _is_address_of(link: str | None, url: str | None) -> bool:
    """Whether ``link`` leads to the page at ``url``, whatever it asks for and wherever on it."""
    if not link or url is None:
        return False
    try:
        one, other = urlsplit(urljoin(url, link.strip())), urlsplit(url)
    except ValueError:
        return False
    return (one.netloc, one.path.rstrip("/")) == (other.netloc, other.path.rstrip("/"))


def is_whole_article(content: str, lead: str | None) -> bool:
    """Whether a feed's ``content`` (HTML) is the whole article; ``judge_content`` tells more."""
    return judge_content(content, lead) == "whole"
