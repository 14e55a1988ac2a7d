"""The mean of two networks of one shape, of which the second began as the first.

What was learned later fits its texts closer; halfway between both, names of other texts come out
better (Wortsman et al. 2022, "Model soups").
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np


def main(old: str, new: str, target: str, share: str = "0.5") -> None:
    """Write ``target`` (.npz, .json): ``share`` of the new network, the rest of the old one.

    ``old`` is a package's ``ner/model`` or what ``student.py`` wrote (with suffix); ``new`` and
    ``target`` go without. Biases of kinds of annotation that the old one lacks count as 0 there.
    """
    part = float(share)
    with np.load(old) as begun, np.load(f"{new}.npz") as learned:
        mixed = {
            name: part * weight.astype("float32")
            + (1 - part) * begun.get(name, np.zeros(1)) * begun.get(f"{name}.steps", 1)
            for name, weight in learned.items()
        }
    half = {name: weight.astype("float16") for name, weight in mixed.items()}
    np.savez_compressed(f"{target}.npz", **half)
    record = json.loads(Path(f"{new}.json").read_text(encoding="utf-8"))
    record["options"]["share"] = share
    Path(f"{target}.json").write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
