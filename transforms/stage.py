"""How a pure function becomes a stage of Beam's graph. Other modules need not import Beam for it.

The function takes some items and returns what comes of them; where that goes, its type tells:

    Rejection               to the output ``REJECTED``, counted by its reason
    Count                   into Beam's metrics, and into a tally that the one who started a local
                            run can watch
    a type with a tag       to the output of that tag
    anything else           on, by the main output ``passed``
"""

from __future__ import annotations

import os
import traceback
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

import apache_beam as beam
from apache_beam.metrics import Metrics

from newsbeam.transforms.records import Count, Provenance, Rejection, Stage

REJECTED = "rejected"
Tags = Mapping[type, str]
# What bugs raise. Others (no memory, no file, no module) are the machine's and concern all items.
_BUGS = (ArithmeticError, AssertionError, AttributeError, LookupError, RuntimeError, TypeError,
         ValueError)  # fmt: skip
_NO_TAGS: Tags = MappingProxyType({})


class Each(beam.PTransform):  # type: ignore[misc]
    """Items to what ``function(items, *arguments)`` returns for them; outputs as told above.

    ``function`` is called with a list of one item, or with up to ``batch_size``. ``tallies`` is
    the folder of the tallies of a local run. With ``quarantine`` an item at which newsbeam itself
    fails is rejected as of that stage, in place of failing the run; such items have a
    ``provenance``. It is for streams: an engine would repeat the item for ever, and everything
    behind it would wait (docs/decisions/streaming.md).
    """

    def __init__(
        self,
        function: Callable[..., Iterable[Any]],
        *arguments: Any,
        batch_size: int = 1,
        tags: Tags = _NO_TAGS,
        tallies: str | None = None,
        quarantine: Stage | None = None,
    ) -> None:
        super().__init__()
        self._batch_size = batch_size
        self._outputs = (REJECTED, *tags.values())
        self._do_fn = _DoEach(function, arguments, batch_size > 1, dict(tags), tallies, quarantine)

    def expand(self, items: beam.PCollection) -> beam.pvalue.DoOutputsTuple:
        size = self._batch_size
        if size > 1:
            items |= "Batch" >> beam.BatchElements(min_batch_size=size, max_batch_size=size)
        return items | "Do" >> beam.ParDo(self._do_fn).with_outputs(*self._outputs, main="passed")


class _DoEach(beam.DoFn):  # type: ignore[misc]
    def __init__(
        self,
        function: Callable[..., Iterable[Any]],
        arguments: tuple[Any, ...],
        is_batched: bool,
        tags: Tags,
        tallies: str | None,
        quarantine: Stage | None,
    ) -> None:
        self._function = function
        self._arguments = arguments
        self._is_batched = is_batched
        self._tags = tags
        self._tallies = tallies
        self._quarantine = quarantine

    def process(self, item: Any) -> Iterator[Any]:
        for outcome in self._do(item if self._is_batched else [item]):
            yield from route(outcome, self._tags, self._tallies)

    def _do(self, items: Sequence[Any]) -> Iterable[Any]:
        if self._quarantine is None:
            return self._function(items, *self._arguments)
        try:
            return list(self._function(items, *self._arguments))
        except _BUGS as error:
            if len(items) == 1:
                return [_reject_bug(self._quarantine, items[0].provenance, error)]
        # One by one it will show whose fault it was.
        return [outcome for item in items for outcome in self._do([item])]


def route(outcome: Any, tags: Tags = _NO_TAGS, tallies: str | None = None) -> Iterator[Any]:
    """What a ``DoFn`` yields for ``outcome``: itself, tagged by its type; nothing for a count."""
    if isinstance(outcome, Count):
        Metrics.counter(outcome.source, outcome.name).inc(outcome.number)
        _add_to_tally(tallies, outcome.name, outcome.number)
    elif isinstance(outcome, Rejection):
        Metrics.counter(outcome.source, f"rejected:{outcome.reason}").inc()
        yield beam.pvalue.TaggedOutput(REJECTED, outcome)
    elif tag := tags.get(type(outcome)):
        yield beam.pvalue.TaggedOutput(tag, outcome)
    else:
        yield outcome


def _reject_bug(stage: Stage, provenance: Provenance, error: Exception) -> Rejection:
    at = traceback.extract_tb(error.__traceback__)[-1]
    return Rejection(
        provenance.source,
        stage,
        "internal_error",
        f"a bug in newsbeam: {type(error).__name__}: {str(error)[:500]} "
        f"({at.name}, line {at.lineno}); report it, and `newsbeam retry` once it is mended",
        provenance.origin,
        provenance.request,
    )


def _add_to_tally(folder: str | None, name: str, number: int) -> None:
    """Add to the tally ``name``: a file that grows by a byte a count.

    To append a byte is atomic, so any number of worker processes can share it. Where the folder
    is not there (a worker on another machine) there is no tally; Beam's metrics tell the truth.
    """
    descriptor = _open_tally(folder, name) if folder else None
    if descriptor is not None:
        os.write(descriptor, b"." * number)


@lru_cache(maxsize=16)
def _open_tally(folder: str, name: str) -> int | None:
    try:
        return os.open(Path(folder, name), os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    except FileNotFoundError:
        return None
