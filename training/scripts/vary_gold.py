"""Write annotated documents again with other names, for the teacher.

The documents of a file stand first as they are, then once more for each variant, in the same order.
"""

from __future__ import annotations

import json
import random
import sys
from pathlib import Path

from exchange_names import exchange_name


def main(source: str, target: str, variants: str) -> None:
    """Write ``target`` (JSON a line) from ``source`` with so many variants."""
    chance = random.Random(source)
    rows = [json.loads(line) for line in Path(source).read_text(encoding="utf-8").splitlines()]
    with open(target, "w", encoding="utf-8") as out:
        for row in rows:
            out.write(json.dumps(row, ensure_ascii=False) + "\n")
        for _ in range(int(variants)):
            for row in rows:
                words = exchange_name(row["words"], row["tags"], chance)
                out.write(json.dumps({**row, "words": words}, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
