"""Put what the teacher learns from into a few small files, to carry to a machine with a GPU.

The raw text as PPMd parts of lines (``teacher_data.write_text``), the annotated documents as one xz
archive, the table of pieces, and the list of raw documents to label.
"""

from __future__ import annotations

import io
import json
import shutil
import sys
import tarfile
from multiprocessing import Pool
from pathlib import Path

import numpy as np
import pyppmd
from teacher_data import Corpus, learn_pieces, make_corpus, read_plain, spaces_before, write_text

MEMORY, ORDER = 200 << 20, 6
GOLD = ("nb-train", "nn-train", "da-train", "da-from-nb", "sv-train", "sv-talbanken", "sv-from-nb")
EVALUATED = ("nb-heldout", "nn-heldout", "nb-dev", "nn-dev", "da-dev", "sv-dev")
SAMPLE = 3_000_000  # tokens that the pieces are learned from


def read_silver(folder: Path) -> Corpus:
    """The chosen documents of ``gather_raw.py``."""
    text = (folder / "silver_words.txt").read_text(encoding="utf-8")
    words = [word if word != "\\n" else "\n" for word in text.split("\n")[:-1]]
    tokens, after, offsets, langs = (
        np.load(folder / f"silver_{part}.npy") for part in ("tokens", "spaces", "docs", "lang")
    )
    before = np.roll((after != 0) | (tokens == 0), 1)
    before[offsets[:-1]] = True
    return Corpus(words, tokens, before, offsets, langs)


def show_silver(corpus: Corpus) -> list[str]:
    """The documents as lines of ``write_text``."""
    return [
        write_text(lang, corpus.texts(i), corpus.has_space[begin:end].tolist())
        for i, (lang, begin, end) in enumerate(
            zip(corpus.langs.tolist(), corpus.offsets, corpus.offsets[1:], strict=False)
        )
    ]


def pack_part(task: tuple[list[str], Path]) -> int:
    """Write lines as one part; return its size."""
    lines, path = task
    encoder = pyppmd.Ppmd8Encoder(ORDER, MEMORY)
    data = "".join(lines).encode("utf-8")
    packed = encoder.encode(data) + encoder.flush()
    path.write_bytes(len(data).to_bytes(8, "little") + packed)
    return path.stat().st_size


def count_words(raw: list[Corpus], gold: list[Corpus]) -> list[tuple[str, bool, int]]:
    """Words, whether a space stands before and their number, little languages more often."""
    count: dict[tuple[str, bool], int] = {}
    for corpus, weights in [
        *((part, (1, 3, 6, 2)) for part in raw),
        *((part, (3, 6, 3, 3)) for part in gold),
    ]:
        # Documents in turn, so that the sample has all sources.
        step = max(1, round(len(corpus.tokens) / SAMPLE))
        chosen = corpus.choose(np.arange(0, len(corpus.langs), step))
        times = np.array(weights)[chosen.langs].repeat(np.diff(chosen.offsets))
        keys = chosen.tokens.astype(np.int64) * 2 + chosen.has_space
        sums = np.bincount(keys, weights=times)
        for key in np.flatnonzero(sums).tolist():
            pair = (corpus.words[key // 2], bool(key % 2))
            count[pair] = count.get(pair, 0) + int(sums[key] * step)
    return [(word, space, n) for (word, space), n in count.items() if not word.isspace()]


def read_gold_corpus(path: Path) -> Corpus:
    with path.open(encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines]
    return make_corpus((0, r["words"], spaces_before(r["words"], r["spaces"])) for r in rows)


def main(source: str, names: str, target: str, documents: str = "0") -> None:
    """Pack the folder ``source`` (of the gather scripts) into ``target``.

    ``names`` is the folder with names.py and names.tsv; ``documents`` are how many raw ones to take
    (0: all), for a try.
    """
    folder, out = Path(source), Path(target)
    out.mkdir(parents=True, exist_ok=True)
    silver = read_silver(folder)
    with (folder / "raw_rest.txt").open(encoding="utf-8") as stream:
        rest = stream.readlines()
    if int(documents):
        silver = silver.choose(np.linspace(0, len(silver.langs) - 1, int(documents)).astype(int))
        rest = rest[:: max(1, len(rest) // int(documents))]
    tasks = []
    for name, lines, count in (("silver", show_silver(silver), 4), ("rest", rest, 10)):
        size = -(-len(lines) // count)
        tasks += [
            (lines[i * size : (i + 1) * size], out / f"{name}-{i:02}.ppmd") for i in range(count)
        ]
    with Pool(2) as pool:
        print("raw", sum(pool.map(pack_part, tasks, chunksize=1)), "bytes", flush=True)
    sample = read_plain("".join(rest[:: 1 + len(rest) // 15_000]))
    gold = [read_gold_corpus(folder / "gold" / f"{name}.jsonl") for name in GOLD]
    learn_pieces(count_words([silver, sample], gold), 20480).save(str(out / "pieces.json"))
    with tarfile.open(out / "gold.tar.xz", "w:xz", preset=6) as archive:
        for name in (*GOLD, *EVALUATED):
            path = folder / "vary" / f"{name}.jsonl"
            path = path if path.exists() else folder / "gold" / f"{name}.jsonl"
            data = path.read_bytes()
            if int(documents):
                data = b"".join(data.splitlines(keepends=True)[:8])
            info = tarfile.TarInfo(f"{name}.jsonl")
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    for path in (Path(names) / "names.py", Path(names) / "names.tsv"):
        shutil.copy(path, out)
    for path in Path(__file__).parent.glob("*teacher*.py"):
        shutil.copy(path, out)
    print(sum(path.stat().st_size for path in out.iterdir()), "bytes in all")


if __name__ == "__main__":
    main(*sys.argv[1:])
