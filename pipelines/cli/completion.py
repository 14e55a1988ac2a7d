"""``newsbeam completion``: what a shell needs to complete commands, options and files."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Literal

from cyclopts import Parameter

Shell = Literal["bash", "zsh", "fish"]


def make_completion(
    generate: Callable[[Shell], str],
) -> Callable[[Shell], None]:
    """The command; ``generate`` writes the script for a shell."""

    def completion(shell: Annotated[Shell, Parameter(name="SHELL")], /) -> None:
        """Make your shell complete commands, options and file names.

        Prints a script for the shell. bash loads it from
        ~/.local/share/bash-completion/completions/newsbeam, zsh as _newsbeam from a folder of
        $fpath, fish from ~/.config/fish/completions/newsbeam.fish.

            newsbeam completion bash > newsbeam.sh

        Args:
            shell: the shell
        """
        print(generate(shell))

    return completion
