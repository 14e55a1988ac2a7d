"""The arrays of ``pack_data.py`` for ``student.py``: documents by number, batches of them."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor


class Data:
    """The arrays of ``pack_data.py``: what a batch needs on the device, the rest here."""

    def __init__(self, path: Path, device: str) -> None:
        arrays = dict(np.load(path))
        self.labels = [str(label) for label in arrays["labels"]]
        self.tables = [tuple(int(n) for n in table) for table in arrays["tables"]]
        self.domains = [str(name) for name in arrays["domains"]]
        self.parts = [str(name) for name in arrays["parts"]]
        self.lengths = arrays["lengths"].astype(np.int64)
        self.starts = np.concatenate(([0], np.cumsum(self.lengths)[:-1]))
        self.text, self.domain, self.part = arrays["documents"].T.astype(np.int64)
        self.tokens, self.targets = arrays["tokens"], arrays["targets"]
        self.mentions, self.allowed = arrays["mentions"], arrays["allowed"]
        # The documents of each text stand together, the unchanged one first.
        self.first = np.flatnonzero(np.concatenate(([True], np.diff(self.text) != 0)))
        self.variants = np.diff(np.append(self.first, len(self.text)))

        def put(name: str, kind: Any = None) -> Tensor:
            return torch.from_numpy(arrays[name]).to(device, kind)

        self.on = {name: put(name) for name in ("tokens", "beside", "top", "chances", "targets")}
        self.rows = put("word_rows", torch.int32)
        self.vectors = put("word_vectors").float() * put("vector_steps")
        self.bits = put("word_bits")
        self.allow = put("allowed").bool()

    def is_learned(self, part: int) -> bool:
        return not self.parts[part].endswith(("-dev", "-heldout"))

    def batch(self, documents: Any, gap: int, device: str) -> dict[str, Any]:
        """The tokens of some documents, where each stands between gaps, and its name's group."""
        sizes = self.lengths[documents]
        ends = np.cumsum(sizes)
        index = np.arange(ends[-1]) + np.repeat(self.starts[documents] - (ends - sizes), sizes)
        owner = np.repeat(np.arange(len(documents)), sizes)
        place = np.arange(len(index)) + (owner + 1) * gap
        mention = self.mentions[index]
        named = np.flatnonzero(mention)
        _, group, count = np.unique(mention[named], return_inverse=True, return_counts=True)
        twice = count[group] > 1
        _, group, count = np.unique(group[twice], return_inverse=True, return_counts=True)
        sent = [index, place, self.domain[documents][owner], place[named[twice]], group, count]
        on = [torch.from_numpy(a).to(device, non_blocking=True) for a in sent]
        names = ("index", "place", "domain", "named", "group", "count")
        size = int(place[-1]) + 1 + gap
        return dict(zip(names, on, strict=True)) | {"size": size, "owner": owner, "here": index}


def draw_batches(data: Data, asked: argparse.Namespace, chance: Any) -> Iterator[Any]:
    """Documents for one step after the other, without end."""
    shares = dict(pair.split("=") for pair in asked.shares)
    learned = [p for p, _ in enumerate(data.parts) if data.is_learned(p)]
    while True:
        chosen = []
        for part in learned:
            texts = np.flatnonzero(data.part[data.first] == part)
            share = float(shares.get(data.parts[part], 1))
            count = int(share * len(texts) + chance.random())
            whole, rest = divmod(count, max(1, len(texts)))
            chosen += [texts] * whole + [chance.permutation(texts)[:rest]]
        order = chance.permutation(np.concatenate(chosen))
        variant = (chance.random(len(order)) * data.variants[order]).astype(int)
        documents = data.first[order] + variant
        cuts = np.cumsum(data.lengths[documents]) // asked.batch
        yield from np.split(documents, np.flatnonzero(np.diff(cuts)) + 1)
