"""Our own sentences of today's news, as training fills them with names."""

from __future__ import annotations

import importlib
import random
import re
from pathlib import Path
from typing import Any

import pytest

from tests.support.workplace import ROOT

TRAINING = ROOT / "training"
LABELS = {"DRV", "EVT", "GPE_LOC", "GPE_ORG", "LOC", "ORG", "PER", "PROD"}


@pytest.fixture
def write_today(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.syspath_prepend(str(TRAINING / "scripts"))
    return importlib.import_module("write_today")


def make_names(write_today: Any, folder: Path, text: str) -> Any:
    (folder / "names.txt").write_text(text, encoding="utf-8")
    return write_today.Names(folder / "names.txt", [])


def test_sentences_are_filled_and_marked(write_today: Any, tmp_path: Path) -> None:
    names = make_names(
        write_today, tmp_path, "[end]\nia\n[app PROD]\nKv{end}\n[club ORG]\nBrann, Moss\n[age]\n41"
    )
    line = "[{club1}-treneren|DRV] ({age}) (bruker/liker) {app}, {club2}s {app}. {club1} vant."
    text, found = names.fill(line, random.Random(3))
    first = "Brann" if text.startswith("Brann") else "Moss"
    second = "Moss" if first == "Brann" else "Brann"
    assert [(text[start:end], label) for start, end, label in found] == [
        (f"{first}-treneren", "DRV"),
        ("Kvia", "PROD"),
        (f"{second}s".replace("ss", "s"), "ORG"),
        ("Kvia", "PROD"),
        (first, "ORG"),
    ]
    assert re.search(r"\(41\) (bruker|liker) Kvia", text)


def test_every_sentence_can_be_filled(write_today: Any) -> None:
    names = write_today.Names(
        TRAINING / "today-names.txt", [TRAINING / "facts.txt", TRAINING / "facts-today.txt"]
    )
    chance = random.Random(1)
    lines = (TRAINING / "today-train.txt").read_text(encoding="utf-8").splitlines()
    sentences = [line.split("\t")[1] for line in lines if line and not line.startswith("#")]
    for sentence in sentences:
        text, found = names.fill(sentence, chance)
        assert not set("{}[]|") & set(text), text
        assert {label for _, _, label in found} <= LABELS
        assert all(text[start:end].strip() == text[start:end] != "" for start, end, _ in found)
    assert len(sentences) == len(set(sentences)) > 400


def test_no_sentence_is_of_the_check_set(write_today: Any) -> None:
    """``today.txt`` is not learned from: no sentence shares six words in a row with one of it."""

    def read(path: Path) -> set[tuple[str, ...]]:
        runs: set[tuple[str, ...]] = set()
        for line in path.read_text(encoding="utf-8").splitlines():
            plain = re.sub(r"\[[^|\]]*\|\w+\]|\{\w+\}", "0", line.partition("\t")[2])
            words = re.findall(r"\w+", plain)
            runs |= {tuple(words[i : i + 6]) for i in range(len(words) - 5)}
        return runs

    assert not read(TRAINING / "today-train.txt") & read(TRAINING / "today.txt")
