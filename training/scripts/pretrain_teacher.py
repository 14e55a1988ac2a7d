"""Teach the encoder to guess masked words, for as long as the clock allows.

All pieces lie on the device; each round through them takes the documents in another order. Whole
words are masked, many at first and fewer later (Wettig et al. 2023; Ankner et al. 2024); the rate
of learning rises, stays, and falls to nothing with the time.
"""

from __future__ import annotations

import time
from collections.abc import Iterator

import numpy as np
import torch
from teacher_data import MASK, SPECIAL, Pieces
from teacher_model import Teacher, make_pretrain_optimizers
from torch import Tensor

MASKED = (0.30, 0.15)  # of the words, at the beginning and at the end
RATE_MATRICES = 2e-3
RATE_TABLES = 2e-3
WARM_UP = 0.02  # of the time
FALL = 0.45  # of the time
CLIP = 1.0


def order_pieces(starts: Tensor, sizes: Tensor) -> Tensor:
    """Where each piece of the documents lies, the documents shuffled (all on one device)."""
    order = torch.randperm(len(sizes), device=sizes.device)
    starts, sizes = starts[order], sizes[order]
    ends = sizes.cumsum(0)
    steps = torch.arange(int(ends[-1]), device=sizes.device)
    return steps + torch.repeat_interleave(starts - (ends - sizes), sizes)


def read_batch(
    corpus: Pieces, copies: np.ndarray, batch: int, length: int, device: str
) -> Iterator[tuple[Tensor, Tensor]]:
    """Yield pieces and whether each begins a word (batch x length), for ever.

    ``copies`` is how often a round has each document.
    """
    documents = np.repeat(np.arange(len(copies)), copies)
    starts = torch.from_numpy(corpus.offsets[:-1][documents]).to(device)
    sizes = torch.from_numpy(np.diff(corpus.offsets)[documents]).to(device)
    # The highest bit says that the piece begins a word.
    marked = torch.from_numpy(corpus.pieces.astype(np.int32) | (corpus.is_first << 20)).to(device)
    while True:
        index = order_pieces(starts, sizes)
        usable = len(index) // (batch * length) * batch * length
        for begin in range(0, usable, batch * length):
            chosen = marked[index[begin : begin + batch * length]].view(batch, length)
            yield (chosen & 0xFFFFF).long(), chosen >> 20 != 0
        if not usable:
            raise ValueError("The text is shorter than one batch.")


def mask_words(pieces: Tensor, is_first: Tensor, share: float, words: int) -> tuple[Tensor, Tensor]:
    """Pieces with a share of the words masked, and where (bool); one in ten stays, one is another.

    ``words`` is how many pieces there are to choose another from.
    """
    word = is_first.long().cumsum(1)
    chance = torch.rand(pieces.shape, device=pieces.device)
    chance = chance.gather(1, word.clamp(max=pieces.size(1) - 1))
    masked = (chance < share) & ((pieces >= len(SPECIAL)) | (pieces == 1))
    dice = torch.rand(pieces.shape, device=pieces.device)
    other = torch.randint(len(SPECIAL), words, pieces.shape, device=pieces.device)
    shown = torch.where(masked & (dice < 0.85), MASK, pieces)
    return torch.where(masked & (dice >= 0.95), other, shown), masked


def rate_at(done: float) -> float:
    """The share of the full rate after the share ``done`` of the time."""
    return min(1.0, done / WARM_UP, max(0.0, (1 - done) / FALL))


def pretrain(
    model: Teacher,
    corpus: Pieces,
    copies: np.ndarray,
    batch: int,
    seconds: float,
    most_steps: int = 1_000_000,
) -> dict[str, float]:
    """Train in place for ``seconds``; return the last mean loss, steps and pieces a second."""
    device = model.embed.weight.device.type
    length = model.shape.length
    muon, adam = make_pretrain_optimizers(model, RATE_TABLES)
    parameters = [p for group in adam.param_groups for p in group["params"]]
    batches = read_batch(corpus, copies, batch, length, device)
    begin = last_print = time.monotonic()
    losses: list[Tensor] = []
    step, mean = 0, float("nan")
    while step < most_steps:
        done = max((time.monotonic() - begin) / seconds, step / most_steps)
        if done >= 1:
            break
        share = MASKED[0] + (MASKED[1] - MASKED[0]) * done
        pieces, is_first = next(batches)
        shown, masked = mask_words(pieces, is_first, share, model.shape.pieces)
        # A fixed number of places, so that the host never waits to learn how many there are.
        places = int(1.25 * share * batch * length)
        where = masked.view(-1).to(torch.uint8).argsort(descending=True, stable=True)[:places]
        with torch.autocast(device, torch.bfloat16):
            vectors = model.encode(shown).view(-1, model.shape.width)[where]
            loss = model.guess_loss(vectors, pieces.view(-1)[where], masked.view(-1)[where].float())
        loss.backward()
        torch.nn.utils.clip_grad_norm_(parameters, CLIP, foreach=True)
        rate = rate_at(done)
        adam.param_groups[0]["lr"] = RATE_TABLES * rate
        adam.step()
        muon.step(RATE_MATRICES * rate)
        model.zero_grad(set_to_none=True)
        losses.append(loss.detach())
        step += 1
        if step % 10 == 0 and device == "cuda":
            torch.cuda.synchronize()
        if step == 20 or time.monotonic() - last_print > 15:
            mean = float(torch.stack(losses).mean())
            losses, last_print = [], time.monotonic()
            spent = last_print - begin
            pace = step * batch * length / spent
            print(f"pretrain {spent:.0f} s, step {step}, loss {mean:.3f}, {pace:.0f}/s", flush=True)
    if losses:
        mean = float(torch.stack(losses).mean())
    spent = time.monotonic() - begin
    return {"loss": mean, "steps": step, "pieces_a_second": step * batch * length / spent}


def copy_documents(
    langs: np.ndarray, times: dict[str, int], languages: tuple[str, ...]
) -> np.ndarray:
    """How often a round has each document, by its language."""
    table = np.array([times.get(lang, 1) for lang in languages])
    return table[langs]
