"""Pipelines that are built with less work are Beam's all the same."""

from __future__ import annotations

import pickle
from collections.abc import Iterator
from typing import Any

import apache_beam as beam
import pytest
from apache_beam.coders import StrUtf8Coder
from apache_beam.options.pipeline_options import PipelineOptions, StandardOptions, TypeOptions
from apache_beam.transforms import userstate
from apache_beam.transforms.timeutil import TimeDomain
from apache_beam.transforms.userstate import BagStateSpec, TimerSpec, on_timer

from newsbeam.pipelines.runners.graphs import _SpecFinder, make_pipeline
from newsbeam.pipelines.runners.local import choose_runner
from newsbeam.transforms.stage import Each

SEEN = BagStateSpec("seen", StrUtf8Coder())
LATER = TimerSpec("later", TimeDomain.REAL_TIME)
READ = BagStateSpec("read", StrUtf8Coder())
OF_SEEN, OF_READ = beam.DoFn.StateParam(SEEN), beam.DoFn.StateParam(READ)
OF_LATER = beam.DoFn.TimerParam(LATER)


class _Keeper(beam.DoFn):  # type: ignore[misc]
    def process(self, item: str, seen: Any = OF_SEEN, later: Any = OF_LATER) -> Iterator[str]:
        yield item

    @on_timer(LATER)
    def flush(self, seen: Any = OF_SEEN) -> Iterator[str]:
        yield from seen.read()


class _Reader:
    def read(self, item: str, read: Any = OF_READ) -> str:
        return item

    def pass_on(self, item: str) -> str:
        return item


@pytest.fixture
def pipeline() -> beam.Pipeline:
    return make_pipeline(*choose_runner((), 1))


def test_what_a_dofn_asks_for_is_told_by_its_class_or_by_a_method_of_its_own(
    pipeline: beam.Pipeline,
) -> None:
    assert isinstance(userstate.get_dofn_specs, _SpecFinder)
    reader = _Reader()
    wanted: list[tuple[beam.DoFn, set[Any], set[Any]]] = [
        (_Keeper(), {SEEN}, {LATER}),
        (Each(list)._do_fn, set(), set()),
        (beam.Map(len).dofn, set(), set()),
        (beam.FlatMap(reader.read).dofn, {READ}, set()),
        (beam.FlatMap(reader.pass_on).dofn, set(), set()),
    ]
    for dofn, states, timers in wanted * 2:
        assert userstate.get_dofn_specs(dofn) == (states, timers)
        assert userstate.is_stateful_dofn(dofn) is bool(states)


def test_who_changes_an_answer_changes_his_own(pipeline: beam.Pipeline) -> None:
    userstate.get_dofn_specs(_Keeper())[0].clear()
    assert userstate.get_dofn_specs(_Keeper())[0] == {SEEN}


def test_views_of_options_share_their_values(pipeline: beam.Pipeline) -> None:
    options = pipeline.options
    assert options.view_as(TypeOptions) is options.view_as(TypeOptions)
    options.view_as(TypeOptions).runtime_type_check = True
    assert options.view_as(TypeOptions).view_as(TypeOptions).runtime_type_check
    copy = pickle.loads(pickle.dumps(options))  # noqa: S301
    assert copy.view_as(TypeOptions).runtime_type_check
    assert copy.get_all_options() == options.get_all_options()
    assert isinstance(copy, PipelineOptions)


def test_arguments_are_beams() -> None:
    runner, _ = choose_runner((), 1)
    options = make_pipeline(runner, ["--streaming", "--no_pipeline_type_check"]).options
    assert options.view_as(StandardOptions).streaming
    assert not options.view_as(TypeOptions).pipeline_type_check
