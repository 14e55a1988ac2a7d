"""A drafted source as a YAML file, with comments on what was found and what is a guess."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from newsbeam.pipelines.config.load import load_job
from newsbeam.pipelines.source.drafting import SourceDraft
from newsbeam.pipelines.source.feed_choice import FoundFeed
from newsbeam.pipelines.terminal_text import show_safe
from newsbeam.transforms.files import replace_file
from newsbeam.transforms.text.counts import show_count

_PLAIN = re.compile(r"[A-Za-zÀ-ÖØ-öø-ÿ][\wÀ-ÖØ-öø-ÿ./-]*(?: [\wÀ-ÖØ-öø-ÿ./-]+)*")
_WORDS_OF_YAML = frozenset({"true", "false", "null", "yes", "no", "on", "off", "y", "n"})
_ADDRESS = re.compile(r"https?://[\w./?=&%~+@:-]*[\w/]")
_LONGEST_COMMENT = 96
_ESCAPES = {'"': '\\"', "\\": "\\\\"}


def render_source(draft: SourceDraft) -> str:
    """Return the file's text. What strangers wrote stands there as quoted text or comment only."""
    given, guesses = draft.given, draft.guesses
    lines = [
        _comment(f"Added by `newsbeam source add {draft.url}`."),
        _comment(
            f"Checked live {draft.checked_at:%Y-%m-%d}: {_count(draft)} read. What is a guess "
            "says so: have a look."
        ),
    ]
    lines += [_comment(f"- {remark}") for remark in draft.remarks]
    for key in ("id", "name", "language", "timezone"):
        value, guess = given.get(key), guesses.get(key)
        if value is None:
            lines.append(_comment(f"{key}: left out, as the sample does not tell it"))
            continue
        note = f"{'' if guess.is_sure else 'a guess: '}{guess.why}" if guess else ""
        lines.append(f"{key}: {_quote(str(value))}{_behind(note)}")
    lines.append("feeds:")
    for one in draft.feeds:
        if one.left_out is not None:
            lines.append(_comment(f"left out: {one.found.url}: {one.left_out}", "  "))
        elif one.found.is_front_page:
            lines += [_comment(describe_feed(one.found), "  "),
                      f"  - url: {_quote_url(one.found.url)}", "    front_page: true"]  # fmt: skip
        else:
            lines += [_comment(describe_feed(one.found), "  "),
                      f"  - {_quote_url(one.found.url)}"]  # fmt: skip
    if "full_text" in given:
        lines.append(f"full_text: {given['full_text']}{_behind(_FULL_TEXT[given['full_text']])}")
    if "url" in given:
        lines += [_comment("What differs between the feed's addresses and the pages' own."), "url:"]
        lines += [f"  {name}: {_list(values)}" for name, values in given["url"].items()]
    if draft.proposals.blocks or draft.proposals.lines:
        lines.append(
            _comment("Proposed from what recurs in the sample: delete what takes too much.")
        )
    if draft.proposals.blocks:
        lines += ["extract:", "  prune_xpath:"]
        for block in draft.proposals.blocks:
            lines.append(
                _comment(f"on {show_count(len(block.taken), 'page')} of the sample:", "    ")
            )
            lines += [_comment(f"  {line}", "    ") for line in block.lines[:2]]
            lines.append(f"    - {_single(block.xpath)}")
    if draft.proposals.lines:
        lines += ["clean:", "  rules:"]
        lines += _render_rules(draft)
    if "fetch" in given:
        lines.append("fetch:")
        for name, value in given["fetch"].items():
            text = _list(value) if isinstance(value, list) else _quote(str(value))
            lines.append(f"  {name}: {text}")
    return "\n".join(lines) + "\n"


_FULL_TEXT = {
    "feed": "the pages could not be had; the feed carries the text",
    "page": "the pages have much more than the feed",
    "auto": "the feed where it carries the whole article, else the page",
}


def check_source_text(text: str, name: str) -> None:
    """Make sure that what is to be written can be read.

    Raises:
        ConfigError: it cannot, which is a bug.
    """
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / name
        path.write_text(text, encoding="utf-8")
        load_job([path])


