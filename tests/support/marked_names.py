"""Texts in which names are marked: ``[PER Ola Nordmann] sa``."""

from __future__ import annotations

from newsbeam.transforms.enrich.mentions import NameMention


def mark(marked: str) -> tuple[str, list[NameMention]]:
    """Read ``[PER Ola Nordmann] sa`` as a text and its mentions."""
    text, mentions = "", []
    for index, piece in enumerate(marked.replace("]", "[").split("[")):
        if index % 2:
            label, _, words = piece.partition(" ")
            mentions.append(NameMention(words, label, len(text), len(text) + len(words)))
            piece = words
        text += piece
    return text, mentions
