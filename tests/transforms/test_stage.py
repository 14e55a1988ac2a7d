"""How a function becomes a stage: where its outcomes go, what is counted, what a bug does."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import apache_beam as beam
import pytest
from apache_beam.metrics.metric import MetricsFilter
from apache_beam.runners.portability.fn_api_runner import FnApiRunner

from newsbeam.transforms.records import Count, Provenance, Rejection
from newsbeam.transforms.stage import REJECTED, Each

OTHERS = "others"


@dataclass(frozen=True)
class Item:
    provenance: Provenance
    number: int


@dataclass(frozen=True)
class Other:
    number: int


def make_items(count: int) -> list[Item]:
    return [
        Item(Provenance("avis", str(n), f"{n}.txt", "", request=f"request {n}"), n)
        for n in range(count)
    ]


def judge(items: Sequence[Item], least: int) -> Iterator[Any]:
    """Items from ``least`` on go on; 0 is another kind; the rest is rejected."""
    yield Count("avis", "calls")
    for item in items:
        yield Count("avis", "read", 2)
        if item.number == 0:
            yield Other(0)
        elif item.number < least:
            yield Rejection("avis", "clean", "too_small", str(item.number), "")
        else:
            yield item


def fail_at_three(items: Sequence[Item]) -> Iterator[Any]:
    for item in items:
        yield Count("avis", "read")
        if item.number == 3:
            raise KeyError("a bug")
        yield item


def run_out_of_memory(items: Sequence[Item]) -> Iterator[Any]:
    raise MemoryError
    yield from items


FOUND: dict[str, list[Any]] = defaultdict(list)


def keep(item: Any, output: str) -> None:
    FOUND[output].append(item)


def run(
    count: int, function: Any, *arguments: Any, **options: Any
) -> tuple[dict[str, list[Any]], dict[str, int]]:
    """What comes of ``count`` items, by output, and the counters."""
    FOUND.clear()
    pipeline = beam.Pipeline(runner=FnApiRunner())
    stage = Each(function, *arguments, tags={Other: OTHERS}, **options)
    outputs = pipeline | beam.Create(make_items(count), reshuffle=False) | "Judge" >> stage
    for name in ("passed", REJECTED, OTHERS):
        _ = outputs[name] | name >> beam.Map(keep, name)
    result = pipeline.run()
    result.wait_until_finish()
    counters = result.metrics().query(MetricsFilter().with_namespace("avis"))["counters"]
    return dict(FOUND), {counter.key.metric.name: counter.committed for counter in counters}


def test_outcomes_go_where_their_type_tells() -> None:
    found, counters = run(5, judge, 3)
    assert [item.number for item in found["passed"]] == [3, 4]
    assert [(r.reason, r.detail) for r in found[REJECTED]] == [("too_small", n) for n in "12"]
    assert found[OTHERS] == [Other(0)]
    assert counters == {"calls": 5, "read": 10, "rejected:too_small": 2}


def test_a_batch_is_given_at_once() -> None:
    found, counters = run(20, judge, 0, batch_size=8)
    assert [item.number for item in found["passed"]] == list(range(1, 20))
    assert counters == {"calls": 3, "read": 40}


def test_counts_are_tallied_for_who_watches(tmp_path: Path) -> None:
    run(4, judge, 0, tallies=str(tmp_path))
    assert {path.name: path.stat().st_size for path in tmp_path.iterdir()} == {
        "calls": 4,
        "read": 8,
    }


def test_without_the_folder_of_tallies_the_work_goes_on(tmp_path: Path) -> None:
    found, _ = run(4, judge, 0, tallies=str(tmp_path / "elsewhere"))
    assert len(found["passed"]) == 3
    assert not list(tmp_path.iterdir())


def test_a_bug_fails_a_run() -> None:
    with pytest.raises(Exception, match="a bug"):
        run(5, fail_at_three)


@pytest.mark.parametrize("size", [1, 4])
def test_in_quarantine_only_the_item_at_fault_is_rejected(size: int) -> None:
    found, counters = run(6, fail_at_three, batch_size=size, quarantine="extract")
    assert sorted(item.number for item in found["passed"]) == [0, 1, 2, 4, 5]
    (rejection,) = found[REJECTED]
    assert (rejection.stage, rejection.reason) == ("extract", "internal_error")
    assert (rejection.origin, rejection.request) == ("3.txt", "request 3")
    assert "KeyError: 'a bug' (fail_at_three, line " in rejection.detail
    # What was counted before the bug is forgotten with the rest of that attempt.
    assert counters == {"read": 5, "rejected:internal_error": 1}


def test_what_the_machine_lacks_is_no_bug() -> None:
    with pytest.raises(Exception, match="MemoryError"):
        run(1, run_out_of_memory, quarantine="extract")
