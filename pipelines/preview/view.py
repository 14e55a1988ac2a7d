"""What a preview shows, before it is known where: lines with marks, fields with origins."""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import accumulate, count

from newsbeam.pipelines.missing import explain_language
from newsbeam.pipelines.preview.examine import Examination, ExaminedLine
from newsbeam.transforms.records import (
    Article,
    BlockKind,
    Document,
    Metadata,
    Quote,
    Rejection,
    Statement,
)
from newsbeam.transforms.settings.source import Source
from newsbeam.transforms.text.counts import show_count

_DATES_FROM = {
    "json": "the row's own field",
    "json_day": "the row's own field, day only",
    "jsonld": "JSON-LD",
    "meta": "a meta tag",
    "time_tag": "a <time> tag",
    "text": "a line by the headline",
    "feed": "the feed",
    "url_day": "the address, day only",
    "text_day": "a line by the headline, day only",
    "feed_day": "the feed, day only",
}


@dataclass(frozen=True, slots=True)
class Mark:
    """A stretch of a line: an entity with its ``label``, or part of the ``quote`` th quote or the
    ``statement`` th reported statement (from 1). Offsets are code points of the line, end
    exclusive."""

    start: int
    end: int
    label: str | None = None
    quote: int | None = None
    statement: int | None = None


@dataclass(frozen=True, slots=True)
class ShownLine:
    """A line with its marks. ``rule`` is what takes it out, if anything. ``quotes`` and
    ``statements`` are those that begin in it, by number."""

    text: str
    rule: str | None
    kind: BlockKind | None
    marks: tuple[Mark, ...] = ()
    quotes: tuple[tuple[int, Quote], ...] = ()
    statements: tuple[tuple[int, Statement], ...] = ()


@dataclass(frozen=True, slots=True)
class Field:
    """Something that is known of the article, and how."""

    name: str
    value: str
    origin: str | None = None


@dataclass(frozen=True, slots=True)
class View:
    """All that a preview shows. ``lines`` are in order; ``structure`` are lines that the page's
    structure tells from the article, whose place is not known. ``article`` is what is kept, if it
    is."""

    title: str
    fields: tuple[Field, ...]
    lines: tuple[ShownLine, ...]
    structure: tuple[ShownLine, ...]
    rejection: Rejection | None
    summary: tuple[str, ...]
    article: Article | None = None


def make_view(examination: Examination, source: Source) -> View:
    """``examination``, by the settings of ``source``, for people to look at."""
    article = examination.article
    lines = [line for line in examination.lines if line.kind is not None]
    structure = [line for line in examination.lines if line.kind is None]
    return View(
        title=_find_title(examination),
        fields=(*_list_field(examination), _describe_source(source)),
        lines=tuple(_mark_lines(lines, article)),
        structure=tuple(ShownLine(line.text, line.rule, line.kind) for line in structure),
        rejection=examination.rejection,
        summary=tuple(_summarize(examination)),
        article=article,
    )


def view_rejection(rejection: Rejection, source: Source) -> View:
    """An item that could not even be read."""
    fields = (Field("origin", rejection.origin), _describe_source(source))
    return View(rejection.origin, fields, (), (), rejection, ())


def describe_quote(quote: Quote) -> str:
    """Who said it, in a line: the speaker with the role, the cue."""
    speaker = quote.speaker or "speaker not found"
    role = f", {quote.speaker_role}" if quote.speaker_role else ""
    cue = f" (cue: {quote.cue})" if quote.cue else ""
    return f"{speaker}{role}{cue}{' in a heading' if quote.is_heading else ''}"


def describe_statement(statement: Statement) -> str:
    """Who is reported to have said it, in a line: the speaker, the cue."""
    speaker = statement.speaker or "speaker not found"
    return f"{speaker} (reported: {statement.cue})"


def _find_title(examination: Examination) -> str:
    document, article = examination.document, examination.article
    title = article.metadata.title if article else document.given.title or document.hints.title
    return title or "(no title)"


def _mark_lines(lines: list[ExaminedLine], article: Article | None) -> Iterator[ShownLine]:
    kept = [len(line.text) for line in lines if line.rule is None]
    starts = list(accumulate((length + 1 for length in kept), initial=0))[:-1]
    quotes = list(enumerate(article.quotes, 1)) if article else []
    statements = list(enumerate(article.statements, 1)) if article else []
    marks = _cut_marks(article, quotes, starts, kept)
    begun: dict[int, list[tuple[int, Quote]]] = defaultdict(list)
    for number, quote in quotes:
        begun[bisect_right(starts, quote.start) - 1].append((number, quote))
    reported: dict[int, list[tuple[int, Statement]]] = defaultdict(list)
    for number, statement in statements:
        reported[bisect_right(starts, statement.start) - 1].append((number, statement))
    place = count()
    for line in lines:
        if line.rule is not None:
            yield ShownLine(line.text, line.rule, line.kind)
            continue
        at = next(place)
        begins = tuple(begun[at]), tuple(reported[at])
        yield ShownLine(line.text, None, line.kind, tuple(marks[at]), *begins)


