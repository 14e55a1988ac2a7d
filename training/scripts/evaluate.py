"""Score the pipeline on raw text, the standards apart, and clock it."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import nb_newsbeam  # noqa: F401  (spaCy finds the layer of names there)
import spacy
from spacy.language import Language

PASSES = 3


def predict_line(nlp: Language, gold: Path, target: Path) -> None:
    """Write what ``nlp`` finds in the texts of ``gold`` in the scorer's format."""
    rows = [json.loads(line) for line in gold.read_text(encoding="utf-8").splitlines()]
    with target.open("w", encoding="utf-8") as out:
        docs = nlp.pipe((row["text"] for row in rows), batch_size=32)
        for row, doc in zip(rows, docs, strict=True):
            entities = [
                {"start": e.start_char, "end": e.end_char, "label": e.label_} for e in doc.ents
            ]
            found = {"id": row["id"], "text": row["text"], "entities": entities}
            out.write(json.dumps(found, ensure_ascii=False) + "\n")


def measure_speed(nlp: Language, gold: Path) -> int:
    """Return words (split at white space) a CPU second, the best of a few passes."""
    texts = [json.loads(line)["text"] for line in gold.read_text(encoding="utf-8").splitlines()]
    words = sum(len(text.split()) for text in texts)
    seconds = []
    for _ in range(PASSES):
        begin = time.process_time()
        for _ in nlp.pipe(texts, batch_size=32):
            pass
        seconds.append(time.process_time() - begin)
    return round(words / min(seconds))


def main(model: str, source: str, target: str) -> None:
    """Write scores for each standard and the speed to ``target`` (JSON).

    ``source`` holds ``nb-dev.jsonl``, ``nn-dev.jsonl`` and the scorer.
    """
    nlp = spacy.load(model)
    folder, out = Path(source), Path(target)
    result: dict[str, Any] = {}
    for language in ("nb", "nn"):
        gold, found = folder / f"{language}-dev.jsonl", out.parent / f"{language}-dev.pred.jsonl"
        predict_line(nlp, gold, found)
        command = [
            sys.executable,
            str(folder / "score_entities.py"),
            str(gold),
            str(found),
            "--json",
        ]
        for name, option in (("types", []), ("merged_gpe", ["--merge-gpe"])):
            answer = subprocess.run([*command, *option], check=True, capture_output=True, text=True)
            result[f"{language}_dev_{name}"] = json.loads(answer.stdout)
    result["words_per_cpu_second"] = measure_speed(nlp, folder / "nb-dev.jsonl")
    out.write_text(json.dumps(result, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    for language in ("nb", "nn"):
        overall, merged = (result[f"{language}_dev_{n}"]["all"] for n in ("types", "merged_gpe"))
        print(f"{language} dev: {overall} F with one GPE: {merged['F']}")
    print(f"{result['words_per_cpu_second']} words a CPU second")


if __name__ == "__main__":
    main(*sys.argv[1:])
