"""What the teacher gives to each tag of each word of a text."""

from __future__ import annotations

import numpy as np
import torch
from teacher_data import PAD, Ints, Pieces
from teacher_model import Teacher
from torch import Tensor

MARGIN = 48  # pieces at a window's ends whose words another window sees better


def add_probabilities(
    model: Teacher, pieces: Pieces, hints: Ints, total: Tensor, batch: int
) -> None:
    """Add the model's probabilities of each token to ``total`` (tokens x tags, on the device).

    ``hints`` are the bits of each piece's word. Windows overlap; each piece counts in one.
    """
    device = model.embed.weight.device.type
    length = model.shape.length
    margin = min(MARGIN, length // 4)
    stride = length - 2 * margin
    count = -(-len(pieces.pieces) // stride)
    row = np.full(margin + count * stride + margin, PAD, dtype=np.int64)
    row[margin : margin + len(pieces.pieces)] = pieces.pieces
    text = torch.from_numpy(row).to(device)
    hint = torch.zeros(len(row), dtype=torch.int64, device=device)
    hint[margin : margin + len(hints)] = torch.from_numpy(hints).to(device)
    token = torch.full((len(row),), -1, dtype=torch.int64, device=device)
    numbers = np.where(pieces.is_first, pieces.token_of, -1).astype(np.int64)
    token[margin : margin + len(numbers)] = torch.from_numpy(numbers).to(device)
    with torch.no_grad(), torch.autocast(device, torch.bfloat16):
        for begin in range(0, count, batch):
            first = torch.arange(begin, begin + batch, device=device).clamp(max=count - 1) * stride
            index = first[:, None] + torch.arange(length, device=device)
            vectors = model.encode(text[index], hint[index])
            given = model.tag(vectors).float().softmax(-1)[:, margin : margin + stride]
            number = token[index][:, margin : margin + stride]
            number[min(batch, count - begin) :] = -1
            keep = number >= 0
            total[number[keep]] += given[keep].to(total.dtype)


def choose_top(total: Tensor, count: int) -> tuple[np.ndarray, np.ndarray]:
    """The ``count`` likeliest tags (uint8) of each row and their shares as 0 to 255 (uint8)."""
    tags, shares = [], []
    for part in total.split(1_000_000):
        share = part.float() / part.float().sum(-1, keepdim=True).clamp(min=1e-9)
        best = share.topk(count, dim=-1)
        tags.append(best.indices.to(torch.uint8).cpu().numpy())
        shares.append((best.values * 255).round().to(torch.uint8).cpu().numpy())
    return np.concatenate(tags), np.concatenate(shares)
