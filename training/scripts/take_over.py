"""The weights of a pipeline with the old layers (``nb_newsbeam/names.py``), to begin training with.

Its embedding and its window encoder are the recognizer's; its parser has no place there.
"""

from __future__ import annotations

import sys
from typing import Any

import nb_newsbeam  # noqa: F401  (spaCy finds the layers there)
import numpy as np
import spacy


def order_pieces(node: Any) -> tuple[Any, Any]:
    """A maxout's weights (inputs x pieces x outputs, flat) and bias, pieces side by side."""
    weight, bias = node.get_param("W"), node.get_param("b")
    inputs = weight.shape[2]
    return weight.transpose(2, 1, 0).reshape(inputs, -1), bias.T.reshape(-1)


def main(pipeline: str, target: str, bits: str) -> None:
    """Write ``target`` (npz). ``bits``: how many hints the recognizer has."""
    model = spacy.load(pipeline).get_pipe("tok2vec").model
    nodes: dict[str, list[Any]] = {}
    for node in model.walk():
        nodes.setdefault(node.name, []).append(node)
    found: dict[str, Any] = {
        f"table{i}": node.get_param("E") for i, node in enumerate(nodes["hashembed"])
    }
    names = ["mix", *(f"layer{i}" for i in range(len(nodes["maxout"]) - 1))]
    for name, maxout, norm in zip(names, nodes["maxout"], nodes["layernorm"], strict=True):
        found[name], found[f"{name}_bias"] = order_pieces(maxout)
        found[f"{name}_gain"], found[f"{name}_shift"] = norm.get_param("G"), norm.get_param("b")
    (vectors,) = nodes["static_vectors"]
    project = vectors.get_param("W")  # outputs x numbers of a vector
    tables = sum(found[f"table{i}"].shape[1] for i in range(len(nodes["hashembed"])))
    mix, width = found["mix"], project.shape[0]
    hints = np.zeros((int(bits), mix.shape[1]), dtype="float32")
    known = mix[tables + width :]
    hints[: len(known)] = known
    found["mix"] = np.concatenate([mix[:tables], project.T @ mix[tables : tables + width], hints])
    np.savez(target, **found)
    print({name: weight.shape for name, weight in found.items()})


if __name__ == "__main__":
    main(*sys.argv[1:])