def write_source(path: Path, text: str, *, force: bool) -> None:
    """Write the file, whole or not at all.

    Raises:
        FileExistsError: it is there, and ``force`` is not given.
        OSError: it cannot be written.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with replace_file(path, overwrite=force) as draft:
        draft.write_text(text, encoding="utf-8")


def describe_feed(found: FoundFeed) -> str:
    """A feed in a line, for people."""
    newest = found.newest
    parts = [found.feed.kind.replace("_", " "), show_count(len(found.feed.entries), "entry")]
    if newest is not None:
        parts.append(f"newest {newest:%Y-%m-%d %H:%M %Z}")
    if found.whole_share > 0.5:
        parts.append("with whole articles")
    return ", ".join([*parts, found.found_by])


def _render_rules(draft: SourceDraft) -> Iterator[str]:
    for proposal in draft.proposals.lines:
        rule, measure = proposal.rule, proposal.measure
        yield _comment(_on_pages(measure.articles), "    ")
        for line in measure.examples[:2]:
            yield _comment(f"  {line}", "    ")
        yield f"    - name: {rule.name}"
        if rule.pattern is None:
            yield f"      lines: {_list(rule.lines)}"
        else:
            yield f"      pattern: {_single(rule.pattern)}"
        if rule.match_case:
            yield "      match_case: true"
        if rule.max_chars != type(rule).model_fields["max_chars"].default:
            yield f"      max_chars: {rule.max_chars}"


def _on_pages(count: int) -> str:
    return f"on {show_count(count, 'page')} of the sample:"


def _count(draft: SourceDraft) -> str:
    articles = sum(one.article is not None for one in draft.examinations)
    return show_count(articles, "article")


def _comment(text: str, indent: str = "") -> str:
    safe = show_safe(text)
    if len(safe) > _LONGEST_COMMENT and "http" not in safe:
        words, rows, row = safe.split(" "), [], ""
        for word in words:
            if row and len(row) + len(word) > _LONGEST_COMMENT:
                rows.append(row)
                row = "  "
            row += f"{' ' if row.strip() else ''}{word}"
        return "\n".join(f"{indent}# {one}" for one in [*rows, row])
    return f"{indent}# {safe}"


def _behind(note: str) -> str:
    return f"  # {show_safe(note)}" if note else ""


def _quote_url(url: str) -> str:
    return url if _ADDRESS.fullmatch(url) else _quote(url)


def _quote(text: str) -> str:
    """``text`` as a scalar, in double quotes unless it is plain words."""
    if _PLAIN.fullmatch(text) and text.lower() not in _WORDS_OF_YAML:
        return text
    return f'"{"".join(map(_escape, text))}"'


def _escape(character: str) -> str:
    code = ord(character)
    if character in _ESCAPES:
        return _ESCAPES[character]
    if character.isprintable():
        return character
    return (
        f"\\x{code:02x}"
        if code < 0x100
        else (f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}")
    )


def _single(text: str) -> str:
    """``text`` in single quotes, in which patterns stay readable."""
    return f"'{text.replace(chr(39), chr(39) * 2)}'" if text.isprintable() else _quote(text)


def _list(values: Any) -> str:
    return f"[{', '.join(_in_list(str(value)) for value in values)}]"


def _in_list(text: str) -> str:
    return f'"{"".join(map(_escape, text))}"'


def find_poller(folder: Path, feeds: Sequence[str], but: Path) -> tuple[Path, str] | None:
    """A config in ``folder``, other than ``but``, that names one of ``feeds`` already."""
    for file in list_ids(folder).values():
        if file == but:
            continue
        items = {line.strip().removeprefix("- ").strip("\"'") for line in _read_lines(file)}
        for feed in feeds:
            if feed in items:
                return file, feed
    return None


def _read_lines(file: Path) -> list[str]:
    return file.read_text(encoding="utf-8", errors="replace").splitlines()


def list_ids(folder: Path) -> Mapping[str, Path]:
    """The ids of the sources in ``folder`` as their files' names say them."""
    files = [*folder.glob("*.yaml"), *folder.glob("*.yml")] if folder.is_dir() else []
    return {file.name.partition(".")[0]: file for file in sorted(files)}
