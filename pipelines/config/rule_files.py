"""Proposed cleaning rules as YAML files to review."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from newsbeam.pipelines.config.load import RULE_FILE_SUFFIX, load_rule_file
from newsbeam.transforms.clean.evidence import FEWEST_ARTICLES, Learned
from newsbeam.transforms.settings.source import CleaningRule
from newsbeam.transforms.text.counts import show_count

_MOST_SHOWN = 3
_MOST_CHARS = 120


def write_rule_file(learned: Learned, folder: Path, today: str) -> Path:
    """Write the proposals into ``<id>.boilerplate.yaml`` in ``folder``; returns its path.

    A file of that name may have been reviewed: it is never overwritten, the new one gets a number.

    Raises:
        OSError: it cannot be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    text = render_rules(learned, today)
    number = 1
    while True:
        name = learned.source if number == 1 else f"{learned.source}-{number}"
        path = folder / f"{name}{RULE_FILE_SUFFIX}"
        try:
            with path.open("x", encoding="utf-8") as file:
                file.write(text)
        except FileExistsError:
            number += 1
            continue
        load_rule_file(path)  # what we wrote must be what we can read
        return path


def render_rules(learned: Learned, today: str) -> str:
    """The proposals as YAML, with what each removes as a comment."""
    lines = [
        f"# Proposed on {today} by newsbeam learn-boilerplate.",
        f"# Source: {learned.source}, {show_count(learned.articles, 'article')}.",
        "# Nothing here is in force. Review it: delete what removes too much. Then put the file",
        "# beside the source's config and name it there:",
        "#   clean:",
        f"#     rule_files: [{learned.source}{RULE_FILE_SUFFIX}]",
        "rules:",
    ]
    for proposal in learned.proposals:
        rule, measure = proposal.rule, proposal.measure
        share = round(100 * measure.articles / learned.articles)
        articles = show_count(measure.articles, "article")
        removed = show_count(measure.lines, "line")
        lines += ["", f"  # {articles} ({share} %), {removed}:"]
        lines += [f"  #   {_shorten(line)}" for line in measure.examples[:_MOST_SHOWN]]
        lines.append(f"  - name: {rule.name}")
        if rule.pattern is None:
            quoted = ", ".join(json.dumps(line, ensure_ascii=False) for line in rule.lines)
            lines.append(f"    lines: [{quoted}]")
        else:
            quoted = rule.pattern.replace("'", "''")
            lines.append(f"    pattern: '{quoted}'")
        if rule.match_case:
            lines.append("    match_case: true")
        if rule.max_chars != CleaningRule.model_fields["max_chars"].default:
            lines.append(f"    max_chars: {rule.max_chars}")
    return "\n".join(lines) + "\n"


def _shorten(line: str) -> str:
    return line if len(line) <= _MOST_CHARS else f"{line[:_MOST_CHARS]}…"


def save_proposals(learned: Sequence[Learned], folder: Path, today: str) -> list[str]:
    """Write a file for each source with proposals; returns a line for people on each source.

    Raises:
        OSError: a file cannot be written.
    """
    lines = []
    for source in learned:
        name, articles = source.source, show_count(source.articles, "article")
        if source.articles < FEWEST_ARTICLES:
            lines.append(f"{name}: {articles} in the lake; {FEWEST_ARTICLES} are needed")
        elif not source.proposals:
            lines.append(f"{name}: {articles}, nothing to propose")
        else:
            path = write_rule_file(source, folder, today)
            rules = show_count(len(source.proposals), "rule")
            lines.append(
                f"{name}: {rules} from {articles} in {path}; review it, "
                "then name it under clean.rule_files"
            )
    return lines
