"""A preview as one HTML page that needs nothing else: no scripts, no network."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator
from typing import Any

from lxml import html
from lxml.html import builder as tag

from pipelines.preview.spans import Piece, cut_text
from pipelines.preview.view import Field, Mark, ShownLine, View, describe_quote, group_label
from pipelines.terminal_text import show_safe

_STYLE = """
:root { color-scheme: light dark; --ground: #fdfdfb; --ink: #1c1c1e; --faint: #5c5c62;
  --line: #d8d8d4; --removed: #9b1c1c; --removed-ground: #fbeaea; --quote: #e3f2e4;
  --per: #cfe6fb; --org: #fbe9b7; --loc: #ecd9f7; --other: #e3e3e6; }
@media (prefers-color-scheme: dark) { :root { --ground: #17181a; --ink: #ececee; --faint: #a9a9b0;
  --line: #3a3b3f; --removed: #ff9b9b; --removed-ground: #3a1d1f; --quote: #1d3a24;
  --per: #1b4468; --org: #5a4710; --loc: #4b2d60; --other: #45464b; } }
body { background: var(--ground); color: var(--ink); max-width: 46rem; margin: 2rem auto;
  padding: 0 1rem; font: 1.0625rem/1.55 system-ui, sans-serif; overflow-wrap: anywhere; }
h1 { font-size: 1.6rem; line-height: 1.25; }
h2 { font-size: 1.1rem; border-top: 1px solid var(--line); padding-top: 1rem; margin-top: 2rem; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .2rem 1rem; font-size: .9rem; }
dt { color: var(--faint); } dd { margin: 0; }
small, .told { color: var(--faint); }
a { color: inherit; }
.line { margin: .7rem 0; } .heading { font-weight: 700; } .lead { font-size: 1.15rem; }
.removed { color: var(--removed); background: var(--removed-ground); padding: .2rem .5rem;
  border-inline-start: .25rem solid var(--removed); font-size: .95rem; }
.rule { font: .8rem ui-monospace, monospace; margin-inline-end: .5rem; }
mark { color: inherit; border-radius: .2rem; padding: 0 .1rem; background: var(--other); }
mark.per { background: var(--per); } mark.org { background: var(--org); }
mark.loc { background: var(--loc); }
mark.quote { background: var(--quote); }
sub { font-size: .65em; } ul.told { font-size: .9rem; margin: .2rem 0 0; list-style: none; }
.rejected { border: 2px solid var(--removed); padding: .5rem 1rem; }
"""
# All that the page may load is its own style, known by its hash (CSP 3, 6.7.3.3).
_STYLE_HASH = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
_POLICY = (
    f"default-src 'none'; style-src 'sha256-{_STYLE_HASH}'; base-uri 'none'; form-action 'none'"
)


def make_page(view: View) -> str:
    """``view`` as an HTML document. It is built as a tree, so that no text can become markup."""
    title = show_safe(view.title)
    body: list[Any] = [tag.H1(title), tag.DL(*_list_field(view))]
    if view.rejection is not None:
        reason = f"Rejected in the stage {view.rejection.stage}: {view.rejection.reason}"
        body.append(tag.DIV(
            tag.STRONG(show_safe(reason)), tag.P(show_safe(view.rejection.detail)),
            {"class": "rejected", "role": "alert"},
        ))  # fmt: skip
    if view.summary:
        body.append(tag.P("; ".join(map(show_safe, view.summary)), {"class": "told"}))
    if view.lines:
        body += [tag.H2("Lines"), *map(_build_line, view.lines)]
    if view.structure:
        body.append(tag.H2("Taken out by the page's structure"))
        body.append(tag.P("Where these stood is not told.", {"class": "told"}))
        body += map(_build_line, view.structure)
    page = tag.HTML(
        tag.HEAD(
            tag.META(charset="utf-8"),
            tag.META({"http-equiv": "Content-Security-Policy", "content": _POLICY}),
            tag.META(name="viewport", content="width=device-width, initial-scale=1"),
            tag.META(name="referrer", content="no-referrer"),
            tag.TITLE(f"{title} – newsbeam preview"),
            tag.STYLE(_STYLE),
        ),
        tag.BODY(tag.E.main(*body)),
        lang="en",
    )
    text: str = html.tostring(page, encoding="unicode", doctype="<!doctype html>")
    return text + "\n"


def _list_field(view: View) -> Iterator[Any]:
    for field in view.fields:
        yield tag.DT(field.name)
        yield tag.DD(*_build_value(field))


def _build_value(field: Field) -> Iterator[Any]:
    value = show_safe(field.value)
    if field.link is None:
        yield value
    else:
        yield tag.A(value, href=field.link, rel="noreferrer noopener nofollow")
    if field.origin:
        yield tag.SMALL(f" ({show_safe(field.origin)})")


def _build_line(line: ShownLine) -> Any:
    if line.rule is not None:
        rule = tag.SPAN(f"removed: {show_safe(line.rule)}", {"class": "rule"})
        return tag.DIV(rule, tag.DEL(show_safe(line.text)), {"class": "line removed"})
    pieces = cut_text(line.text, [(mark.start, mark.end) for mark in line.marks])
    content: list[Any] = [part for piece in pieces for part in _build_piece(piece, line.marks)]
    if line.quotes:
        told = [f"{number} {show_safe(describe_quote(quote))}" for number, quote in line.quotes]
        content.append(tag.UL(*map(tag.LI, told), {"class": "told"}))
    return tag.DIV(*content, {"class": f"line {line.kind or ''}".strip()})


def _build_piece(piece: Piece, marks: tuple[Mark, ...]) -> Iterator[Any]:
    """The innermost mark is an entity's; a quote lies around it."""
    part: Any = show_safe(piece.text)
    covering = [marks[number] for number in piece.spans]
    label = next((mark.label for mark in reversed(covering) if mark.label), None)
    if label is not None:
        part = tag.E.mark(part, {"class": group_label(label).lower(), "title": show_safe(label)})
    quote = next((mark.quote for mark in reversed(covering) if mark.quote is not None), None)
    if quote is not None:
        part = tag.E.mark(part, {"class": "quote", "title": f"quote {quote}"})
    yield part
    for number in piece.ends:
        mark = marks[number]
        yield tag.SUB(show_safe(mark.label) if mark.label else str(mark.quote))
