"""How a stage tells what could go on from what could not: two outputs, by an item's type."""

from __future__ import annotations

import traceback
from collections.abc import Callable
from typing import Any, TypeVar

import apache_beam as beam

from transforms.records import Provenance, Rejection, Stage

REJECTED = "rejected"
# What bugs raise. Others (no memory, no file, no module) are the machine's and concern all items.
BUGS = (ArithmeticError, AssertionError, AttributeError, LookupError, RuntimeError, TypeError,
        ValueError)  # fmt: skip

_Outcome = TypeVar("_Outcome")


def route(outcome: Any) -> Any:
    """``outcome`` as it is, or, if it is a ``Rejection``, tagged for the output ``REJECTED``."""
    if isinstance(outcome, Rejection):
        return beam.pvalue.TaggedOutput(REJECTED, outcome)
    return outcome


def quarantine(
    stage: Stage, provenance: Provenance, function: Callable[[], _Outcome]
) -> _Outcome | Rejection:
    """What ``function`` returns, or ``internal_error`` where a bug makes it raise.

    For streams: an engine would repeat the item that raises for ever, and everything behind it
    would wait (docs/decisions/streaming.md). A batch fails instead.
    """
    try:
        return function()
    except BUGS as error:
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
