"""A preview in the terminal, in colours or, where there are none, with brackets."""

from __future__ import annotations

from collections.abc import Iterator

from rich.console import Console
from rich.text import Text

from newsbeam.pipelines.preview.spans import Piece, cut_text
from newsbeam.pipelines.preview.view import (
    Field,
    Mark,
    ShownLine,
    View,
    describe_quote,
    describe_statement,
)
from newsbeam.pipelines.report.name_kinds import tell_name_kind
from newsbeam.pipelines.terminal_text import show_safe

_LABEL_STYLES = {
    "person": "bold cyan",
    "organisation": "bold yellow",
    "place": "bold magenta",
    "other": "bold blue",
}
_QUOTE_STYLE = "italic green"
_STATEMENT_STYLE = "underline green"
_RULE_STYLE = "bold red"
_REMOVED_STYLE = "red strike"
_MARGINS = {"heading": "# ", "lead": "> "}
# Ours: long enough for prose, short enough to find the next line.
_WIDEST = 100


def print_view(view: View, console: Console) -> None:
    """Print ``view``. In the margin, ``x`` marks a line that is removed, behind it the rule;
    ``#`` a heading, ``>`` the standfirst. Without colours ``[…]PER`` is an entity, ``{…}1`` the
    first quote and ``<…>1`` the first reported statement; who speaks stands below the line."""
    is_plain = console.no_color or console.color_system is None
    width = min(console.width, _WIDEST) if console.is_terminal else None
    printer = _Printer(console, width)
    printer.add(Text(show_safe(view.title), style="bold"))
    for field in view.fields:
        printer.add(_show_field(field), is_whole=True)
    if view.lines:
        printer.add(Text())
        for line in view.lines:
            printer.add_line(line, is_plain)
    if view.structure:
        printer.add(Text("\nTaken out by the page's structure (where it stood is not told):"))
        for line in view.structure:
            printer.add_line(line, is_plain)
    printer.add(Text())
    if view.rejection is not None:
        rejection = view.rejection
        head = Text.assemble(("rejected", _RULE_STYLE), f" in the stage {rejection.stage}: ")
        printer.add(head.append(show_safe(rejection.reason), "bold"))
        printer.add(Text(show_safe(rejection.detail)), Text("  "))
    for text in view.summary:
        printer.add(Text(show_safe(text)))
    if not is_plain and any(line.rule or line.marks for line in view.lines):
        printer.add(_explain_colours(view.lines))


class _Printer:
    """Prints texts, broken to ``width`` columns; ``None``: not broken."""

    def __init__(self, console: Console, width: int | None) -> None:
        self._console = console
        self._width = width

    def add(self, text: Text, margin: Text | None = None, *, is_whole: bool = False) -> None:
        """Print ``text`` behind ``margin``, which its other lines are indented by. A ``whole`` one
        is not broken: long addresses can be copied so."""
        margin = margin or Text()
        if self._width is None or is_whole or not text.plain:
            self._print(Text.assemble(margin, text))
            return
        for number, part in enumerate(text.wrap(self._console, self._width - len(margin))):
            part.rstrip()
            self._print(Text.assemble(" " * len(margin) if number else margin, part))

    def add_line(self, line: ShownLine, is_plain: bool) -> None:
        mark = "x " if line.rule is not None else _MARGINS.get(line.kind or "", "  ")
        self.add(_show_line(line, is_plain), Text(mark, _RULE_STYLE if line.rule else "bold"))
        for number, quote in line.quotes:
            self.add(Text(show_safe(describe_quote(quote)), "green"), Text(f"    {number} "))
        for number, statement in line.statements:
            described = Text(show_safe(describe_statement(statement)), "green")
            self.add(described, Text(f"   <{number}> "))

    def _print(self, text: Text) -> None:
        self._console.print(text, soft_wrap=True, highlight=False)


def _show_field(field: Field) -> Text:
    text = Text.assemble((f"{field.name:<10}", "dim"), " ", show_safe(field.value))
    if field.origin:
        text.append(f"  ({show_safe(field.origin)})", "dim")
    return text


def _show_line(line: ShownLine, is_plain: bool) -> Text:
    if line.rule is not None:
        rule = f"[{show_safe(line.rule)}]"
        return Text.assemble((rule, _RULE_STYLE), " ", (show_safe(line.text), _REMOVED_STYLE))
    text = Text()
    pieces = cut_text(line.text, [(mark.start, mark.end) for mark in line.marks])
    for piece in pieces:
        if is_plain:
            text.append("".join(_bracket(piece, line.marks)))
        else:
            style = "bold " if line.kind == "heading" else ""
            text.append(show_safe(piece.text), style + _choose_style(piece, line.marks))
            text.append("".join(_number(piece, line.marks)), "dim green")
    return text


def _bracket(piece: Piece, marks: tuple[Mark, ...]) -> Iterator[str]:
    for number in piece.begins:
        mark = marks[number]
        yield "[" if mark.label else "{" if mark.quote else "<"
    yield show_safe(piece.text)
    for number in piece.ends:
        mark = marks[number]
        if mark.label:
            yield f"]{show_safe(mark.label)}"
        else:
            yield f"}}{mark.quote}" if mark.quote else f">{mark.statement}"


def _number(piece: Piece, marks: tuple[Mark, ...]) -> Iterator[str]:
    for number in piece.ends:
        mark = marks[number]
        if mark.quote is not None:
            yield f" {mark.quote}"
        elif mark.statement is not None:
            yield f" <{mark.statement}>"


def _choose_style(piece: Piece, marks: tuple[Mark, ...]) -> str:
    """An entity's colour wins over a quote's, whose slant stays."""
    covering = [marks[number] for number in piece.spans]
    labels = [mark.label for mark in covering if mark.label]
    styles = [_QUOTE_STYLE] if any(mark.quote for mark in covering) else []
    styles += [_STATEMENT_STYLE] if any(mark.statement for mark in covering) else []
    styles += [_LABEL_STYLES[tell_name_kind(labels[-1])]] if labels else []
    return " ".join(styles)


def _explain_colours(lines: tuple[ShownLine, ...]) -> Text:
    labels = {mark.label for line in lines for mark in line.marks if mark.label}
    text = Text("colours: ", style="dim")
    for label in sorted(labels):
        text.append(show_safe(label), f"not dim {_LABEL_STYLES[tell_name_kind(label)]}")
        text.append(" ")
    text.append("quote", f"not dim {_QUOTE_STYLE}")
    text.append(" ")
    if any(line.statements for line in lines):
        text.append("reported", f"not dim {_STATEMENT_STYLE}")
        text.append(" ")
    return text.append("removed", f"not dim {_REMOVED_STYLE}")
