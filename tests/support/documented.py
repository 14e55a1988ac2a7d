"""The command lines in Markdown, as a reader would type them."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass

_FENCE = re.compile(r"^\s*```")
_CODE = re.compile(r"`([^`]+)`")
# What stands for something that the reader puts in, where any word would not do.
_MEANINGS = {
    "N": "1", "TIME": "1d", "WHEN": "30d", "DAY": "2020-01-31", "NET": "127.0.0.1", "SIZE": "64MB",
    "PROBLEMS": "silent",
    "TAG": "nb", "FORMAT": "csv", "COMMAND": "--help", "SHELL": "bash",
}  # fmt: skip
_OPTIONAL = re.compile(r"(?<=\s)\[[A-Z|…\-]+\]|\[options\]")
_OPERATORS = "|;&<>"


@dataclass(frozen=True, slots=True)
class Documented:
    """A command line: the words behind ``newsbeam``. ``is_whole``: it stands in a block of code,
    ready to be typed; in prose, words may be missing."""

    place: str
    words: tuple[str, ...]
    is_whole: bool

    def __str__(self) -> str:
        return f"{self.place}: newsbeam {' '.join(self.words)}"


def find_commands(name: str, text: str) -> Iterator[Documented]:
    """The commands in a page of Markdown, in order."""
    block: list[tuple[int, str]] | None = None
    for number, line in enumerate(text.splitlines(), 1):
        if _FENCE.match(line):
            if block is not None:
                yield from _read_block(name, block)
            block = [] if block is None else None
        elif block is not None:
            block.append((number, line))
        else:
            for code in _CODE.findall(line):
                for words in split_command(code) or ():
                    yield Documented(f"{name}:{number}", words, is_whole=False)


def split_command(line: str) -> list[tuple[str, ...]] | None:
    """The words behind each ``newsbeam`` that begins a command of a line of shell; ``None`` where
    a quotation is not closed in it."""
    lexer = shlex.shlex(_OPTIONAL.sub("", line), posix=True, punctuation_chars=_OPERATORS)
    lexer.whitespace_split = True
    lexer.commenters = "#"
    try:
        words = [*lexer, ";"]
    except ValueError:
        return None
    commands: list[list[str]] = [[]]
    for word in words:
        if set(word) <= set(_OPERATORS):
            commands.append([] if word[0] not in "<>" else ["to a file"])
        elif commands[-1] or not (word == "$" or "=" in word):
            commands[-1].append(word)
    return [
        tuple(_MEANINGS.get(word, word.removesuffix("…")) for word in command[1:])
        for command in commands
        if len(command) > 1 and re.fullmatch(r"(.*/)?newsbeam", command[0])
    ]


def _read_block(name: str, block: list[tuple[int, str]]) -> Iterator[Documented]:
    rest = iter(block)
    for number, line in rest:
        whole = line
        while "newsbeam " in whole and (whole.endswith("\\") or split_command(whole) is None):
            following = next(rest, None)
            if following is None:
                break
            whole = f"{whole.removesuffix(chr(92))}\n{following[1]}"
        for words in split_command(whole.replace("\\\n", " ")) or ():
            yield Documented(f"{name}:{number}", words, is_whole=True)
