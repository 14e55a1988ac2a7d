"""How a stage tells what could go on from what could not: two outputs, by an item's type."""

from __future__ import annotations

from typing import Any

import apache_beam as beam

from transforms.records import Rejection

REJECTED = "rejected"


def route(outcome: Any) -> Any:
    """``outcome`` as it is, or, if it is a ``Rejection``, tagged for the output ``REJECTED``."""
    if isinstance(outcome, Rejection):
        return beam.pvalue.TaggedOutput(REJECTED, outcome)
    return outcome
