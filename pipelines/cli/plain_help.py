"""How help looks: plain text in two columns, the same in a terminal and in a pipe."""

from __future__ import annotations

import textwrap
from typing import Any

from cyclopts.help import HelpEntry, HelpPanel
from rich.console import Console, ConsoleOptions

# As wide as the longest name of a command, so that all groups of commands stand in line.
_COMMAND_WIDTH = len("learn-boilerplate")


class PlainHelp:
    """A ``HelpFormatter`` of cyclopts."""

    def __call__(self, console: Console, options: ConsoleOptions, panel: HelpPanel) -> None:
        """Print the commands of a group, or the arguments or options of a command."""
        if not panel.entries:
            return
        names = [", ".join(entry.display_labels_with_metavar) for entry in panel.entries]
        least = _COMMAND_WIDTH if panel.format == "command" else 0
        width = max(least, *map(len, names))
        lines = [
            textwrap.fill(
                _describe(entry),
                console.width,
                initial_indent=f"  {name:<{width}}  ",
                subsequent_indent=" " * (width + 4),
                break_on_hyphens=False,
            )
            for name, entry in zip(names, panel.entries, strict=True)
        ]
        _print(console, "\n".join(["", f"{panel.title}:", *lines]))

    def render_usage(self, console: Console, options: ConsoleOptions, usage: Any) -> None:
        """Print how the command is typed."""
        _print(console, f"Usage: {str(usage).strip()}")

    def render_description(
        self, console: Console, options: ConsoleOptions, description: Any
    ) -> None:
        """Print a docstring: its paragraphs as wide as the terminal, its examples as they are."""
        for paragraph in description.primary_renderable.plain.strip().split("\n\n"):
            text = (
                textwrap.indent(textwrap.dedent(paragraph), "  ")
                if paragraph.startswith(" ")
                else textwrap.fill(paragraph, console.width, break_on_hyphens=False)
            )
            _print(console, f"\n{text}")


def _describe(entry: HelpEntry) -> str:
    """The help of an option, with the values that it may have."""
    words = [entry.description.primary_renderable.plain]
    if entry.choices:
        words.append(f"[{', '.join(entry.choices)}]")
    if entry.required:
        words.append("(required)")
    return " ".join(words)


def _print(console: Console, text: str) -> None:
    console.print(text, markup=False, highlight=False, emoji=False, soft_wrap=True)
