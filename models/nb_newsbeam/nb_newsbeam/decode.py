"""From probabilities of tags to entities: the likeliest sequence of tags that makes sense (BILUO).

Most texts need no search: where the likeliest tag of each token already makes a valid sequence, it
is the answer. Else a Viterbi search mends the stretch between two tokens that are surely outside.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]
Ints = npt.NDArray[np.int64]

OUTSIDE = 0
BEGIN, IN, LAST, UNIT = 1, 2, 3, 0  # of a tag's number by four
_SURE = 0.99  # a token's probability of being outside, from which on a search stops there
_NEVER = np.float32(-1e9)


def list_tags(labels: Sequence[str]) -> list[str]:
    """The tags in their order: "O", then B, I, L and U of each label."""
    return ["O", *(f"{mark}-{label}" for label in labels for mark in "BILU")]


def _allow(tags: int) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.bool_]]:
    """Which tag may follow which (tags x tags), and which leave a name open."""
    number = np.arange(tags)
    kind, label = number % 4, (number - 1) // 4
    is_outside = number == OUTSIDE
    opens = ~is_outside & ((kind == BEGIN) | (kind == IN))
    goes_on = ~is_outside & ((kind == IN) | (kind == LAST))
    same = label[:, None] == label[None, :]
    allowed = np.where(opens[:, None], goes_on[None, :] & same, ~goes_on[None, :])
    return allowed, opens


def choose_tags(scores: Floats, texts: Ints) -> Ints:
    """The best valid tag of each token.

    ``scores`` are log-probabilities (tokens x tags) of several texts, one after the other;
    ``texts`` (rising) says which text a token is in.
    """
    count, size = scores.shape
    best = scores.argmax(axis=1)
    if not count:
        return best
    allowed, opens = _allow(size)
    is_first = np.empty(count, dtype=bool)
    is_first[0] = True
    is_first[1:] = texts[1:] != texts[:-1]
    before = np.where(is_first, OUTSIDE, np.concatenate(([OUTSIDE], best[:-1])))
    is_last = np.append(is_first[1:], True)
    bad = ~allowed[before, best] | (is_last & opens[best])
    # A cut before a token: a text begins, or the one before is surely outside.
    sure = scores[:, OUTSIDE] > np.log(_SURE)
    is_cut = is_first | np.concatenate(([True], sure[:-1]))
    cuts = np.append(np.flatnonzero(is_cut), count)
    steps = np.where(allowed, np.float32(0), _NEVER)
    for stretch in np.unique(np.searchsorted(cuts, np.flatnonzero(bad), side="right") - 1):
        start, end = cuts[stretch], cuts[stretch + 1]
        best[start:end] = _search(scores[start:end], steps, opens)
    return best


def _search(scores: Floats, steps: Floats, opens: npt.NDArray[np.bool_]) -> Ints:
    """Viterbi over one stretch with nothing open at either end."""
    score = scores[0] + steps[OUTSIDE]
    origins = []
    for row in scores[1:]:
        reached = score[:, None] + steps
        origin = reached.argmax(axis=0)
        origins.append(origin)
        score = reached[origin, np.arange(len(origin))] + row
    tag = int(np.where(opens, _NEVER, score).argmax())
    path = [tag]
    for origin in reversed(origins):
        path.append(int(origin[path[-1]]))
    return np.array(path[::-1], dtype=np.int64)


def read_entities(tags: Ints, chances: Floats) -> Iterator[tuple[int, int, int, float]]:
    """Yield (first token, token behind the last, number of the label, score) of each entity.

    ``chances`` are the probabilities of the chosen ``tags``; a name is as sure as its least sure
    token.
    """
    named = np.flatnonzero(tags)
    kinds = tags[named] % 4
    starts = named[(kinds == BEGIN) | (kinds == UNIT)]
    ends = named[(kinds == LAST) | (kinds == UNIT)] + 1
    for start, end in zip(starts.tolist(), ends.tolist(), strict=True):
        yield start, end, (int(tags[start]) - 1) // 4, float(chances[start:end].min())
