"""What of a page cannot be its article, told by structure alone and taken out beforehand."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from functools import lru_cache

from lxml import html

from newsbeam.transforms.extract.page_cuts import Cut, cut_elements, drop_element
from newsbeam.transforms.extract.page_lines import is_comment_name
from newsbeam.transforms.settings.xpaths import list_chosen_elements
from newsbeam.transforms.text.characters import normalize_line, squeeze

# Never text of an article; taken out first, since every later step copies and walks the tree.
_NO_TEXT_TAGS = ("script", "style", "noscript", "template", "svg", "iframe", "canvas", "object")
_HEADINGS = frozenset({"h2", "h3", "h4", "h5", "h6"})
_LISTS = frozenset({"ul", "ol", "dl", "nav", "menu"})
_LINK_BLOCKS = ("p", "li", "span", *sorted(_LISTS))
_WRAPPERS = frozenset({"form", "fieldset", "aside", "dialog"})
_BOX_HEADING_TAGS = ("strong", "b", "p", "span", "div", "summary", "button")
_BOXES = ("div", "section", "aside", "figure", "details")
# Words for readers of screens only, which the page hides by a class (names from the WAI, Bootstrap
# and WordPress), and texts that open over a word of a sentence.
_UNSEEN_CLASS = re.compile(
    r"(?:^|[\s_-])(?:visually-?hidden|sr-only|screen-?reader(?:-text)?|tooltip|popover)"
    r"(?:$|[\s_-])|_definition_",
    re.IGNORECASE,
)
# Controls of video players, by the names that their makers give them.
_PLAYER_CLASS = re.compile(
    r"(?:^|[\s_-])(?:vjs|video-?js|jw-?player|jw|mejs|plyr|bmpui|shaka)(?:$|[\s_-])", re.IGNORECASE
)
# Boxes beside an article, by the names that content systems give them.
_BOX_CLASS = re.compile(
    r"(?:^|[\s_-])(?:facts?-?box|fakta-?(?:boks|box|ruta|rute)|info-?box|newsletter|nyhetsbrev)",
    re.IGNORECASE,
)
# Boxes by their heading: facts, and summaries by a machine.
_BOX_HEADING = re.compile(
    r"(?:kort fortalt|kortversjon(?:en)?|kort oppsummert|kort sagt|kort sammendrag|"
    r"kort om saken|i korthet|"
    r"(?:saken|saka) (?:kort )?(?:oppsummert|fortalt)|oppsummert|oppsummering|sammendrag|samandrag|"
    r"sammanfattning|sammenfatning|resumé|key points|summary|ai summary|"
    r"fakta(?:boks|ruta)?)\W*|fakta(?: om\b|:).{1,60}",
    re.IGNORECASE,
)
_BY_MACHINE = re.compile(
    r"\b(?:KI|AI|ChatGPT|OpenAI|kunstig intelligens|artificiell intelligens|"
    r"artificial intelligence)\b"
)
# Ours, all of the following: tried on half of the saved pages, in steps.
_LONGEST_UNSEEN = 400
_LONGEST_LINKS = 250
_LONGEST_HEADING = 60
_LINK_SHARE = 0.75
_TEASER_SHARE = 0.5
_INLINE_LINKS = 3
_BOX_SHARE = 0.25
_SHORTEST_PROSE = 80
_SENTENCE_ENDS = tuple(".!?…")
_SENTENCE_WORDS = 6
# How pages in many languages send readers to other stories.
_READ_ALSO = re.compile(
    r"\W*(?:les|se|hør|læs|läs|lesen sie|mehr|weitere?|auch|read|see|more|also|related|don.t miss|"
    r"lee|leer|lire|à lire|leggi|leia|czytaj|lees)\b",
    re.IGNORECASE,
)
_HOST = re.compile(r"(?:https?:)?//(?:[^/?#@]*@)?([^/?#:]+)", re.IGNORECASE)


def prune_body(tree: html.HtmlElement) -> list[Cut]:
    """Take out of a page or a piece of one (changed in place) what is no text of an article.

    In this order, by the steps' names: ``hidden``, short texts that the page does not show,
    tooltips and definitions among them; ``box``, boxes of facts and summaries; ``links``, blocks of
    links with the heading over them. Nothing that holds an h1 is taken out.
    """
    unseen = drop_unseen(tree)
    _open_buttons(tree)
    return [*unseen, *drop_box(tree), *drop_links(tree)]


def drop_chosen(tree: html.HtmlElement, expressions: Iterable[str]) -> list[Cut]:
    """Take out what a source's ``prune_xpath`` expressions choose, whatever it holds."""
    cuts = []
    for expression in expressions:
        for element in list_chosen_elements(tree, expression):
            if element.tag != "body":
                cuts.append(Cut("prune_xpath", element, element.getparent()))
                element.drop_tree()
    return cuts


