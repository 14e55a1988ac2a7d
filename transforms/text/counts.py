"""Counted things in words, as every message says them."""

from __future__ import annotations

import re

_ENDS_IN_IES = re.compile(r"[^aeiou]y\Z")


def show_count(number: int, noun: str) -> str:
    """*1 article*, *2 articles*, *0 entries*, *5 old files*; ``noun`` is in the singular."""
    if number == 1:
        return f"1 {noun}"
    many = f"{noun[:-1]}ies" if _ENDS_IN_IES.search(noun) else f"{noun}s"
    return f"{number:,} {many}"
