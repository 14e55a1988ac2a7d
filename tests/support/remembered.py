"""What Beam finds out anew hundreds of times a graph, remembered: much of the time of a small run.

Which states and timers the methods of a DoFn ask for is told by its class; which options a command
line sets is told by the command line. Only for tests, which build hundreds of graphs in a process.
"""

from __future__ import annotations

import copy
import types
from argparse import Namespace
from collections.abc import Callable
from typing import Any

from apache_beam.options.pipeline_options import PipelineOptions
from apache_beam.transforms import userstate

Specs = tuple[set[Any], set[Any]]


def remember_specs(find: Callable[[Any], Specs]) -> Callable[[Any], Specs]:
    """``userstate.get_dofn_specs`` that looks at each class once."""
    found: dict[type, Specs] = {}

    def get_specs(dofn: Any) -> Specs:
        if any(isinstance(value, types.MethodType) for value in vars(dofn).values()):
            return find(dofn)  # a method of its own
        kind = type(dofn)
        if kind not in found:
            found[kind] = find(dofn)
        states, timers = found[kind]
        return set(states), set(timers)

    return get_specs


def remember_views(view_as: Callable[[Any, type], Any]) -> Callable[[Any, type], Any]:
    """``PipelineOptions.view_as`` that reads each command line once for each class of options."""
    read: dict[tuple[type, tuple[str, ...]], Namespace] = {}

    def view(self: Any, kind: type) -> Any:
        if self._flags is None or kind.__init__ is not PipelineOptions.__init__:
            return view_as(self, kind)
        key = (kind, tuple(self._flags))
        if key not in read:
            read[key] = kind(self._flags)._visible_options
        made = kind.__new__(kind)
        made._flags = self._flags
        made._visible_options = copy.deepcopy(read[key])
        made._all_options = self._all_options
        for name, value in vars(made._visible_options).items():
            self._all_options.setdefault(name, value)
        return made

    return view


def remember() -> None:
    """Have Beam remember, as long as this process lasts."""
    userstate.get_dofn_specs = remember_specs(userstate.get_dofn_specs)
    PipelineOptions.view_as = remember_views(PipelineOptions.view_as)
