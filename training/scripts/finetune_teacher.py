"""Teach the pretrained encoder entities, on corpora whose labels differ.

The loss of a word is the logarithm of what the model gives to all tags that its gold may mean
(Greenberg et al. 2018): Swedish LOC may be GPE_LOC, LOC or GPE_ORG of NorNE. What a corpus does not
annotate at all counts for a part, so that O is likelier there and products are not unlearned.
"""

from __future__ import annotations

import time
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from pretrain_teacher import mask_words
from teacher_data import Gold, Ints, Pieces, index_ranges
from teacher_model import Teacher, make_tuning_optimizer
from torch import Tensor

UNTOLD = 0.3  # what a tag counts that the corpus does not annotate
DROPOUT = 0.15
MASKED = 0.06  # of the words, as noise
NO_LISTS = 0.15  # of the texts, and of the words in others: without the lists of names
WARM_UP = 0.06
CLIP = 1.0


@dataclass(frozen=True)
class Lesson:
    """One corpus or a variant of it, in pieces; ``hard`` is 0 where nothing is to be learned."""

    pieces: Pieces
    hints: Ints  # per piece, the bits of its word
    hard: Ints
    soft: Ints
    share: float  # of its documents in a round
    variants: int = 1  # the documents stand in this many forms one after the other


def make_lesson(gold: Gold, pieces: Pieces, hints: Ints, share: float, variants: int = 1) -> Lesson:
    """Put the bits of tokens on their pieces: tags on the first of a word, hints on all."""
    token = np.maximum(pieces.token_of, 0)
    is_tagged = pieces.is_first & (pieces.token_of >= 0)
    is_word = pieces.token_of >= 0
    return Lesson(
        pieces,
        np.where(is_word, hints[token], 0),
        np.where(is_tagged, gold.hard[token], 0),
        np.where(is_tagged, gold.soft[token], 0),
        share,
        variants,
    )


def draw_round(
    lessons: list[Lesson], random: np.random.Generator, length: int
) -> npt.NDArray[np.int64]:
    """Windows (n x length x 5) of pieces, hints, hard, soft and first, all documents shuffled."""
    parts, sizes = [], []
    for lesson in lessons:
        count = (len(lesson.pieces.offsets) - 1) // lesson.variants
        chosen = np.flatnonzero(random.random(count) < lesson.share)
        chosen = chosen + count * random.integers(lesson.variants, size=len(chosen))
        own = np.diff(lesson.pieces.offsets)[chosen]
        index = index_ranges(lesson.pieces.offsets[chosen], own)
        columns = (lesson.pieces.pieces, lesson.hints, lesson.hard, lesson.soft)
        part = [column[index].astype(np.int64) for column in columns]
        parts.append(np.stack([*part, lesson.pieces.is_first[index]], axis=1))
        sizes.append(own)
    rows, size = np.concatenate(parts), np.concatenate(sizes)
    starts = np.cumsum(size) - size
    order = random.permutation(len(size))
    rows = rows[index_ranges(starts[order], size[order])]
    rows = np.roll(rows, random.integers(length), axis=0)
    usable = len(rows) // length * length
    windows = rows[:usable].reshape(-1, length, 5)
    return windows[random.permutation(len(windows))]


def tag_loss(scores: Tensor, hard: Tensor, soft: Tensor) -> Tensor:
    """Mean over annotated places of -log of what is given to the allowed tags."""
    columns = torch.arange(scores.size(-1), device=scores.device)
    weight = ((hard[..., None] >> columns) & 1) + UNTOLD * ((soft[..., None] >> columns) & 1)
    given = torch.logsumexp(scores.float().log_softmax(-1) + weight.clamp(min=1e-9).log(), dim=-1)
    told = (hard != 0).float()
    return -(given * told).sum() / told.sum().clamp(min=1)


def finetune(
    model: Teacher,
    lessons: list[Lesson],
    list_bits: int,
    seed: int,
    rate: float,
    rounds: int,
    batch: int,
    seconds: float,
) -> dict[str, float]:
    """Train in place for ``rounds`` or ``seconds``, whichever ends first by the falling rate."""
    device = model.embed.weight.device.type
    random = np.random.default_rng(seed)
    torch.manual_seed(seed)
    optimizer = make_tuning_optimizer(model, rate, layer_decay=0.9)
    begin = time.monotonic()
    losses: list[Tensor] = []
    step = done_rounds = 0
    done = 0.0
    while done < 1:
        drawn = draw_round(lessons, random, model.shape.length)
        windows = torch.from_numpy(drawn).to(device)
        count = len(windows) // batch
        for i in range(count):
            done = max((time.monotonic() - begin) / seconds, (done_rounds + i / count) / rounds)
            if done >= 1:
                break
            pieces, hints, hard, soft, first = windows[i * batch : (i + 1) * batch].unbind(-1)
            shown, _ = mask_words(pieces, first != 0, MASKED, model.shape.pieces)
            chance = torch.rand(hints.shape, device=device)
            gone = (chance < NO_LISTS) | (chance[:, :1] < NO_LISTS)
            hints = torch.where(gone, hints & ~list_bits, hints)
            for group in optimizer.param_groups:
                group["lr"] = group["base"] * min(done / WARM_UP, (1 - done) / (1 - WARM_UP))
            with torch.autocast(device, torch.bfloat16):
                vectors = model.encode(shown, hints, DROPOUT)
                scores = model.tag(vectors)
            loss = tag_loss(scores, hard, soft)
            loss.backward()
            torch.nn.utils.clip_grad_norm_(model.parameters(), CLIP, foreach=True)
            optimizer.step()
            model.zero_grad(set_to_none=True)
            losses.append(loss.detach())
            step += 1
            if step % 10 == 0 and device == "cuda":
                torch.cuda.synchronize()
        else:
            done_rounds += 1
            done = max(done, done_rounds / rounds)
        if not count:
            raise ValueError("The corpora are shorter than one batch.")
    last = float(torch.stack(losses[-50:]).mean())
    return {"loss": last, "steps": step, "rounds": done_rounds, "seconds": time.monotonic() - begin}
