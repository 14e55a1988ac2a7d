"""``newsbeam annotate``: JSON Lines in, the same lines with entities and quotes out."""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsbeam.pipelines.annotate import annotate_items, annotate_lines
from newsbeam.pipelines.config.load import load_shipped_languages

Command = Callable[[list[str]], tuple[int, str, str]]
TEXT = "Kari Dahl er ordfører i Bodø.\n– Dette er bra for byen, sier Dahl."


def annotate(*lines: str | bytes, language: str | None = None) -> tuple[list[Any], list[str]]:
    output, messages = io.StringIO(), []
    data = [line.encode() if isinstance(line, str) else line for line in lines]
    annotate_lines(data, output, messages.append, language)
    return [json.loads(line) for line in output.getvalue().splitlines()], messages


def test_lines_come_back_in_order_with_what_was_found() -> None:
    lines = [json.dumps({"id": str(n), "text": TEXT, "extra": [n]}) for n in range(70)]
    found, messages = annotate(*lines)
    assert [item["id"] for item in found] == [str(n) for n in range(70)]
    assert all(item["text"] == TEXT and item["extra"] == [int(item["id"])] for item in found)
    assert messages == []
    (quote,) = found[0]["quotes"]
    assert quote["text"] == "Dette er bra for byen"
    assert (quote["speaker"], quote["speaker_mention"], quote["cue"]) == (
        "Kari Dahl", "Dahl", "sier",
    )  # fmt: skip
    assert ("Kari Dahl", "PER") in {(e["name"], e["label"]) for e in found[0]["entities"]}


def test_what_stood_there_before_is_replaced() -> None:
    line = json.dumps({"text": "Ingenting her.", "entities": ["x"], "quotes": ["y"]})
    (item,), _ = annotate(line)
    assert (item["entities"], item["quotes"]) == ([], [])


def test_language_without_pipeline_or_lexicon_gives_nothing() -> None:
    line = json.dumps({"text": "“Well,” said John Smith.", "language": "fi"})
    found, messages = annotate(*[line] * 70)
    assert all((item["entities"], item["quotes"]) == ([], []) for item in found)
    (message,) = messages  # said once
    assert message.startswith("newsbeam: No entities and no quotes are looked for in 'fi':")
    assert "languages/fi.yaml" in message


def test_bad_lines_are_told_and_left_out() -> None:
    found, messages = annotate(
        '{"text": "a"}', "{", "", "[]", '{"text": 1}', b"\xff", '{"text": "b", "language": 5}',
        '{"text": "c"}',
    )  # fmt: skip
    assert [item["text"] for item in found] == ["a", "c"]
    left_out = [message for message in messages if "is left out" in message]
    assert [message.split(":")[1].split()[1] for message in left_out] == ["2", "4", "5", "6", "7"]


def test_command_reads_a_file_or_standard_input(
    tmp_path: Path, newsbeam: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text(json.dumps({"id": "1", "text": TEXT}) + "\n")
    code, out, err = newsbeam(["annotate", str(path)])
    assert (code, err) == (0, "")
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(path.read_bytes())))
    assert newsbeam(["annotate"]) == (0, out, "")


def test_command_fails_with_1_on_bad_lines_and_2_without_a_file(
    tmp_path: Path, newsbeam: Command
) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text('{"text": "a"}\n{\n')
    code, out, err = newsbeam(["annotate", str(path)])
    assert code == 1
    assert "line 2" in err
    assert len(out.splitlines()) == 1
    assert newsbeam(["annotate", str(tmp_path / "nope.jsonl")])[0] == 2


SCRAPS = st.one_of(
    st.text(max_size=30),
    st.text("-–—«»\"“”„.,:;?! \n\t\u00a0'’😀é", max_size=12),
    st.sampled_from(
        [
            "Kari Dahl", "sier hun", "– Nei, ", "«Ja»", "Putins", "Bodø", ", sa han.", "\n- ",
            "ifølge Ola Nordmann", "\ud800", "Ordfører", "Stortinget",
        ]
    ),
)  # fmt: skip


@given(st.lists(SCRAPS, max_size=25).map("".join), st.sampled_from(["nb", "nn", None]))
def test_spans_are_slices_of_the_text(text: str, language: str | None) -> None:
    item: dict[str, Any] = {"text": text, "language": language}
    annotate_items([item], None, load_shipped_languages())
    assert item["text"] == text
    for span in item["entities"] + item["quotes"]:
        assert 0 <= span["start"] < span["end"] <= len(text)
        assert text[span["start"] : span["end"]] == span["text"]
    for quote in item["quotes"]:
        if quote["speaker_mention"] is not None and quote["mention_start"] is not None:
            start = quote["mention_start"]
            mention = quote["speaker_mention"]
            assert text[start : start + len(mention)] == mention
