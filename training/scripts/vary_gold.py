"""Write annotated documents again with other names.

For the teacher the documents of a file stand first as they are, then once more for each variant, in
the same order. With ``unheard`` there are only variants, whose names no list holds
(``unheard_names.py``).
"""

from __future__ import annotations

import json
import random
import sys
from pathlib import Path

from exchange_names import choose_name, exchange_name
from unheard_names import choose_unheard


def main(source: str, target: str, variants: str, kind: str = "listed") -> None:
    """Write ``target`` (JSON a line) from ``source`` with so many variants."""
    chance = random.Random(source if kind == "listed" else f"{Path(source).name} {kind}")
    choose = choose_unheard if kind == "unheard" else choose_name
    rows = [json.loads(line) for line in Path(source).read_text(encoding="utf-8").splitlines()]
    with open(target, "w", encoding="utf-8") as out:
        for row in rows if kind == "listed" else ():
            out.write(json.dumps(row, ensure_ascii=False) + "\n")
        for _ in range(int(variants)):
            for row in rows:
                words = exchange_name(row["words"], row["tags"], chance, choose)
                out.write(json.dumps({**row, "words": words}, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