def _cut_marks(
    article: Article | None,
    quotes: list[tuple[int, Quote]],
    starts: list[int],
    lengths: list[int],
) -> dict[int, list[Mark]]:
    """The marks of each kept line, by its number: an entity or quote may go over several."""
    stretches = [Mark(e.start, e.end, label=e.label) for e in article.entities] if article else []
    for number, quote in quotes:
        pieces = [(s.start, s.end) for s in quote.segments] or [(quote.start, quote.end)]
        stretches += [Mark(start, end, quote=number) for start, end in pieces]
    for number, said in enumerate(article.statements if article else (), 1):
        pieces = [(s.start, s.end) for s in said.segments] or [(said.start, said.end)]
        stretches += [Mark(start, end, statement=number) for start, end in pieces]
    marks: dict[int, list[Mark]] = defaultdict(list)
    for mark in stretches:
        at = max(bisect_right(starts, mark.start) - 1, 0)
        while at < len(starts) and starts[at] < mark.end:
            start = max(mark.start - starts[at], 0)
            end = min(mark.end - starts[at], lengths[at])
            if start < end:
                marks[at].append(replace(mark, start=start, end=end))
            at += 1
    return marks


def _list_field(examination: Examination) -> Iterator[Field]:
    document, article = examination.document, examination.article
    provenance = document.provenance
    metadata = article.metadata if article else document.given
    yield from _list_known(metadata, document)
    if article is not None:
        stated = metadata.language
        how = f"the page says {stated}; decided on the text" if stated else "decided on the text"
        yield Field("language", article.language, how)
    yield Field("origin", provenance.origin)
    if provenance.fetched_at is not None:
        yield Field("fetched", _show_instant(provenance.fetched_at))


def _list_known(metadata: Metadata, document: Document) -> Iterator[Field]:
    def field(name: str, key: str, value: str | None, origin: str | None = None) -> Iterator[Field]:
        if value:
            is_given = bool(getattr(document.given, key))
            origin = origin or ("given with the item" if is_given else None)
            yield Field(name, value, origin)

    yield from field("url", "url", metadata.url)
    yield from field("authors", "authors", ", ".join(metadata.authors))
    if metadata.published_at is not None:
        evidence = _DATES_FROM.get(metadata.published_at_from or "", metadata.published_at_from)
        written = metadata.published_at_text
        origin = f"{evidence}: {written}" if written else evidence
        yield Field("published", _show_instant(metadata.published_at), origin)
    if metadata.modified_at is not None:
        yield from field("modified", "modified_at", _show_instant(metadata.modified_at))
    yield from field("section", "section", metadata.section)
    yield from field("tags", "tags", ", ".join(metadata.tags))
    yield from field("image", "image_url", metadata.image_url)
    if metadata.paywalled is not None:
        yield from field("paywalled", "paywalled", "yes" if metadata.paywalled else "no")


def _describe_source(source: Source) -> Field:
    language = f"language {source.language}" if source.language else "language as found"
    own = f"{show_count(len(source.clean.rules), 'rule')} of its own"
    return Field("source", source.id, f"{language}, {own}, {source.timezone}")


def _summarize(examination: Examination) -> Iterator[str]:
    article, lines = examination.article, examination.lines
    if article is not None:
        kept = len(article.blocks)
        yield f"kept: {show_count(kept, 'line')}, {show_count(len(article.text.split()), 'word')}"
    rules = Counter(line.rule for line in lines if line.rule is not None)
    if rules:
        named = ", ".join(f"{rule} {count}" for rule, count in rules.most_common())
        yield f"removed: {show_count(rules.total(), 'line')} ({named})"
    if article is not None:
        if examination.missing:
            yield explain_language(article.language, examination.missing)
        labels = Counter(entity.label for entity in article.entities)
        named = ", ".join(f"{label} {count}" for label, count in labels.most_common())
        yield f"entities: {labels.total()}" + (f" ({named})" if named else "")
        speakers = {quote.speaker for quote in article.quotes if quote.speaker}
        yield f"quotes: {len(article.quotes)}, of {show_count(len(speakers), 'speaker')}"
        sources = {statement.speaker for statement in article.statements if statement.speaker}
        yield f"statements: {len(article.statements)}, of {show_count(len(sources), 'speaker')}"


def _show_instant(instant: datetime) -> str:
    return f"{instant.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"
