"""The mean of the weights of several networks that began as the same one.

Seeds that part from one start end in one valley, and what lies between them does better than each
(Wortsman et al. 2022, "Model soups"). ``mix_weights.py`` mixes what comes out with the start.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np


def main(target: str, *networks: str) -> None:
    """Write ``target`` (.npz, .json) from what ``student.py`` wrote; all without suffix.

    The record is that of the first, with the seeds and steps of all. Raises ``KeyError`` where
    the networks are of different shapes.
    """
    weights = []
    for name in networks:
        with np.load(f"{name}.npz") as arrays:
            weights.append({key: array.astype("float32") for key, array in arrays.items()})
    mean = {key: sum(one[key] for one in weights) / len(weights) for key in weights[0]}
    half = {key: weight.astype("float16") for key, weight in mean.items()}
    np.savez_compressed(f"{target}.npz", **half)
    records = [json.loads(Path(f"{name}.json").read_text(encoding="utf-8")) for name in networks]
    record = records[0]
    record["options"]["seeds"] = ",".join(one["options"]["seed"] for one in records)
    record["steps"] = sum(one["steps"] for one in records)
    Path(f"{target}.json").write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
