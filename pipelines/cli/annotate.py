"""``newsbeam annotate``: entities, quotes and statements for texts that people have."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from newsbeam.pipelines.cli.shared import DONE, FAILED, UsageError, say


def annotate_command(
    file: Annotated[Path, Parameter(name="FILE")] = Path("-"),
    /,
    *,
    language: Annotated[str | None, Parameter(metavar="TAG")] = None,
    config: Annotated[Path | None, Parameter(metavar="DIR|FILE")] = None,
) -> int:
    """Add entities, quotes and statements to texts that you have.

    Reads JSON Lines {"id", "text", "language"?} and writes the same lines with `entities`,
    `quotes`, `statements` (reported in the paper's own words) and `persons` computed from the
    text, in order. The text is never altered.

        newsbeam annotate articles.jsonl > annotated.jsonl

    Args:
        file: JSON Lines, or - for standard input (default)
        language: language of lines without one; detected if left out
        config: a source's YAML, or a folder with defaults.yaml and languages/: their pipelines,
            labels and languages hold
    """
    from newsbeam.pipelines.annotate import annotate_lines
    from newsbeam.pipelines.preview.chosen_source import choose_source

    chosen = choose_source(config)

    try:
        stream = sys.stdin.buffer if file == Path("-") else file.open("rb")
    except OSError as error:
        raise UsageError(f"{file}: {error.strerror}") from error
    with stream:
        return (
            FAILED
            if annotate_lines(
                stream, sys.stdout, say, language, chosen.languages, chosen.source.enrich
            )
            else DONE
        )
