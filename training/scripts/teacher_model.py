"""The teacher: a transformer encoder for masked words and for entities, and its optimizers.

Pre-norm blocks with rotary positions (Su et al. 2021), normalized queries and keys, GeGLU (Shazeer
2020) and no biases, as recent encoders have them; matrices learn by Muon (Jordan et al. 2024,
scaled as by Liu et al. 2025), all else by AdamW. Everything runs on a CPU too, for tests.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import asdict, dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn


@dataclass(frozen=True)
class Shape:
    """Sizes of the teacher; ``length`` is pieces a window, ``hints`` the bits of a word."""

    pieces: int = 20480
    width: int = 512
    layers: int = 12
    heads: int = 8
    inner: int = 1408
    length: int = 384
    hints: int = 41
    tags: int = 33

    def to_dict(self) -> dict[str, int]:
        return asdict(self)


def _rotate(x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
    left, right = x.chunk(2, dim=-1)
    return torch.cat((left * cos - right * sin, left * sin + right * cos), dim=-1)


class Block(nn.Module):
    """One layer: attention over the window and a gated hidden layer, each added to its input."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.heads = shape.heads
        self.qkv = nn.Linear(shape.width, 3 * shape.width, bias=False)
        self.out = nn.Linear(shape.width, shape.width, bias=False)
        self.up = nn.Linear(shape.width, 2 * shape.inner, bias=False)
        self.down = nn.Linear(shape.inner, shape.width, bias=False)
        for layer in (self.qkv, self.up):
            nn.init.normal_(layer.weight, std=0.5 * shape.width**-0.5)
        for layer in (self.out, self.down):
            nn.init.zeros_(layer.weight)

    def forward(self, x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
        batch, length, width = x.shape
        size = (batch, length, self.heads, width // self.heads)
        q, k, v = self.qkv(F.rms_norm(x, (width,))).chunk(3, dim=-1)
        q, k, v = (part.view(size).transpose(1, 2) for part in (q, k, v))
        q, k = (F.rms_norm(part, (size[-1],)) for part in (q, k))
        q, k = (_rotate(part, cos, sin).to(v.dtype) for part in (q, k))
        mixed = F.scaled_dot_product_attention(q, k, v).transpose(1, 2).reshape(x.shape)
        x = x + self.out(mixed)
        left, gate = self.up(F.rms_norm(x, (width,))).chunk(2, dim=-1)
        return x + self.down(left * F.gelu(gate, approximate="tanh"))


class Teacher(nn.Module):
    """Pieces (batch x length) to vectors, to masked pieces or to the scores of tags."""

    cos: Tensor
    sin: Tensor

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.shape = shape
        self.embed = nn.Embedding(shape.pieces, shape.width)
        nn.init.normal_(self.embed.weight, std=0.02)
        self.blocks = nn.ModuleList(Block(shape) for _ in range(shape.layers))
        self.guess = nn.Linear(shape.width, shape.width, bias=False)
        self.guess_bias = nn.Parameter(torch.zeros(shape.pieces))
        self.hint = nn.Linear(shape.hints, shape.width, bias=False)
        nn.init.zeros_(self.hint.weight)
        self.tag = nn.Linear(shape.width, shape.tags)
        nn.init.normal_(self.tag.weight, std=0.02)
        nn.init.zeros_(self.tag.bias)
        half = shape.width // shape.heads // 2
        turns = torch.outer(
            torch.arange(shape.length).float(), 10_000.0 ** -(torch.arange(half).float() / half)
        )
        self.register_buffer("cos", turns.cos(), persistent=False)
        self.register_buffer("sin", turns.sin(), persistent=False)

    def encode(self, pieces: Tensor, hints: Tensor | None = None, dropout: float = 0.0) -> Tensor:
        """Vectors (batch x length x width) of pieces and the bits (int64) of their words."""
        x = F.rms_norm(self.embed(pieces), (self.shape.width,))
        if hints is not None:
            columns = torch.arange(self.shape.hints, device=hints.device)
            x = x + self.hint(((hints[..., None] >> columns) & 1).to(x.dtype))
        x = F.dropout(x, dropout, training=dropout > 0)
        x = x.bfloat16() if x.is_cuda else x
        for block in self.blocks:
            x = block(x, self.cos, self.sin)
        return F.dropout(F.rms_norm(x, (self.shape.width,)), dropout, training=dropout > 0)

    def guess_loss(self, vectors: Tensor, gold: Tensor, weights: Tensor) -> Tensor:
        """Mean cross entropy of pieces ``gold`` (n) from ``vectors`` (n x width)."""
        x = F.rms_norm(F.gelu(self.guess(vectors)), (self.shape.width,))
        scores = F.linear(x, self.embed.weight, self.guess_bias)
        losses = F.cross_entropy(scores.float(), gold, reduction="none")
        return (losses * weights).sum() / weights.sum().clamp(min=1)

    def compile_blocks(self) -> None:
        """Compile the blocks in place; one compilation serves all of them."""
        for block in self.blocks:
            block.compile(fullgraph=True, dynamic=False)

    def undo_compile(self) -> None:
        """Run the blocks as they are."""
        for block in self.blocks:
            block._compiled_call_impl = None


def _orthogonalize(g: Tensor) -> Tensor:
    """Matrices (n x rows x columns) with singular values near 1, by five Newton-Schulz steps."""
    x = g.bfloat16() if g.is_cuda else g.float()
    is_tall = x.size(-2) > x.size(-1)
    x = x.mT if is_tall else x
    x = x / (x.norm(dim=(-2, -1), keepdim=True) + 1e-7)
    for _ in range(5):
        square = x @ x.mT
        x = 3.4445 * x + (-4.7750 * square + 2.0315 * square @ square) @ x
    return x.mT if is_tall else x


class Muon:
    """Momentum, made orthogonal; equal matrices of all layers at once.

    ``split`` says of how many square-like matrices a parameter is made (query, key and value).
    """

    def __init__(self, groups: Iterable[tuple[list[nn.Parameter], int]], decay: float) -> None:
        self.groups = [(params, split) for params, split in groups]
        self.momentum = [
            torch.zeros(len(params) * split, params[0].size(0) // split, params[0].size(1)).to(
                params[0].device
            )
            for params, split in self.groups
        ]
        self.decay = decay

    @torch.no_grad()
    def step(self, rate: float, beta: float = 0.95) -> None:
        for (params, _), momentum in zip(self.groups, self.momentum, strict=True):
            grads = torch.stack([p.grad for p in params if p.grad is not None])
            grads = grads.view(momentum.shape)
            momentum.lerp_(grads, 1 - beta)
            update = _orthogonalize(grads.lerp(momentum, beta)).float()
            scale = 0.2 * max(momentum.shape[-2:]) ** 0.5 * rate
            updates = list(update.view(len(params), *params[0].shape).unbind(0))
            torch._foreach_mul_(params, 1 - rate * self.decay)
            torch._foreach_add_(params, updates, alpha=-scale)


def make_pretrain_optimizers(model: Teacher, rate: float) -> tuple[Muon, torch.optim.AdamW]:
    """Muon for the blocks' matrices, AdamW for the tables and the guessing layer."""
    by_name: dict[str, list[nn.Parameter]] = defaultdict(list)
    for name, parameter in model.blocks.named_parameters():
        by_name[name.split(".")[-2]].append(parameter)
    splits = {"qkv": 3, "out": 1, "up": 2, "down": 1}
    muon = Muon([(params, splits[name]) for name, params in by_name.items()], decay=0.05)
    others = [model.embed.weight, model.guess.weight, model.guess_bias]
    adam = torch.optim.AdamW(
        others, lr=rate, betas=(0.9, 0.98), weight_decay=0.01, fused=others[0].is_cuda
    )
    return muon, adam


def make_tuning_optimizer(model: Teacher, rate: float, layer_decay: float) -> torch.optim.AdamW:
    """AdamW with lower rates for the layers nearer to the input, higher ones for new layers."""
    depth = len(model.blocks)
    groups = [
        {"params": list(block.parameters()), "lr": rate * layer_decay ** (depth - 1 - i)}
        for i, block in enumerate(model.blocks)
    ]
    groups.append({"params": [model.embed.weight], "lr": rate * layer_decay**depth})
    new = [*model.tag.parameters(), *model.hint.parameters()]
    groups.append({"params": new, "lr": 5 * rate})
    for group in groups:
        group["base"] = group["lr"]
    return torch.optim.AdamW(
        groups, betas=(0.9, 0.98), weight_decay=0.01, fused=model.tag.weight.is_cuda
    )
