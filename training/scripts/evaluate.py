"""Score a pipeline on raw text, each language apart, and clock it.

F of exact spans and labels with the scorers of the data folder: all labels for Norwegian, three
(PER, ORG, LOC) for every language; of names that the training texts do not have; on the held-out
documents; on ``training/today.txt`` by label.
"""

from __future__ import annotations

import argparse
import importlib
import importlib.util
import json
import re
import time
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nb_newsbeam  # noqa: F401  (spaCy finds the recognizer there)
import spacy
from exchange_names import read_span
from spacy.language import Language

PASSES = 3
TODAY = Path(__file__).resolve().parents[1] / "today.txt"
_MARKED = re.compile(r"([^\[]*)(?:\[([^|\]]+)\|([A-Z_]+)\])?")

Rows = list[dict[str, Any]]


def load_scorer(folder: Path, name: str) -> Any:
    """A scorer of the data folder as a module."""
    spec = importlib.util.spec_from_file_location(name, folder / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def read_rows(path: Path) -> Rows:
    """One JSON object a line."""
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def read_today(path: Path) -> Rows:
    """The marked sentences as documents."""
    rows = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines()):
        if not line or line.startswith("#"):
            continue
        text, entities = "", []
        for plain, name, label in _MARKED.findall(line.split("\t")[1]):
            text += plain
            if name:
                entities.append({"start": len(text), "end": len(text) + len(name), "label": label})
                text += name
        rows.append({"id": number, "text": text, "entities": entities})
    return rows


def read_gold(path: Path) -> Rows:
    """Documents of ``gather_corpora.py`` as text with entities."""
    rows = []
    for number, row in enumerate(read_rows(path)):
        starts, text = [], ""
        for word, space in zip(row["words"], row["spaces"], strict=True):
            starts.append(len(text))
            text += word + (" " if space else "")
        entities = [
            {"start": starts[a], "end": starts[b - 1] + len(row["words"][b - 1]), "label": label}
            for a, b, label in read_span(row["tags"])
        ]
        rows.append({"id": number, "text": text, "entities": entities})
    return rows


def predict(nlp: Language, rows: Rows) -> Rows:
    """The same texts with what ``nlp`` finds."""
    docs = nlp.pipe((row["text"] for row in rows), batch_size=32)
    return [
        {**row, "entities": [
            {"start": e.start_char, "end": e.end_char, "label": e.label_} for e in doc.ents
        ]}
        for row, doc in zip(rows, docs, strict=True)
    ]  # fmt: skip


def read_names(rows: Rows) -> Iterator[tuple[Any, str, int, int, str]]:
    for row in rows:
        for e in row["entities"]:
            name = row["text"][e["start"] : e["end"]]
            yield row["id"], name, e["start"], e["end"], e["label"]


def count_f(gold: set[Any], found: set[Any]) -> float:
    return round(200 * len(gold & found) / max(1, len(gold) + len(found)), 2)


def score_all(gold: Rows, found: Rows, known: set[str]) -> dict[str, Any]:
    """F of all, of spans alone, of names not in ``known``, and by label."""
    right, mine = set(read_names(gold)), set(read_names(found))
    labels: dict[str, list[set[Any]]] = defaultdict(lambda: [set(), set()])
    for side, names in enumerate((right, mine)):
        for name in names:
            labels[name[4]][side].add(name)
    new = [{n for n in names if n[1] not in known} for names in (right, mine)]
    return {
        "F": count_f(right, mine),
        "names": len(right),
        "spans": count_f({n[:4] for n in right}, {n[:4] for n in mine}),
        "new": count_f(*new),
        "new_names": len(new[0]),
        "labels": {
            label: {"F": count_f(*both), "names": len(both[0])}
            for label, both in sorted(labels.items(), key=lambda item: -len(item[1][0]))
        },
    }


def measure_speed(nlp: Language, rows: Rows) -> int:
    """Return words (split at white space) a CPU second, the best of a few passes."""
    texts = [row["text"] for row in rows]
    words = sum(len(text.split()) for text in texts)
    seconds = []
    for _ in range(PASSES):
        begin = time.process_time()
        for _ in nlp.pipe(texts, batch_size=32):
            pass
        seconds.append(time.process_time() - begin)
    return round(words / min(seconds))


def main() -> None:
    """See ``--help``."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model", help="folder of a pipeline, or module that loads it")
    parser.add_argument("data", type=Path, help="folder of the dev sets and scorers")
    parser.add_argument("target", type=Path, help="JSON")
    parser.add_argument("--gold", type=Path, help="folder of gather_corpora.py")
    parser.add_argument("--languages", default="nb,nn")
    parser.add_argument("--speed", action="store_true")
    asked = parser.parse_args()
    is_folder = Path(asked.model).exists()
    nlp = spacy.load(asked.model) if is_folder else importlib.import_module(asked.model).load()
    three = load_scorer(asked.data, "score_three")
    result: dict[str, Any] = {}
    for language in asked.languages.split(","):
        gold = read_rows(asked.data / f"{language}-dev.jsonl")
        found = predict(nlp, gold)
        known: set[str] = set()
        if asked.gold and (asked.gold / f"{language}-train.jsonl").exists():
            known = {n[1] for n in read_names(read_gold(asked.gold / f"{language}-train.jsonl"))}
        sides = [{row["id"]: row for row in rows} for rows in (gold, found)]
        result[f"{language}_dev"] = {"three": three.score(*sides)}
        if language in {"nb", "nn"}:
            result[f"{language}_dev"] |= score_all(gold, found, known)
            if asked.gold:
                held = read_gold(asked.gold / f"{language}-heldout.jsonl")
                result[f"{language}_heldout"] = score_all(held, predict(nlp, held), known)
    if "nb" in asked.languages:
        today = read_today(TODAY)
        result["today"] = score_all(today, predict(nlp, today), set())
        if asked.speed:
            rows = read_rows(asked.data / "nb-dev.jsonl")
            result["words_per_cpu_second"] = measure_speed(nlp, rows)
    asked.target.write_text(json.dumps(result, indent=1, ensure_ascii=False) + "\n", "utf-8")
    for name, scores in result.items():
        if isinstance(scores, dict):
            flat = {k: v for k, v in scores.items() if k not in {"three", "labels"}}
            folded = scores.get("three", {})
            flat |= {f"three {k}": v["F"] for k, v in folded.items()}
            flat |= {k: v["F"] for k, v in scores.get("labels", {}).items()}
            print(name, flat)
        else:
            print(name, scores)


if __name__ == "__main__":
    main()