def drop_untexted(tree: html.HtmlElement) -> None:
    """Take out scripts, styles, drawings and frames."""
    for element in list(tree.iter(*_NO_TEXT_TAGS)):
        drop_element(element)


def open_wrappers(tree: html.HtmlElement, heading: html.HtmlElement | None) -> None:
    """Make what holds the headline, and the page itself, plain: some systems put a form around all
    of a page, and opinion pieces are called comments."""
    around = [] if heading is None else heading.iterancestors()
    for element in dict.fromkeys([*tree.iter("html", "body"), *around]):
        if element.tag in _WRAPPERS:
            element.tag = "div"
        for name in ("class", "id"):
            if is_comment_name(value := element.get(name, "")):
                words = (word for word in value.split() if not is_comment_name(word))
                element.set(name, " ".join(words))


def drop_unseen(tree: html.HtmlElement) -> list[Cut]:
    """Take out texts of up to 400 code points that are hidden, and the controls of players; longer
    ones may be the article, which some pages hide until a script has run. Panels that a reader
    opens by a button of the page are shown."""
    opened: set[str] | None = None
    unseen = []
    body = next(tree.iter("body"), tree)
    for element in body.iterdescendants("*"):
        name, role = element.get("class"), element.get("role")
        if element.get("hidden") is not None:
            if opened is None:
                opened = set(tree.xpath("//@aria-controls", smart_strings=False))
            if element.get("id") in opened or role in ("tabpanel", "region"):
                _show(element)
                continue
        elif role != "tooltip" and not (name and _is_unseen_class(name)):
            continue
        unseen.append(element)
    short = (e for e in unseen if len(e.text_content()) <= _LONGEST_UNSEEN)
    return cut_elements("hidden", short)


def _open_buttons(tree: html.HtmlElement) -> None:
    """Make the buttons in headings text: they open the panels under them."""
    for button in list(tree.iter("button")):
        if next(button.iterancestors(*_HEADINGS), None) is not None:
            button.drop_tag()


def drop_box(tree: html.HtmlElement) -> list[Cut]:
    """Take out boxes, by their class, or by a heading such as "Kort fortalt" or "Fakta om brua"
    that comes first in them, over a list. All together are at most a quarter of the page's text:
    what is larger stays."""
    left = _BOX_SHARE * len(tree.text_content())
    boxes = [e for e in tree.iter(*_BOXES) if (name := e.get("class")) and _is_box_class(name)]
    for element in tree.iter(*_HEADINGS, *_BOX_HEADING_TAGS):
        text = element.text if len(element) == 0 else None
        if text and _BOX_HEADING.fullmatch(normalize_line(text)):
            boxes += [box for box in [_find_box(element)] if box is not None]
    cuts = []
    for box in boxes:
        size = len(box.text_content())
        if size <= left and (cut := cut_elements("box", [box])):
            cuts += cut
            left -= size
    return cuts


def drop_links(tree: html.HtmlElement) -> list[Cut]:
    """Take out blocks of links, and what heads nothing else.

    Those are lists with three quarters of their text in links, or half of it where every item
    has one (teasers with a kicker); paragraphs and items of up to 250 code points with three
    quarters; and three links or more that open over a word of a sentence. What an article itself
    links to stays: a paragraph among others that is a sentence, a list whose links lead to other
    sites.
    """
    cuts = []
    links = list(tree.iter("a"))
    lengths = {link: _count(link) for link in links}
    own = _find_site(tree, links)
    linked: dict[html.HtmlElement, int] = {}
    for link, length in lengths.items():
        for element in link.iterancestors(*_LINK_BLOCKS):
            linked[element] = linked.get(element, 0) + length
    dense = [e for e, length in linked.items() if length and _is_dense(e, length)]
    contents = {e: _is_content(e, own) for e in dict.fromkeys(map(_find_whole, dense))}
    for element in [e for e in dense if not contents[_find_whole(e)]]:
        before = element.getprevious()
        if cut := cut_elements("links", [element]):
            cuts += cut
            if before is not None and _heads_nothing(before):
                cuts += cut_elements("links", [before])
    return cuts


@lru_cache(maxsize=10_000)  # a page has few classes and many elements of each
def _is_unseen_class(name: str) -> bool:
    return (_UNSEEN_CLASS.search(name) or _PLAYER_CLASS.search(name)) is not None


@lru_cache(maxsize=10_000)
def _is_box_class(name: str) -> bool:
    return _BOX_CLASS.search(name) is not None


def _show(element: html.HtmlElement) -> None:
    for name in ("hidden", "aria-hidden", "style"):
        element.attrib.pop(name, None)


