"""Put learned weights, tokenizer and vectors into an installable package, with its record."""

from __future__ import annotations

import argparse
import hashlib
import json
import platform
import shutil
from importlib.metadata import version
from pathlib import Path
from typing import Any

import nb_newsbeam  # noqa: F401  (spaCy finds the recognizer there)
import numpy as np
import spacy
from nb_newsbeam.network import Network, Shape, as_weights
from spacy.language import Language

NAME, VERSION = "newsbeam", "0.4.0"
PACKAGES = ("spacy", "numpy")
MEGABYTE = 1_000_000
PATHS = ("data", "target", "begin", "until")  # of the machine that learned it
NB_SOURCES = [
    {"name": "NorNE on the Norwegian Dependency Treebank", "license": "CC0 (annotations)"},
    {"name": "NoReC (word vectors, silver)", "license": "models free to use; text CC BY-NC 4.0"},
    {"name": "GeoNames (names of towns)", "license": "CC BY 4.0"},
    {"name": "Unicode CLDR (territories, languages)", "license": "Unicode-3.0"},
    {"name": "Faker (names of people)", "license": "MIT"},
    {"name": "Statistics Sweden (given names)", "license": "free to use"},
]
DA_SV_SOURCES = [
    *NB_SOURCES,
    {"name": "UNER: Danish DDT, Swedish Talbanken", "license": "CC BY-SA 4.0"},
    {"name": "DaN+", "license": "MIT"},
    {"name": "klintan/swedish-ner-corpus", "license": "CC BY 4.0"},
    {"name": "SWERIK, the Riksdag's interpellations", "license": "CC BY 4.0"},
    {"name": "Folketinget's open data", "license": "free reuse, naming the source"},
]
KINDS = {
    "nb": (
        "Named entities in Norwegian news, bokmål and nynorsk alike.",
        "Apache-2.0; see LICENSE for the data",
        NB_SOURCES,
    ),
    "da": (
        "Named entities in Danish and Swedish news.",
        "CC-BY-SA-4.0; see LICENSE for the data",
        DA_SV_SOURCES,
    ),
}


def read_network(stem: Path) -> Network:
    """What ``student.py`` wrote (``.npz``, ``.json``)."""
    record = json.loads(stem.with_suffix(".json").read_text(encoding="utf-8"))
    shape = record["shape"]
    shape["labels"], shape["dilations"] = tuple(shape["labels"]), tuple(shape["dilations"])
    shape["tables"] = tuple(tuple(table) for table in shape["tables"])
    with np.load(stem.with_suffix(".npz")) as arrays:
        weights = as_weights(dict(arrays))
    return Network(Shape(**shape, domains=tuple(record["domains"])), weights)


def keep_domain(network: Network, domain: str) -> Network:
    """The network with one way to annotate alone."""
    chosen = network.choose(domain)
    weights = {k: w for k, w in chosen.weights.items() if not k.startswith("domain_")}
    fields = {**network.shape.__dict__, "domains": ()}
    return Network(Shape(**fields), weights)


def make_pipeline(base: str, network: Network) -> Language:
    """The tokenizer and vectors of the pipeline ``base``, and the network."""
    nlp = spacy.load(base, exclude=["tok2vec", "ner"])
    for name in ("tok2vec", "ner"):
        if name in nlp.component_names:
            nlp.remove_pipe(name)
    nlp.add_pipe("newsbeam_ner", name="ner").use(network)
    return nlp


def pick_performance(scores: dict[str, Any]) -> dict[str, float]:
    """F from 0 to 1 of each dev set with our labels, as spaCy shows it."""
    return {f"{name}_ents_f": round(s["F"] / 100, 4) for name, s in scores.items()
            if name.endswith("_dev") and "F" in s}  # fmt: skip


def digest_file(path: Path) -> str:
    """Return the SHA-256 of a file (hex)."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def measure_folder(folder: Path) -> float:
    """Return the size of all files below ``folder`` in MB (10^6 bytes)."""
    return round(sum(p.stat().st_size for p in folder.rglob("*") if p.is_file()) / MEGABYTE, 2)


def main() -> None:
    """See ``--help``."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("base", help="pipeline with tokenizer and vectors")
    parser.add_argument("weights", type=Path, help="of student.py, without suffix")
    parser.add_argument("target", type=Path, help="the package's folder")
    parser.add_argument("--lang", choices=KINDS, default="nb")
    parser.add_argument("--domain", default="", help="the only one to keep")
    parser.add_argument("--inputs", type=Path, nargs="*", default=[], help="files to digest")
    parser.add_argument("--scores", type=Path, help="of evaluate.py (JSON)")
    asked = parser.parse_args()
    scores = json.loads(asked.scores.read_text("utf-8")) if asked.scores else {}
    network = read_network(asked.weights)
    if asked.domain:
        network = keep_domain(network, asked.domain)
    nlp = make_pipeline(asked.base, network)
    learned = json.loads(asked.weights.with_suffix(".json").read_text(encoding="utf-8"))
    description, licence, sources = KINDS[asked.lang]
    nlp.meta.update(
        lang=asked.lang,
        name=NAME,
        version=VERSION,
        description=description,
        author="The newsbeam authors",
        license=licence,
        sources=sources,
        performance=pick_performance(scores),
        training={
            "seed": int(learned["options"]["seed"]),
            "steps": learned["steps"],
            "options": {k: v for k, v in learned["options"].items() if k not in PATHS},
            "versions": {"python": platform.python_version()}
            | {package: version(package) for package in PACKAGES},
            "sha256": {path.name: digest_file(path) for path in asked.inputs},
            "learned": learned["scores"],
            "scores": scores,
        },
    )
    for old in asked.target.glob(f"{asked.lang}_{NAME}-*"):
        shutil.rmtree(old)
    data = asked.target / f"{asked.lang}_{NAME}-{VERSION}"
    # The corpus's words, which nothing in the pipeline looks up by their number, stay behind; so do
    # the vectors where the package borrows nb_newsbeam's.
    nlp.to_disk(data, exclude=[] if asked.lang == "nb" else ["vocab"])
    if asked.lang == "nb":
        (data / "vocab" / "strings.json").write_text("[]", encoding="utf-8")
    meta = json.loads((data / "meta.json").read_text(encoding="utf-8"))
    text = json.dumps(meta, indent=2, ensure_ascii=False) + "\n"
    (data / "meta.json").write_text(text, encoding="utf-8")
    # Where spacy.util.load_model_from_init_py looks for the version.
    shutil.copy(data / "meta.json", asked.target / "meta.json")
    print(f"{asked.target}: {measure_folder(asked.target)} MB")


if __name__ == "__main__":
    main()
