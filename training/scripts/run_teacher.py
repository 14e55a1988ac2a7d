"""Pretrain the teacher, teach it entities with several seeds, and label raw text, by the clock.

    python run_teacher.py DATA OUT [--seconds 440] [--shape 512x12]

``DATA`` is a folder of ``pack_teacher.py``. ``OUT`` gets ``silver_top.npz`` (each token's three
likeliest tags), ``evaluated.npz`` (all tags of the held-out and dev sets), ``scores.json`` and the
last seed's weights as bytes (``weights-*.npy``). Everything ends within the seconds asked for.
"""

from __future__ import annotations

import argparse
import copy
import importlib.util
import io
import json
import os
import sys
import tarfile
import time
from collections.abc import Callable
from multiprocessing import Pool
from pathlib import Path
from types import ModuleType
from typing import Any
from unittest.mock import MagicMock

import numpy as np
import pyppmd
import torch
from finetune_teacher import Lesson, finetune, make_lesson
from label_teacher import add_probabilities, choose_top
from pretrain_teacher import copy_documents, pretrain
from teacher_data import (
    LANGUAGES,
    TAGS,
    Corpus,
    Gold,
    Ints,
    Pieces,
    decode_tags,
    encode_corpus,
    find_spans,
    join_corpora,
    read_gold,
    read_plain,
    read_text,
    score_spans,
)
from teacher_model import Shape, Teacher
from tokenizers import Tokenizer

BEGIN = time.monotonic()
# How often a round of pretraining has a document: raw text, and annotated text by its corpus.
RAW_COPIES = {"nb": 1, "nn": 3, "da": 4, "sv": 1}
GOLD_COPIES = {
    "nb-train": 3, "nn-train": 6, "da-train": 6, "da-from-nb": 2,
    "sv-train": 4, "sv-talbanken": 3, "sv-from-nb": 1,
}  # fmt: skip
# The share of a corpus in a round of fine-tuning.
SHARES = {
    "nb-train": 1.0, "nn-train": 1.0, "da-train": 1.0, "da-from-nb": 0.35,
    "sv-train": 1.0, "sv-talbanken": 0.6, "sv-from-nb": 0.35,
}  # fmt: skip
VARIED = ("nb-train", "nn-train", "da-from-nb", "sv-from-nb")
VARIANTS = 4
EVALUATED = ("nb-heldout", "nn-heldout", "nb-dev", "nn-dev", "da-dev", "sv-dev")
RATES = (3e-4, 2e-4, 4.5e-4, 3e-4)  # of the seeds' fine-tuning


def say(*words: object) -> None:
    print(f"[{time.monotonic() - BEGIN:5.0f}]", *words, flush=True)


