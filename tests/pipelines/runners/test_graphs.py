"""Pipelines that are built with less work are Beam's all the same."""

from __future__ import annotations

import inspect
import pickle
from collections.abc import Iterator
from types import MethodType
from typing import Any

import apache_beam as beam
import pytest
from apache_beam.options.pipeline_options import PipelineOptions, StandardOptions, TypeOptions
from apache_beam.transforms import core

from newsbeam.pipelines.runners.graphs import make_pipeline
from newsbeam.pipelines.runners.local import choose_runner
from newsbeam.transforms.stage import Each


class _Windowed(beam.DoFn):  # type: ignore[misc]
    def process(self, item: str, at: Any = beam.DoFn.TimestampParam) -> Iterator[tuple[str, Any]]:
        yield item, at


def _plain(function: Any) -> inspect.Signature:
    return inspect.signature(function)


@pytest.fixture
def pipeline() -> beam.Pipeline:
    return make_pipeline(*choose_runner((), 1))


@pytest.mark.parametrize("one", [_Windowed(), beam.DoFn(), Each(list)._do_fn, beam.Map(len).dofn])
def test_signatures_are_those_of_the_methods(one: beam.DoFn, pipeline: beam.Pipeline) -> None:
    methods = [getattr(one, name) for name in dir(one)]
    looked_at = [method for method in methods if isinstance(method, MethodType)]
    assert len(looked_at) > 10
    for method in looked_at * 2:
        assert core.get_signature(method) == _plain(method)


def test_a_function_made_on_the_way_is_not_kept(pipeline: beam.Pipeline) -> None:
    for number in range(3):
        assert list(core.get_signature(lambda x, y=number: x).parameters) == ["x", "y"]
        default = core.get_signature(lambda x, y=number: x).parameters["y"].default
        assert default == number


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