def _find_box(heading: html.HtmlElement) -> html.HtmlElement | None:
    """The smallest element around a box's heading that holds more than it, if it begins with the
    heading and is a list, without prose but a note on the machine that wrote it."""
    key = squeeze(heading.text_content())
    for element in heading.iterancestors(*_BOXES):
        text = squeeze(element.text_content())
        if len(text) > len(key):
            is_box = text.startswith(key) and element.find(".//li") is not None
            return element if is_box and not any(map(_is_prose, element.iter("p"))) else None
    return None


def _is_prose(paragraph: html.HtmlElement) -> bool:
    text = normalize_line(paragraph.text_content())
    is_item = next(paragraph.iterancestors("li"), None) is not None
    return not is_item and len(text) >= _SHORTEST_PROSE and not _BY_MACHINE.search(text)


def _is_dense(element: html.HtmlElement, linked: int) -> bool:
    """Whether a block is made of links, which have ``linked`` code points together."""
    tag = element.tag
    if tag == "span":
        return _is_link_span(element, linked)
    own = _count(element)
    if not own or (own > _LONGEST_LINKS and tag in ("p", "li")):
        return False
    share = linked / own
    if share >= _LINK_SHARE or tag not in _LISTS or share < _TEASER_SHARE:
        return share >= _LINK_SHARE
    items = element.findall("li")
    return len(items) > 1 and all(item.find(".//a") is not None for item in items)


def _is_link_span(element: html.HtmlElement, linked: int) -> bool:
    """Whether a span is made of three links or more, and is the innermost one that is: around it
    stands the word, which may be a link too."""
    if len(element.findall(".//a")) < _INLINE_LINKS or linked < _LINK_SHARE * _count(element):
        return False
    inner = element.iterdescendants("span")
    return not any(len(span.findall(".//a")) >= _INLINE_LINKS for span in inner)


def _find_whole(element: html.HtmlElement) -> html.HtmlElement:
    """The list of an item; of what is none, itself."""
    while element.tag == "li" and (parent := element.getparent()) is not None:
        element = parent
    return element


def _is_content(element: html.HtmlElement, own: str | None) -> bool:
    """Whether a block of links is what an article says, not where its site goes on; ``own`` is the
    page's site. Items are as their list is."""
    before = element.getprevious()
    if element.tag == "p":
        text = normalize_line(element.text_content())
        is_sentence = text[-1:] in _SENTENCE_ENDS and len(text.split()) >= _SENTENCE_WORDS
        return is_sentence and any(_is_paragraph(e) for e in (before, element.getnext()))
    if element.tag not in ("ul", "ol"):
        return False
    intro = normalize_line(before.text_content()) if _is_paragraph(before) else ""
    if intro.endswith(":"):
        return len(intro.split()) >= _SENTENCE_WORDS and not _READ_ALSO.match(intro)
    return all(_leads_outward(link, own) for link in element.iter("a"))


def _is_paragraph(element: html.HtmlElement | None) -> bool:
    return element is not None and element.tag == "p"


def _find_site(tree: html.HtmlElement, links: Sequence[html.HtmlElement]) -> str | None:
    """The site of a page: of its canonical address, else what most of its links lead to."""
    for link in tree.iter("link"):
        if (link.get("rel") or "").lower() == "canonical" and (site := _read_site(link)):
            return site
    sites = Counter(site for link in links if (site := _read_site(link)))
    return max(sites, key=sites.__getitem__, default=None)


def _leads_outward(link: html.HtmlElement, own: str | None) -> bool:
    """Whether a link leads to another site, and nobody has paid for it."""
    is_paid = "sponsored" in (link.get("rel") or "").lower()
    return not is_paid and _read_site(link) not in (None, own)


def _read_site(link: html.HtmlElement) -> str | None:
    """The last two labels of the host that a link leads to; none of a relative one."""
    match = _HOST.match(link.get("href") or "")
    return ".".join(match[1].lower().split(".")[-2:]) if match else None


def _heads_nothing(element: html.HtmlElement) -> bool:
    """Whether an element is a heading, or a short line like one, with nothing left under it."""
    after = element.getnext()
    if (element.tail or "").strip():
        return False
    if element.tag in _HEADINGS:
        return after is None or after.tag in _HEADINGS
    if element.tag not in ("p", "div", "strong", "b", "span"):
        return False
    text = normalize_line(element.text_content())
    if not 0 < len(text) <= _LONGEST_HEADING or text[-1] in ".!?":
        return False
    bold = "".join(e.text_content() for e in element.iter("strong", "b"))
    return text[-1] == ":" or normalize_line(bold) == text or after is None


def _count(element: html.HtmlElement) -> int:
    text = element.text_content() if len(element) else element.text or ""
    return len(" ".join(text.split()))