def load_names(folder: Path) -> ModuleType:
    """The package's layer of names; spaCy is not needed for its hints, so it may be missing."""
    for name in ("spacy", "thinc"):
        if name not in sys.modules and importlib.util.find_spec(name) is None:
            parts = ("", ".api", ".types", ".strings", ".tokens", ".util", ".ml",
                     ".ml.featureextractor", ".ml.staticvectors")  # fmt: skip
            sys.modules.update({name + part: MagicMock() for part in parts})
    spec = importlib.util.spec_from_file_location("names", folder / "names.py")
    if spec is None or spec.loader is None:
        raise FileNotFoundError(folder / "names.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class _Word(str):
    """A word that looks like a token to the layer of names."""

    __slots__ = ()

    @property
    def text(self) -> str:
        return self


_NAMES: list[ModuleType] = []


def hint_part(task: tuple[Path, Corpus]) -> Ints:
    """The bits of each token of some documents."""
    folder, corpus = task
    if not _NAMES:
        _NAMES.append(load_names(folder))
    words = [_Word(word) for word in corpus.words]
    found = []
    for begin, end in zip(corpus.offsets, corpus.offsets[1:], strict=False):
        found.append(_NAMES[0].describe_doc([words[i] for i in corpus.tokens[begin:end]]))
    return np.concatenate([*found, np.zeros(0, dtype=np.int64)])


def read_part(path: Path) -> Corpus:
    data = path.read_bytes()
    decoder = pyppmd.Ppmd8Decoder(6, 200 << 20)
    size = int.from_bytes(data[:8], "little")
    text = decoder.decode(data[8:], size)
    while len(text) < size:
        text += decoder.decode(b"", size - len(text))
    read = read_text if path.name.startswith("silver") else read_plain
    return read(text.decode("utf-8"))


def read_gold_part(task: tuple[str, Path]) -> Gold:
    return read_gold(task[1])


def spread_hints(pieces: Pieces, hints: Ints) -> Ints:
    """Hints of tokens on their pieces."""
    return np.where(pieces.token_of >= 0, hints[np.maximum(pieces.token_of, 0)], 0)


def score_all(
    gold: dict[str, Gold], probabilities: dict[str, np.ndarray]
) -> dict[str, dict[str, float]]:
    """F of each evaluated corpus: NorNE's labels for Norwegian, PER, ORG and LOC for all."""
    scores: dict[str, dict[str, float]] = {}
    for name, given in probabilities.items():
        part = gold[name]
        silent = {i for i, tag in enumerate(part.tags) if tag == "-"}
        found = find_spans([TAGS[i] for i in decode_tags(given, part.corpus.offsets)],
                           part.corpus.offsets)  # fmt: skip
        spans = find_spans(part.tags, part.corpus.offsets)
        scores[name] = {"three": score_spans(spans, found, silent, True)[2]}
        if name[:2] in {"nb", "nn"}:
            p, r, f = score_spans(spans, found, silent, False)
            scores[name] |= {"P": p, "R": r, "F": f}
    return scores


def save_weights(model: Teacher, out: Path) -> None:
    """The weights as bytes with a scale a row, in files of less than 15 MiB, with a list."""
    blob, table = io.BytesIO(), {}
    for name, tensor in model.state_dict().items():
        if name.startswith("guess"):
            continue
        values = tensor.float().cpu().reshape(tensor.shape[0], -1)
        scale = (values.abs().amax(1, keepdim=True) / 127).clamp(min=1e-12)
        table[name] = (blob.tell(), list(tensor.shape))
        blob.write(scale.numpy().astype(np.float32).tobytes())
        blob.write((values / scale).round().to(torch.int8).numpy().tobytes())
    data = blob.getvalue()
    size = 15 << 20
    for i, begin in enumerate(range(0, len(data), size)):
        np.save(out / f"weights-{i}.npy", np.frombuffer(data[begin : begin + size], np.uint8))
    (out / "weights.json").write_text(
        json.dumps({"shape": model.shape.to_dict(), "table": table}), encoding="utf-8"
    )


def read_all(data: Path, pool: Any) -> tuple[Corpus, Corpus, dict[str, Gold]]:
    """The raw text to label, the rest of it, and the annotated corpora."""
    folder = data / "gold"
    with tarfile.open(data / "gold.tar.xz") as archive:
        archive.extractall(folder, filter="data")
    names = [path.stem for path in sorted(folder.iterdir())]
    later = pool.map_async(read_gold_part, [(name, folder / f"{name}.jsonl") for name in names])
    parts = pool.map(read_part, sorted(data.glob("*.ppmd")), chunksize=1)
    rest = len(list(data.glob("rest-*.ppmd")))
    raw = join_corpora(parts[:rest]), join_corpora(parts[rest:])
    return raw[1], raw[0], dict(zip(names, later.get(), strict=True))


def join_pieces(parts: list[Pieces]) -> Pieces:
    """All documents in one, for pretraining: tokens are no longer told apart."""
    sizes = np.concatenate([np.diff(part.offsets) for part in parts])
    return Pieces(
        np.concatenate([part.pieces for part in parts]),
        np.concatenate([part.token_of for part in parts]),
        np.concatenate([part.is_first for part in parts]),
        np.concatenate([[0], np.cumsum(sizes)]),
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--seconds", type=float, default=440)
    parser.add_argument("--tune-seconds", type=float, default=95)
    parser.add_argument("--label-seconds", type=float, default=55)
    parser.add_argument("--shape", default="512x12")
    parser.add_argument("--length", type=int, default=384)
    parser.add_argument("--batch", type=int, default=168)
    parser.add_argument("--tune-batch", type=int, default=48)
    parser.add_argument("--rounds", type=int, default=12)
    parser.add_argument("--seeds", type=int, default=4)
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1)
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    pool = Pool(options.processes)
    teach(options, pool)
    pool.terminate()


def teach(options: argparse.Namespace, pool: Any) -> None:
    """All steps in order; see the module's text."""
    data = options.data
    device = "cuda" if torch.cuda.is_available() else "cpu"
    torch.set_float32_matmul_precision("high")
    silver, rest, gold = read_all(data, pool)
    say("read", len(silver.tokens), len(rest.tokens), "raw tokens",
        {k: len(g.tags) for k, g in gold.items()})  # fmt: skip
    hints_later = start_hints(data, pool, silver, gold)
    tokenizer = Tokenizer.from_file(str(data / "pieces.json"))
    silver_pieces, rest_pieces = (encode_corpus(part, tokenizer) for part in (silver, rest))
    gold_pieces = {name: encode_corpus(part.corpus, tokenizer) for name, part in gold.items()}
    say("encoded", len(silver_pieces.pieces), len(rest_pieces.pieces), "pieces")
    width, layers = map(int, options.shape.split("x"))
    shape = Shape(
        pieces=tokenizer.get_vocab_size(), width=width, layers=layers, heads=width // 64,
        length=options.length, inner=int(width * 2.75), hints=load_names(data).WIDTH,
        tags=len(TAGS),
    )  # fmt: skip
    torch.manual_seed(1)
    model = Teacher(shape).to(device)
    if device == "cuda":
        compile_model(model, options.batch)
    say(sum(p.numel() for p in model.parameters()), "parameters", shape)
    rehearse(options, model, gold, gold_pieces)
    say("rehearsed")
    copies = [copy_documents(part.langs, RAW_COPIES, LANGUAGES) for part in (silver, rest)]
    for name, times in GOLD_COPIES.items():
        # Variants are the same text with other names; pretraining sees the first form alone.
        count = len(gold[name].corpus.langs)
        first = count // VARIANTS if name in VARIED else count
        copies.append(np.where(np.arange(count) < first, times, 0))
    text = join_pieces([silver_pieces, rest_pieces, *(gold_pieces[name] for name in GOLD_COPIES)])
    later = options.tune_seconds + options.label_seconds
    seconds = max(5.0, options.seconds - later - (time.monotonic() - BEGIN))
    report: dict[str, Any] = {"shape": shape.to_dict(), "pieces": len(text.pieces)}
    report["pretrain"] = pretrain(model, text, np.concatenate(copies), options.batch, seconds)
    say("pretrained", report["pretrain"])
    hints = hints_later()
    lessons = [
        make_lesson(gold[name], gold_pieces[name],
                    spread_hints(gold_pieces[name], hints[name]), share,
                    VARIANTS if name in VARIED else 1)
        for name, share in SHARES.items()
    ]  # fmt: skip
    silver_hints = spread_hints(silver_pieces, hints["silver"])
    label_with_seeds(
        options, model, lessons, gold, gold_pieces, hints, silver_pieces, silver_hints, report
    )


def compile_model(model: Teacher, batch: int) -> None:
    """Compile the blocks if that works on this machine, else leave them."""
    model.compile_blocks()
    try:
        with torch.autocast("cuda", torch.bfloat16):
            text = torch.zeros(batch, model.shape.length, dtype=torch.int64, device="cuda")
            model.encode(text).float().sum().backward()
        torch.cuda.synchronize()
        model.zero_grad(set_to_none=True)
    except RuntimeError as error:  # whatever the compiler stumbles over, the teacher does without
        say("not compiled:", repr(error)[:300])
        model.undo_compile()


def rehearse(
    options: argparse.Namespace, model: Teacher, gold: dict[str, Gold], pieces: dict[str, Pieces]
) -> None:
    """Take every later step once, so that a mistake shows before the long training, not after."""
    start = copy.deepcopy(model.state_dict())
    device = model.embed.weight.device
    name = next(iter(SHARES))
    lesson = make_lesson(gold[name], pieces[name], np.zeros_like(pieces[name].token_of, int), 1.0)
    finetune(model, [lesson], 1, 1, 1e-4, 1, options.tune_batch, 1.0)
    name = EVALUATED[0]
    given = torch.zeros(len(gold[name].tags), len(TAGS), device=device)
    hints = np.zeros(len(pieces[name].pieces), dtype=np.int64)
    add_probabilities(model, pieces[name], hints, given, options.batch)
    score_all(gold, {name: given.cpu().numpy()})
    choose_top(given, 3)
    model.load_state_dict(start)


def start_hints(
    data: Path, pool: Any, silver: Corpus, gold: dict[str, Gold]
) -> Callable[[], dict[str, Ints]]:
    """Begin to look up every token's hints beside the training; call the result to get them."""
    parts = np.array_split(np.arange(len(silver.langs)), 28)
    later = {
        "silver": pool.map_async(
            hint_part, [(data, silver.choose(p).drop_words()) for p in parts], 1
        ),
        **{name: pool.map_async(hint_part, [(data, g.corpus)]) for name, g in gold.items()},
    }
    return lambda: {name: np.concatenate(found.get()) for name, found in later.items()}


def label_with_seeds(
    options: argparse.Namespace, model: Teacher, lessons: list[Lesson], gold: dict[str, Gold],
    gold_pieces: dict[str, Pieces], hints: dict[str, Ints], silver: Pieces, silver_hints: Ints,
    report: dict[str, Any],
) -> None:  # fmt: skip
    """Fine-tune each seed from the pretrained weights and add up what they say."""
    device = model.embed.weight.device
    names = load_names(options.data)
    list_bits = int(names._ALL_LISTS)
    start = copy.deepcopy(model.state_dict())
    tokens = int(silver.token_of.max()) + 1
    total = torch.zeros(tokens, len(TAGS), device=device)
    sums: dict[str, torch.Tensor] = {}
    evaluated = {name: gold_pieces[name] for name in EVALUATED}
    report["seeds"] = []
    end = options.seconds - options.label_seconds
    labelling = 4.0
    for seed in range(options.seeds):
        left = end - (time.monotonic() - BEGIN) - labelling * (options.seeds - seed)
        if left < 5 and seed:
            break
        model.load_state_dict(start)
        done = finetune(
            model, lessons, list_bits, seed + 1, RATES[seed % len(RATES)], options.rounds,
            options.tune_batch, max(5.0, left / (options.seeds - seed)),
        )  # fmt: skip
        say("seed", seed + 1, done)
        own = {}
        for name, pieces in evaluated.items():
            given = torch.zeros(len(gold[name].tags), len(TAGS), device=device)
            add_probabilities(
                model, pieces, spread_hints(pieces, hints[name]), given, options.batch
            )
            own[name] = given
            sums[name] = sums.get(name, torch.zeros_like(given)) + given
        scores = score_all(gold, {n: g.cpu().numpy() for n, g in own.items()})
        report["seeds"].append({"rate": RATES[seed % len(RATES)], **done, "scores": scores})
        say(json.dumps(scores))
        left = options.seconds - 20 - (time.monotonic() - BEGIN)
        if seed and labelling > left:
            break
        before = time.monotonic()
        add_probabilities(model, silver, silver_hints, total, options.batch)
        if device.type == "cuda":
            torch.cuda.synchronize()
        labelling = time.monotonic() - before + 1
        say("labelled in", round(labelling, 1), "s")
    count = len(report["seeds"])
    report["weights"] = float(total[:1000].sum() / 1000)  # seeds that labelled
    means = {name: (given / count).cpu().numpy() for name, given in sums.items()}
    report["together"] = score_all(gold, means)
    say("together", json.dumps(report["together"]))
    (options.out / "scores.json").write_text(json.dumps(report, indent=1), encoding="utf-8")
    tags, shares = choose_top(total, 3)
    np.savez_compressed(options.out / "silver_top.npz", tags=tags, probabilities=shares)
    say("silver written")
    np.savez_compressed(
        options.out / "evaluated.npz", **{n: m.astype(np.float16) for n, m in means.items()}
    )
    save_weights(model, options.out)
    say("all written", {p.name: p.stat().st_size for p in sorted(options.out.iterdir())})


if __name__ == "__main__":
    main()
