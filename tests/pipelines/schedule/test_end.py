"""How a scheduler ends, by signal or kill, and what it leaves to the next one."""

from __future__ import annotations

import json
import os
import signal

import pytest

from newsbeam.pipelines.schedule.state import ScheduleHeld, hold_schedule, is_scheduled
from tests.support.scheduled import Place, is_alive, stop
from tests.support.waiting import PATIENCE, wait_until


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_signal_lets_the_running_batch_finish(place: Place, number: int) -> None:
    place.plan(seconds=1)
    scheduler = place.start()
    wait_until(place.begun)
    # As a terminal does on Ctrl-C: to the whole process group.
    os.killpg(scheduler.pid, number)
    out, err = scheduler.communicate(timeout=PATIENCE)
    assert scheduler.returncode == 0, err
    assert place.ended() == [run["pid"] for run in place.begun()]
    assert len(place.ended()) == 1
    assert json.loads(out)["outcome"] == "done"
    assert "stopping when the running batch is done" in err


def test_second_signal_ends_the_batch(place: Place) -> None:
    place.plan(seconds=60)
    scheduler = place.start()
    wait_until(place.begun)
    scheduler.send_signal(signal.SIGTERM)
    assert any("stopping" in line for line in scheduler.stderr or ())
    code, out, _ = stop(scheduler)
    assert code == 1
    assert "ended by SIGTERM" in json.loads(out)["fault"]
    assert place.ended() == []


@pytest.mark.slow
def test_killed_scheduler_takes_its_batch_along(place: Place) -> None:
    place.plan(seconds=60)
    first = place.start()
    wait_until(place.begun)
    (run,) = place.begun()
    first.kill()
    first.wait()
    place.plan()
    second = place.start()
    wait_until(place.ended)
    assert not is_alive(run["pid"])
    assert run["pid"] not in place.ended()
    assert stop(second)[0] == 0


@pytest.mark.slow
def test_second_scheduler_is_told_who_is_there(place: Place) -> None:
    place.plan(due="never")
    first = place.start()
    wait_until(lambda: place.heartbeat().get("state") == "waiting")
    assert is_scheduled(place.output)
    with pytest.raises(ScheduleHeld, match=f"process {first.pid} on .*; stop that one first"):
        hold_schedule(place.output).__enter__()
    assert stop(first)[0] == 0
    assert not is_scheduled(place.output)
    with hold_schedule(place.output):
        assert is_scheduled(place.output)


@pytest.mark.slow
def test_batch_of_a_dead_scheduler_keeps_the_next_one_away(place: Place) -> None:
    """A batch that does not notice holds the lock itself."""
    place.plan(seconds=2, stubborn=True)
    first = place.start()
    wait_until(place.begun)
    first.kill()
    first.wait()
    with pytest.raises(ScheduleHeld, match="last batch of a scheduler that died"):
        hold_schedule(place.output, seconds=0.3).__enter__()
    place.plan()
    second = place.start()
    wait_until(lambda: len(place.ended()) >= 2)
    assert place.ended()[0] == place.begun()[0]["pid"], "the new one waited for it"
    assert stop(second)[0] == 0
