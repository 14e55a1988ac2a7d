"""A backfill whose source has another id now: nothing that was found or asked is forgotten.

Pages are known by the ids that the lake gives them, and these hash the source's. Ids of what the
lake has are told when the source is renamed; those of what waits can be made when the backfill goes
on, with the source's config, which says how addresses are spelled.
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path

from newsbeam.transforms.backfill.state import PastState, page_key
from newsbeam.transforms.fetch.kept_answers import KeptAnswers
from newsbeam.transforms.files import move
from newsbeam.transforms.poll.documents import canonicalize
from newsbeam.transforms.settings.source import Source
from newsbeam.transforms.text.identity import article_id

_KEYED_AS = "keyed_as"


def rename_past(folder: Path, old: str, new: str, ids: Mapping[str, str]) -> None:
    """Give the state in ``folder`` of the source ``old`` to ``new``, unless that has its own;
    ``ids`` are documents' ids before and now. Where a kill ends it, call it again.

    Raises:
        BackfillDamaged: the state cannot be read.
    """
    before, place = folder / f"{old}.sqlite", folder / f"{new}.sqlite"
    if not before.exists():
        return
    if place.exists():  # its own; what it lacks it finds again
        before.unlink()
        shutil.rmtree(folder / old, ignore_errors=True)
        return
    with PastState(before) as state:
        state.rekey((page_key(id_), page_key(now)) for id_, now in ids.items())
        state.write_notes({_KEYED_AS: state.note(_KEYED_AS) or old})
    if (folder / old).is_dir():
        move(folder / old, folder / new)
    move(before, place)


def take_over(state: PastState, answers: KeptAnswers, source: Source) -> None:
    """Know the pages that wait by the id that the source has now."""
    before = state.note(_KEYED_AS) or source.id
    if before == source.id:
        return
    pairs = []
    for url in state.list_waiting():
        key = canonicalize(url, source.url) or url
        was, now = article_id(before, key), article_id(source.id, key)
        answers.keep_as(was, now)
        pairs.append((page_key(was), page_key(now)))
    state.rekey(pairs)
    state.write_notes({_KEYED_AS: source.id})
