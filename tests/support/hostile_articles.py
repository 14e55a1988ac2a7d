"""Articles by people who wish the reader's browser ill. Whatever runs sets ``window.pwned``."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta

from newsbeam.transforms.records import (
    Article,
    Block,
    Entity,
    Metadata,
    Provenance,
    Quote,
    Rejection,
    RemovedLine,
)

SOURCE = "uvenn"
SCRIPT = "<script>window.pwned = 1</script>"
IMAGE = "<img src=x onerror='window.pwned = 2'>"
ENDING = "</script><script>window.pwned = 3</script><!-- <script>"
BIDI = "\u202etxt.exe\u202c \u2066lre\u2069"
CONTROLS = "\x1b[31mrød\x07 \x00\u2028\u200b"
TEMPLATE = "{{js}} ${window.pwned = 4} {{constructor.constructor('window.pwned = 5')()}}"
ALL = (SCRIPT, IMAGE, ENDING, BIDI, CONTROLS, TEMPLATE)
ADDRESSES = (
    "javascript:window.pwned=6//",
    "data:text/html,<script>opener.pwned=7</script>",
    "https://ok.example/\"onmouseover='window.pwned=8'",
)


def make_hostile(at: datetime) -> list[Article]:
    """One article a trick, each with the trick in every field, the newest at ``at``."""
    return [make_article(trick, at - timedelta(minutes=n), n) for n, trick in enumerate(ALL)]


def make_article(trick: str, at: datetime, number: int) -> Article:
    trick = trick.replace("\x00", "").replace("\u2028", " ") if number % 2 else trick
    address = f"{ADDRESSES[number % len(ADDRESSES)]}{number}"
    line = trick.replace("\n", " ")
    text = f"Innledning {line} slutt."
    said = f"Ord {line} her"
    spoken = f"– {said}, sier {line}."
    start = len(text) + 1 + 2
    return Article(
        Provenance(SOURCE, f"{number}", f"fil/{line}", hashlib.sha256(text.encode()).hexdigest()),
        Metadata(
            url=address,
            title=f"Tittel {line}",
            lead=f"Ingress {line}",
            authors=(f"Forfatter {line}",),
            published_at=at,
            section=line,
            tags=(line,),
            image_url=address,
        ),
        (Block(text), Block(spoken), Block(f"Mellomtittel {line}", "heading")),
        "nb",
        (RemovedLine("share", f"Fjernet {line}"),),
        (Entity(line, "PER", len("Innledning "), len("Innledning ") + len(line), f"Navn {line}"),),
        (Quote(said, start, start + len(said), "dash", f"Taler {line}", line,
               start + len(said) + 7, "sier"),),
    )  # fmt: skip


def make_hostile_rejections() -> list[Rejection]:
    """Rejects whose detail and origin carry the tricks."""
    return [
        Rejection(SOURCE, "read", f"trick_{at}", f"Detalj {trick}", f"{ADDRESSES[0]} {trick}")
        for at, trick in enumerate(ALL)
    ]
