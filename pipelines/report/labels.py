"""Short labels for charts, of names that strangers wrote."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from newsbeam.pipelines.terminal_text import show_safe

_MOST = 28  # characters; ours: half of a phone's width


def make_labels(names: Sequence[str], taken: Iterable[str] = ()) -> list[str]:
    """One line a name, without control characters, shortened, no two alike nor in ``taken``."""
    used = set(taken)
    labels = []
    for name in names:
        label = base = _shorten(show_safe(name))
        number = 2
        while label in used:
            label = f"{base} ({number})"
            number += 1
        used.add(label)
        labels.append(label)
    return labels


def _shorten(text: str) -> str:
    return text if len(text) <= _MOST else f"{text[: _MOST - 1].rstrip()}…"
