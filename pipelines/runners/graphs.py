"""Pipelines whose graphs Beam builds without the same work again and again.

Beam 2.77 parses the pipeline's options anew for each transform, and looks through all methods of
every ``DoFn`` for state and timers some eight times (docs/decisions/beam-overhead.md).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from types import MethodType
from typing import Any, TypeAlias

import apache_beam as beam
from apache_beam.options.pipeline_options import PipelineOptions
from apache_beam.runners import PipelineRunner
from apache_beam.transforms import userstate

_Specs: TypeAlias = tuple[set[Any], set[Any]]


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


class _SpecFinder:
    """Beam's ``get_dofn_specs`` that looks at each class once: its methods tell which states and
    timers they ask for."""

    def __init__(self, find: Callable[[beam.DoFn], _Specs]) -> None:
        self._find = find
        self._found: dict[type, _Specs] = {}

    def __call__(self, dofn: beam.DoFn) -> _Specs:
        if any(isinstance(value, MethodType) for value in vars(dofn).values()):
            return self._find(dofn)  # a method of its own: `beam.Map(self.read)`
        kind = type(dofn)
        if kind not in self._found:
            self._found[kind] = self._find(dofn)
        states, timers = self._found[kind]
        return set(states), set(timers)


def make_pipeline(runner: PipelineRunner, arguments: Sequence[str]) -> beam.Pipeline:
    """An empty pipeline with Beam's ``arguments``."""
    find = getattr(userstate, "get_dofn_specs", None)  # Another Beam may do without it.
    if find is not None and not isinstance(find, _SpecFinder):
        userstate.get_dofn_specs = _SpecFinder(find)
    return beam.Pipeline(runner=runner, options=_Options(arguments))
