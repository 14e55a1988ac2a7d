"""From a raw document to an article: its metadata, its lines, its language."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from zoneinfo import ZoneInfo

from lxml import etree

from newsbeam.transforms.extract.body_text import ExtractorFault
from newsbeam.transforms.extract.front_page import is_declared, is_front_page, list_teasers
from newsbeam.transforms.extract.metadata import fill_metadata, merge_metadata, read_metadata
from newsbeam.transforms.extract.notices import find_notice, judge_notice
from newsbeam.transforms.extract.page_text import extract_text, open_with_lead
from newsbeam.transforms.extract.page_tree import PageTooLargeError, parse_page
from newsbeam.transforms.records import Article, Block, Document, Metadata, Rejection, RemovedLine
from newsbeam.transforms.settings.source import ExtractSettings, Source
from newsbeam.transforms.text.characters import normalize_line, squeeze
from newsbeam.transforms.text.encoding import decode_html, decode_text
from newsbeam.transforms.text.languages import check_language, detect_language

# Ours: of the 111 headlines of the saved pages, the longest has 151 code points.
_LONGEST_TITLE = 200
_LONGEST_SENTENCE_TITLE = 100
_TWO_SENTENCES = re.compile(r"[.!?]\s+\S.*\.$")
_DEFAULTS = ExtractSettings()
_NOTICES = {
    "error_page": "the page says that it is not there, or not for machines",
    "login_page": "the page asks to log in",
    "consent_page": "the page asks to agree to what a site stores of its readers",
}
_MARKUP = re.compile(r"<[a-zA-Z!/?]")


def extract_article(
    document: Document,
    *,
    language: str | None,
    timezone: ZoneInfo,
    settings: ExtractSettings = _DEFAULTS,
) -> Article | Rejection:
    """Return the article that ``document`` holds, or why there is none.

    ``language`` is the source's language, where configured; it goes before the one that came
    with the document and before what a page states. ``timezone`` is the source's: times
    without an offset are its. What came beside the body (``document.given``) wins over what the
    body says, field by field; ``document.hints`` fill what neither knows, as ``fill_metadata``
    tells. A standfirst in the hints is only looked for on the page, as its own description is.

    ``settings`` say where on its pages the source has its text. The lines are those of the source:
    nothing of it is cleaned away yet but what a page's structure tells, and that is in
    ``removed`` as ``extract_text`` says. Reasons of rejection:
    ``undecodable``, ``no_text``, ``front_page``, ``error_page``, ``login_page``, ``consent_page``,
    ``not_html``, ``too_deep``, ``too_complex``, ``failed_parse``, ``failed_extraction``.
    """
    if document.media_type == "text/html":
        return _extract_page(document, language, timezone, settings)
    return _extract_text(document, language)


def extract_articles(
    documents: Iterable[Document], sources: Mapping[str, Source]
) -> Iterator[Article | Rejection]:
    """``extract_article`` of each document, as its source (by id) is configured."""
    for document in documents:
        source = sources[document.provenance.source]
        yield extract_article(
            document,
            language=source.language,
            timezone=ZoneInfo(source.timezone),
            settings=source.extract,
        )


def split_text(text: str, title: str | None = None) -> tuple[str | None, list[Block]]:
    """Return the title and the lines of a plain text.

    ``title`` is the title where it is known; a first line that repeats it is not one of the
    lines. Otherwise a first line that a blank line follows is the title, unless it reads like
    prose: over 200 code points, or a full stop behind over 100 or behind a second sentence. A
    text of a single line has no title.

    A line is ``isolated`` if a blank line stands before it, provided that the text does not
    set its lines apart so anyway, that is, blank ones are at most half of its line breaks.
    """
    lines: list[Block] = []
    breaks: list[bool] = []
    blank = False
    for raw in text.splitlines():
        line = normalize_line(raw)
        if line:
            breaks += [blank] if lines else []
            lines.append(Block(line, isolated=blank))
        blank = not line
    if title is not None:
        consumed = bool(lines) and squeeze(lines[0].text) == squeeze(title)
    else:
        consumed = bool(breaks) and breaks[0] and _reads_as_title(lines[0].text)
        title = lines[0].text if consumed else None
    if consumed:
        lines, breaks = lines[1:], breaks[1:]
    is_sparse = 2 * sum(breaks) > len(breaks)
    marked = [
        replace(line, isolated=line.isolated and not is_sparse and place > 0)
        for place, line in enumerate(lines)
    ]
    return title, marked


def _extract_text(document: Document, language: str | None) -> Article | Rejection:
    body = document.body
    text = body if isinstance(body, str) else decode_text(body, document.charset)
    if text is None:
        return _reject(
            document,
            "undecodable",
            "these bytes are no text in any likely encoding; is it a binary file, or truncated? "
            "Convert it to UTF-8.",
        )
    given, hints = document.given, document.hints
    title, blocks = split_text(text, given.title or hints.title)
    if not blocks:
        return _reject(document, "no_text", "nothing but white space or a title; is it empty?")
    if given.lead:
        blocks = open_with_lead(blocks, given.lead)
    found = Metadata(title=title, url=document.provenance.url)
    metadata = merge_metadata(given, found)
    return _build(document, metadata, blocks, language or given.language, hints.language)


def _extract_page(
    document: Document, language: str | None, timezone: ZoneInfo, settings: ExtractSettings
) -> Article | Rejection:
    body = document.body
    text = body if isinstance(body, str) else decode_html(body, document.charset)
    if not text.strip():
        return _reject(document, "no_text", "the page is empty; fetch it again")
    if not _MARKUP.search(text):
        return _reject(
            document,
            "not_html",
            "it is said to be HTML and has no tag; is it another format, or plain text?",
        )
    given, hints = document.given, document.hints
    try:
        tree = parse_page(text)
        # lxml makes an element's Python object anew in each walk, unless somebody holds it.
        _held = list(tree.iter())
        page = read_metadata(
            tree,
            document.provenance.url,
            timezone,
            latest=document.provenance.fetched_at,
            entry_title=hints.title,
        )
        is_told = settings.body_xpath or is_declared(tree)
        teasers = [] if is_told else list_teasers(tree)
        notice = None if is_told else find_notice(tree, page.title)
        blocks, removed = extract_text(
            tree,
            given.title or page.title or hints.title,
            given.lead or page.lead or hints.lead,
            given.authors or page.authors or hints.authors,
            settings,
            given.published_at or page.published_at or hints.published_at,
        )
    except PageTooLargeError as fault:
        return _reject(document, fault.reason, f"{fault}; is it broken, hostile, or no article?")
    except etree.LxmlError as fault:
        return _reject(document, "failed_parse", f"lxml: {type(fault).__name__}: {fault}")
    except ExtractorFault as fault:
        return _reject(document, "failed_extraction", f"trafilatura: {fault}")
    if not blocks:
        return _reject(
            document,
            "no_text",
            "no article text on the page; is it a front page, a video, a consent or log-in wall, "
            f"or filled in by scripts?{_tell_cuts(removed)}",
        )
    if other := judge_notice(notice, blocks):
        return _reject(
            document,
            other,
            f"{_NOTICES[other]}; was it saved in place of an article? Fetch it again",
        )
    if is_front_page(teasers, blocks):
        return _reject(
            document,
            "front_page",
            f"the text is the teasers of other stories ({len(teasers)} on the page): a front page, "
            "or a section's",
        )
    if given.lead:
        blocks = open_with_lead(blocks, given.lead)
    # A description that is not printed is no standfirst.
    printed = blocks[0].text if blocks[0].kind == "lead" else None
    metadata = merge_metadata(given, replace(page, lead=printed))
    stated = page.language or hints.language
    article = _build(document, metadata, blocks, language or given.language, stated)
    # A page says itself what a paragraph is.
    return replace(article, removed=tuple(removed), layout="paragraphs")


def _build(
    document: Document,
    metadata: Metadata,
    blocks: list[Block],
    known_language: str | None,
    stated_language: str | None,
) -> Article:
    text = "\n".join(block.text for block in blocks)
    if known_language:
        decided = detect_language(text, known_language)
    else:
        decided = check_language(text, stated_language)
    return Article(
        document.provenance, fill_metadata(metadata, document.hints), tuple(blocks), decided
    )


def _reads_as_title(line: str) -> bool:
    if len(line) > _LONGEST_TITLE:
        return False
    is_sentence = line.endswith(".") and not line.endswith("..")
    return not (
        is_sentence and (len(line) > _LONGEST_SENTENCE_TITLE or _TWO_SENTENCES.search(line))
    )


def _tell_cuts(removed: Iterable[RemovedLine]) -> str:
    """What was taken out of a page, as the end of a rejection's detail."""
    counts = Counter(line.rule for line in removed)
    told = ", ".join(f"{count} by `{step}`" for step, count in counts.most_common())
    return f" Lines taken out of it: {told}" if told else ""


def _reject(document: Document, reason: str, detail: str) -> Rejection:
    provenance = document.provenance
    return Rejection(
        provenance.source, "extract", reason, detail, provenance.origin, provenance.request
    )
