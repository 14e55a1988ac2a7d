"""What a recognizer finds before it is an entity."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class NameMention:
    """A stretch of text that names something: ``text`` is ``article_text[start:end]``.

    ``score``: how sure the recognizer is, from 0 to 1; ``None`` where it does not say.
    """

    text: str
    label: str
    start: int
    end: int
    score: float | None = None
