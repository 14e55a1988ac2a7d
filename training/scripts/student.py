"""Learn the recognizer's weights: the network of ``nb_newsbeam/network.py`` in PyTorch.

Reads what ``pack_data.py`` wrote and needs only torch and numpy, so that it runs where there is a
GPU. Writes weights (npz) and scores (json). Of corpora with other labels than ours it learns what
they tell: the loss is that of all tags that theirs may stand for. Texts that the teacher labelled
count with the teacher's probabilities.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import time
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from student_data import Data, draw_batches
from torch import Tensor, nn

HERE = Path(__file__).resolve().parent
PIECES, HINT_SCALE, VECTOR_SCALE, TINY = 3, 2.0, 0.25, 1e-8  # as in network.py
LISTS = 23  # of the hints, the first ones, are lists
THREE = {"GPE_LOC": "LOC", "GPE_ORG": "LOC", "LOC": "LOC", "PER": "PER", "ORG": "ORG"}


def load_decoder() -> Any:
    """The package's ``decode.py`` without the package, which needs spaCy."""
    path = HERE.parents[1] / "models" / "nb_newsbeam" / "nb_newsbeam" / "decode.py"
    spec = importlib.util.spec_from_file_location("decode", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class Student(nn.Module):
    """The network. Parameters have the names that ``network.py`` knows them by."""

    def __init__(self, data: Data, asked: argparse.Namespace, bits: int) -> None:
        super().__init__()
        self.data, self.asked, self.bits = data, asked, bits
        width, tags = asked.width, 1 + 4 * len(data.labels)
        self.dilations = [int(d) for d in asked.dilations.split(",")]
        inside = len(data.tables) * asked.table_width + data.vectors.shape[1] + bits
        made: dict[str, Tensor] = {
            f"table{i}": torch.randn(rows, asked.table_width) * 0.3
            for i, (_, rows, _) in enumerate(data.tables)
        }
        made["mix"] = torch.randn(inside, PIECES * width) * inside**-0.5
        made["pool"] = torch.zeros(width, PIECES * width)
        for i, _ in enumerate(self.dilations):
            made[f"layer{i}"] = torch.randn(3 * width, PIECES * width) * (3 * width) ** -0.5
        for name in ["mix", *(f"layer{i}" for i, _ in enumerate(self.dilations))]:
            made[f"{name}_bias"] = torch.zeros(PIECES * width)
            made[f"{name}_gain"], made[f"{name}_shift"] = torch.ones(width), torch.zeros(width)
        made["out"] = torch.randn(width, tags) * 0.01
        made["out_bias"] = torch.zeros(tags)
        made["domain_mix"] = torch.zeros(len(data.domains), PIECES * width)
        made["domain_out"] = torch.zeros(len(data.domains), tags)
        for name, value in made.items():
            self.register_parameter(name, nn.Parameter(value))

    def begin_with(self, path: Path) -> None:
        """Weights of an earlier network of the same shape; what it has not stays as it is.

        ``path`` is what this script wrote, or a package's ``ner/model``, where tables are bytes
        with what a step of each column is worth.
        """
        with np.load(path) as arrays:
            for name in set(arrays) & set(dict(self.named_parameters())):
                weight = arrays[name].astype("float32") * arrays.get(f"{name}.steps", 1)
                self.get(name).data.copy_(torch.from_numpy(weight))

    def freeze(self, layers: int) -> None:
        """Keep the tables as they are, and so many layers with what comes before them."""
        kept = {f"table{i}" for i in range(len(self.data.tables))} if layers >= 0 else set()
        if layers > 0:
            for name in ("mix", *(f"layer{i}" for i in range(layers))):
                kept |= {name, f"{name}_bias", f"{name}_gain", f"{name}_shift"}
        for name, parameter in self.named_parameters():
            parameter.requires_grad_(name not in kept)

    def get(self, name: str) -> Tensor:
        found: Tensor = getattr(self, name)
        return found

    def normalise(self, x: Tensor, name: str) -> Tensor:
        width = self.asked.width
        x = x.view(-1, PIECES, width).amax(1)
        gain, shift = self.get(f"{name}_gain"), self.get(f"{name}_shift")
        return F.layer_norm(x, (width,), gain, shift, TINY)

    def spread_bits(self, words: Tensor, beside: Tensor) -> Tensor:
        """The hints of tokens as numbers; in training some go without lists."""
        bits = self.data.bits[words] | beside
        columns = torch.arange(self.bits, device=bits.device)
        spread = ((bits[:, None] >> columns) & 1).float() * HINT_SCALE
        if self.training:
            gone = torch.rand(len(bits), 1, device=bits.device) < self.asked.list_dropout
            spread[:, :LISTS] *= ~gone
        return spread

    def forward(self, batch: dict[str, Any]) -> Tensor:
        """Log-probabilities of the tags of a batch's tokens."""
        data, asked = self.data, self.asked
        words = data.on["tokens"][batch["index"]].long()
        rows = data.rows[words].long().view(len(words), -1, 4)
        found = []
        for i in range(len(data.tables)):
            table = self.get(f"table{i}")
            found.append(F.embedding_bag(rows[:, i], table, mode="sum"))
        tables = torch.stack(found, 1)
        if self.training:
            keep = torch.rand(tables.shape[:2], device=tables.device) > asked.table_dropout
            tables = tables * keep[:, :, None] / (1 - asked.table_dropout)
        known = torch.cat([tables.flatten(1), data.vectors[words] * VECTOR_SCALE], 1)
        known = F.dropout(known, asked.dropout, self.training)
        hints = self.spread_bits(words, data.on["beside"][batch["index"]])
        mixed = torch.cat([known, hints], 1) @ self.mix + self.mix_bias
        mixed = mixed + self.domain_mix[batch["domain"]]
        inside = F.dropout(self.normalise(mixed, "mix"), asked.dropout, self.training)
        states = torch.zeros(batch["size"], asked.width, device=mixed.device)
        states = states.index_copy(0, batch["place"], inside)
        mask = torch.zeros(batch["size"], 1, device=mixed.device)
        mask[batch["place"]] = 1
        for number, step in enumerate(self.dilations):
            states = states + mask * self.look_around(states, batch, number, step)
        scores = states[batch["place"]] @ self.out + self.out_bias
        return F.log_softmax(scores + self.domain_out[batch["domain"]], 1)

    def look_around(self, states: Tensor, batch: dict[str, Any], number: int, step: int) -> Tensor:
        """What one layer adds."""
        padded = F.pad(states, (0, 0, step, step))
        size = len(states)
        window = [padded[:size], states, padded[2 * step :]]
        sums = torch.cat(window, 1) @ self.get(f"layer{number}") + self.get(f"layer{number}_bias")
        if number == self.asked.pool_at and len(batch["named"]):
            total = torch.zeros(len(batch["count"]), self.asked.width, device=states.device)
            total = total.index_add(0, batch["group"], states[batch["named"]])
            mean = total / batch["count"][:, None]
            sums = sums.index_add(0, batch["named"], (mean @ self.pool)[batch["group"]])
        return F.dropout(self.normalise(sums, f"layer{number}"), self.asked.dropout, self.training)


def loss_of(scores: Tensor, data: Data, index: Tensor, soft: float) -> Tensor:
    """The mean loss of tokens; those that the teacher labelled weigh ``soft``."""
    targets = data.on["targets"][index].long()
    is_gold = targets >= 0
    allowed = data.allow[targets.clamp(min=0)]
    gold = -torch.logsumexp(scores.masked_fill(~allowed, -1e9), 1)
    chances = data.on["chances"][index].float()
    chances = chances / chances.sum(1, keepdim=True).clamp(min=1)
    told = -(chances * scores.gather(1, data.on["top"][index].long())).sum(1)
    return torch.where(is_gold, gold, soft * told).mean()


def make_optimizer(student: Student, asked: argparse.Namespace) -> torch.optim.AdamW:
    """AdamW for what is learned; each group has the ``times`` by which it learns faster."""
    # What an earlier network has not learns faster than what it has.
    fresh = {"out", "out_bias", "pool", "domain_mix", "domain_out"} if asked.begin else set()
    groups: dict[tuple[bool, bool], list[Tensor]] = {}
    for name, parameter in student.named_parameters():
        if parameter.requires_grad:
            groups.setdefault((parameter.ndim > 1, name in fresh), []).append(parameter)
    described = [
        {
            "params": some,
            "weight_decay": 0.01 if is_matrix else 0.0,
            "times": asked.fresh if is_fresh else 1.0,
        }
        for (is_matrix, is_fresh), some in groups.items()
    ]
    return torch.optim.AdamW(described, lr=asked.rate, betas=(0.9, 0.98))


def train(data: Data, asked: argparse.Namespace, device: str) -> tuple[Student, int]:
    """The averaged weights after so many steps or seconds, and how many steps it were."""
    torch.manual_seed(asked.seed)
    chance = np.random.default_rng(asked.seed)
    student = Student(data, asked, asked.bits).to(device)
    if asked.begin:
        student.begin_with(asked.begin)
    student.freeze(asked.frozen)
    optimizer = make_optimizer(student, asked)
    learned = [(name, p) for name, p in student.named_parameters() if p.requires_grad]
    parameters = [p for _, p in learned]
    mean = [p.detach().clone() for p in parameters]
    gap, begin, step = max(student.dilations), time.monotonic(), 0
    for documents in draw_batches(data, asked, chance):
        done = step / asked.steps if asked.steps else (time.monotonic() - begin) / asked.seconds
        if done >= 1:
            break
        rate = asked.rate * min(1.0, (step + 1) / asked.warmup) * (1 - done)
        for group in optimizer.param_groups:
            group["lr"] = group["times"] * rate
        batch = data.batch(documents, gap, device)
        loss = loss_of(student(batch), data, batch["index"], asked.soft)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(parameters, 1.0)
        optimizer.step()
        step += 1
        with torch.no_grad():
            decay = min(asked.average, (1 + step) / (10 + step))
            torch._foreach_lerp_(mean, parameters, 1 - decay)
        if step % asked.report == 0:
            seconds = time.monotonic() - begin
            print(f"step {step} loss {loss.item():.4f} {seconds:.0f} s", flush=True)
        if asked.checkpoint_every and step % asked.checkpoint_every == 0:
            averaged = {name: value for (name, _), value in zip(learned, mean, strict=True)}
            target = asked.target.with_name(f"{asked.target.name}-{step}")
            write(dict(student.named_parameters()) | averaged, student, target, step, {})
    with torch.no_grad():
        for parameter, value in zip(parameters, mean, strict=True):
            parameter.copy_(value)
    return student.eval(), step


def read_spans(tags: Any, chances: Any, offsets: Any, decoder: Any) -> set[tuple[int, int, int]]:
    """(first token, token behind the last, label), counted through all documents."""
    return {
        (int(offsets[start]), int(offsets[end - 1]) + 1, label)
        for start, end, label, _ in decoder.read_entities(tags, chances)
    }


@torch.no_grad()
def evaluate(student: Student, data: Data, device: str) -> dict[str, Any]:
    """Exact span and label on each part that was not learned, on tokens."""
    decoder = load_decoder()
    gap = max(student.dilations)
    single = data.allowed.sum(1) == 1
    tag_of = data.allowed.argmax(1)
    known: set[tuple[int, ...]] = set()
    for document in data.first[[data.is_learned(p) for p in data.part[data.first]]]:
        here = slice(data.starts[document], data.starts[document] + data.lengths[document])
        targets = data.targets[here]
        if (targets < 0).any():
            continue
        # The first allowed tag has the right position whatever the label.
        tags = tag_of[targets]
        flat = np.ones(len(tags))
        for start, end, _, _ in decoder.read_entities(tags, flat):
            known.add(tuple(data.tokens[here][start:end].tolist()))
    result: dict[str, Any] = {}
    for part, name in enumerate(data.parts):
        if data.is_learned(part):
            continue
        gold: set[tuple[int, int, int]] = set()
        found: set[tuple[int, int, int]] = set()
        documents = np.flatnonzero(data.part == part)
        for some in np.array_split(documents, 1 + len(documents) // 64):
            batch = data.batch(some, gap, device)
            scores = student(batch).float().cpu().numpy()
            tags = decoder.choose_tags(scores, batch["owner"])
            here = batch["here"]
            targets = data.targets[here]
            is_silent = data.allowed[targets].all(1)
            right = np.where(is_silent, 0, tag_of[targets])
            flat = np.ones(len(tags))
            spans = read_spans(tags, flat, here, decoder)
            silent = set(here[is_silent].tolist())
            found |= {s for s in spans if not silent & set(range(s[0], s[1]))}
            gold |= read_spans(right, flat, here, decoder)
        result[name] = score_sets(gold, found, data, known, bool(single[data.targets[here]].all()))
    return result


def score_sets(
    gold: set[Any], found: set[Any], data: Data, known: set[Any], is_own: bool
) -> dict[str, Any]:
    """F by label; where a corpus has labels of its own (``is_own`` not), only folded to three."""

    def f(one: set[Any], two: set[Any]) -> float:
        return round(200 * len(one & two) / max(1, len(one) + len(two)), 2)

    def fold(spans: set[Any]) -> set[Any]:
        named = ((s, e, THREE.get(data.labels[label])) for s, e, label in spans)
        return {span for span in named if span[2]}

    def is_new(span: Any) -> bool:
        return tuple(data.tokens[span[0] : span[1]].tolist()) not in known

    three = fold(gold), fold(found)
    result: dict[str, Any] = {"three": f(*three), "names": len(gold)}
    pick = (gold, found) if is_own else three
    result["spans"] = f({s[:2] for s in pick[0]}, {s[:2] for s in pick[1]})
    new = [{s for s in spans if is_new(s)} for spans in pick]
    result["new"] = f(*new)
    result["new_names"] = len(new[0])
    if is_own:
        result["F"] = f(gold, found)
        for number, label in enumerate(data.labels):
            sets = ({s for s in spans if s[2] == number} for spans in (gold, found))
            result[label] = f(*sets)
    else:
        for label in ("PER", "ORG", "LOC"):
            result[label] = f(*({s for s in spans if s[2] == label} for spans in three))
    return result


def write(
    weights: dict[str, Any], student: Student, target: Path, steps: int, scores: dict[str, Any]
) -> None:
    """Write ``weights`` (float16) and how they came about: ``target`` with .npz and .json."""
    asked, data = student.asked, student.data
    half = {name: w.detach().cpu().numpy().astype("float16") for name, w in weights.items()}
    np.savez_compressed(target.with_suffix(".npz"), **half)
    shape = {
        "width": asked.width,
        "table_width": asked.table_width,
        "vector_width": data.vectors.shape[1],
        "bits": asked.bits,
        "dilations": student.dilations,
        "pool_at": asked.pool_at,
        "tables": data.tables,
        "labels": data.labels,
    }
    options = {key: str(value) for key, value in vars(asked).items()}
    record = {"shape": shape, "domains": data.domains, "steps": steps, "options": options}
    text = json.dumps(record | {"scores": scores}, indent=1)
    target.with_suffix(".json").write_text(text + "\n", encoding="utf-8")


def main() -> None:
    """See ``--help``."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("target", type=Path, help="without suffix: .npz and .json are written")
    parser.add_argument("--begin", type=Path, help="weights to begin with: npz, or ner/model")
    parser.add_argument("--frozen", type=int, default=-1, help="layers kept; 0: only the tables")
    parser.add_argument("--unscored", action="store_true", help="only learn")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--steps", type=int, default=0)
    parser.add_argument("--seconds", type=float, default=600, help="of training, if not --steps")
    parser.add_argument("--until", type=float, help="as a Unix time, in place of --seconds")
    parser.add_argument("--batch", type=int, default=4000, help="tokens")
    parser.add_argument("--rate", type=float, default=0.003)
    parser.add_argument("--fresh", type=float, default=4, help="times the rate: what --begin lacks")
    parser.add_argument("--warmup", type=int, default=200, help="steps")
    parser.add_argument("--average", type=float, default=0.998)
    parser.add_argument("--dropout", type=float, default=0.2)
    parser.add_argument("--table-dropout", type=float, default=0.2)
    parser.add_argument("--list-dropout", type=float, default=0.2)
    parser.add_argument("--width", type=int, default=96)
    parser.add_argument("--table-width", type=int, default=96)
    parser.add_argument("--dilations", default="1,1,1,1")
    parser.add_argument("--pool-at", type=int, default=2)
    parser.add_argument("--bits", type=int, default=52)
    parser.add_argument("--soft", type=float, default=1.0, help="weight of the teacher's labels")
    parser.add_argument("--checkpoint-every", type=int, default=0, help="steps; 0 for never")
    parser.add_argument("--report", type=int, default=500, help="steps")
    parser.add_argument("--shares", nargs="*", default=[], help="FILE=how often in each round")
    asked = parser.parse_args()
    device = "cuda" if torch.cuda.is_available() else "cpu"
    torch.set_float32_matmul_precision("high")
    data = Data(asked.data, device)
    if asked.until:
        asked.seconds = asked.until - time.time()
    student, steps = train(data, asked, device)
    scores = {} if asked.unscored else evaluate(student, data, device)
    write(dict(student.named_parameters()), student, asked.target, steps, scores)
    print(asked.target, steps, json.dumps(scores), flush=True)


if __name__ == "__main__":
    main()
