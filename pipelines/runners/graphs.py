"""Pipelines whose graphs Beam builds without the same work again and again.

Beam 2.77 parses the pipeline's options anew for each transform, and reads the signatures of the
same methods of every ``DoFn`` some eight times (docs/decisions/beam-overhead.md).
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from types import FunctionType, MethodType
from typing import Any

import apache_beam as beam
from apache_beam.options.pipeline_options import PipelineOptions
from apache_beam.runners import PipelineRunner
from apache_beam.transforms import core


class _Options(PipelineOptions):  # type: ignore[misc]
    """Options that parse each kind of them once; all views share their values anyway."""

    def view_as(self, cls: type[PipelineOptions]) -> PipelineOptions:
        # Beam's __setattr__ takes nothing but options.
        views: dict[type, PipelineOptions] = self.__dict__.setdefault("_views", {})
        if cls not in views:
            views[cls] = super().view_as(cls)
        return views[cls]

    def __getstate__(self) -> dict[str, Any]:
        return {name: value for name, value in super().__getstate__().items() if name != "_views"}


class _Signatures:
    """Beam's ``get_signature`` that looks at a method of a class once."""

    def __init__(self) -> None:
        self._read: Callable[[Any], inspect.Signature] = core.get_signature
        self._known: dict[FunctionType, inspect.Signature] = {}

    def __call__(self, function: Any) -> inspect.Signature:
        # Other callables may be closures, which would be kept for ever.
        if not isinstance(function, MethodType) or not isinstance(function.__func__, FunctionType):
            return self._read(function)
        inner = function.__func__
        if inner not in self._known:
            self._known[inner] = self._read(function)
        return self._known[inner]


def make_pipeline(runner: PipelineRunner, arguments: Sequence[str]) -> beam.Pipeline:
    """An empty pipeline with Beam's ``arguments``."""
    if not isinstance(core.get_signature, _Signatures):
        core.get_signature = _Signatures()
    return beam.Pipeline(runner=runner, options=_Options(arguments))
