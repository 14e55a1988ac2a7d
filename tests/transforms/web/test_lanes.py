"""Politeness: gaps, order, lanes that close and open again."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from newsbeam.transforms.records import Clock
from newsbeam.transforms.web import lanes as lanes_module
from newsbeam.transforms.web.lanes import Lanes, LaneShut
from tests.support.virtual_time import run_in_virtual_time as run
from tests.support.virtual_time import virtual_now

GAP = 5.0


@pytest.fixture(autouse=True)
def virtual_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lanes_module, "monotonic", virtual_now)


def test_gap_order_and_number_at_once() -> None:
    async def work() -> None:
        lanes = Lanes(Clock())
        starts: list[tuple[float, int]] = []
        running = most = 0

        async def visit(number: int) -> None:
            nonlocal running, most
            async with lanes.turn("avis.no", GAP, 1):
                starts.append((virtual_now(), number))
                running += 1
                most = max(most, running)
                await asyncio.sleep(0.01)
                running -= 1

        await asyncio.gather(*map(visit, range(8)))
        assert [number for _, number in starts] == list(range(8))
        gaps = [b[0] - a[0] for a, b in pairwise(starts)]
        assert gaps == pytest.approx([GAP] * 7)
        assert most == 1

    run(work())


def test_long_visits_go_side_by_side_up_to_the_limit() -> None:
    async def work() -> None:
        lanes = Lanes(Clock())
        running = most = 0

        async def visit() -> None:
            nonlocal running, most
            async with lanes.turn("avis.no", 0, 3):
                running += 1
                most = max(most, running)
                await asyncio.sleep(0.05)
                running -= 1

        began = virtual_now()
        await asyncio.gather(*(visit() for _ in range(9)))
        assert most == 3
        assert virtual_now() - began == pytest.approx(3 * 0.05)

    run(work())


def test_lanes_do_not_wait_for_each_other() -> None:
    async def work() -> None:
        lanes = Lanes(Clock())
        all_there = asyncio.Barrier(50)

        async def visit(domain: str) -> None:
            async with lanes.turn(domain, 60, 1):
                await all_there.wait()

        await asyncio.gather(*(visit(f"avis{n}.no") for n in range(50)))

    run(work())


def test_connections_are_limited_over_all_lanes() -> None:
    async def work() -> None:
        lanes = Lanes(Clock(), connections=5)
        running = most = 0

        async def visit(domain: str) -> None:
            nonlocal running, most
            async with lanes.turn(domain, 60, 1):
                running += 1
                most = max(most, running)
                await asyncio.sleep(0.02)
                running -= 1

        await asyncio.gather(*(visit(f"avis{n}.no") for n in range(20)))
        assert most == 5

    run(work())


@pytest.mark.parametrize("gaps", [(0.1, 0.0), (0.0, 0.1)])
def test_of_two_sources_with_one_domain_the_longer_gap_wins(gaps: tuple[float, float]) -> None:
    async def work() -> None:
        lanes = Lanes(Clock())
        began = virtual_now()
        for gap in gaps:
            async with lanes.turn("avis.no", gap, 1):
                pass
        assert virtual_now() - began == pytest.approx(0.1)

    run(work())


def test_closing_a_lane_sends_all_away_who_wait() -> None:
    async def work() -> None:
        lanes = Lanes(Clock())
        until = datetime.now(UTC) + timedelta(hours=1)
        shut: list[tuple[str, datetime]] = []

        async def visit() -> None:
            try:
                async with lanes.turn("avis.no", 60, 1):
                    await asyncio.sleep(0.05)
            except LaneShut as error:
                shut.append((error.reason, error.until))

        visits = [asyncio.create_task(visit()) for _ in range(5)]
        await asyncio.sleep(0.02)
        lanes.close("avis.no", until)
        lanes.close("avis.no", until - timedelta(minutes=1))
        await asyncio.gather(*visits)
        assert shut == [("asked_to_wait", until)] * 4
        assert lanes.closed() == {"avis.no": until}
        async with lanes.turn("annen.no", 60, 1):
            pass

    run(work())


def test_a_lane_opens_again_by_the_clock() -> None:
    async def work() -> None:
        now = datetime.now(UTC)
        lanes = Lanes(Clock(ahead=timedelta(hours=2)))
        lanes.close("avis.no", now + timedelta(hours=1))
        assert lanes.closed() == {}
        async with lanes.turn("avis.no", 0, 1):
            pass

    run(work())


def test_a_pause_makes_those_who_wait_wait_longer() -> None:
    async def work() -> None:
        lanes = Lanes(Clock())
        async with lanes.turn("avis.no", 0, 1):
            began = virtual_now()
            lanes.pause("avis.no", 0.1)
        async with lanes.turn("avis.no", 0, 1):
            assert virtual_now() - began == pytest.approx(0.1)

    run(work())


def test_a_host_in_trouble_is_left_alone_after_three_failures_in_a_row() -> None:
    async def work() -> None:
        lanes = Lanes(Clock())
        lanes.note_failure("avis.no")
        lanes.note_failure("avis.no")
        lanes.note_answer("avis.no")
        for _ in range(3):
            async with lanes.turn("avis.no", 0, 1):
                lanes.note_failure("avis.no")
        with pytest.raises(LaneShut) as caught:
            async with lanes.turn("avis.no", 0, 1):
                pass
        assert caught.value.reason == "host_in_trouble"
        wait = caught.value.until - datetime.now(UTC)
        assert timedelta(minutes=9) < wait <= timedelta(minutes=10)
        assert lanes.closed() == {}, "the host did not ask for it: the next run may try"

    run(work())


def test_who_gives_up_waiting_leaves_the_lane_usable() -> None:
    async def work() -> None:
        lanes = Lanes(Clock(), connections=1)

        async def visit(seconds: float) -> None:
            async with lanes.turn("avis.no", GAP, 1):
                await asyncio.sleep(seconds)

        visits = [asyncio.create_task(visit(10)) for _ in range(4)]
        await asyncio.sleep(0.01)
        for task in visits[1:3]:
            task.cancel()
        visits[0].cancel()
        visits[3].cancel()
        await asyncio.gather(*visits, return_exceptions=True)
        await visit(0)

    run(work())


def test_an_error_inside_a_turn_frees_the_lane() -> None:
    async def work() -> None:
        lanes = Lanes(Clock(), connections=1)
        for _ in range(3):
            with pytest.raises(ZeroDivisionError):
                async with lanes.turn("avis.no", 0, 1):
                    raise ZeroDivisionError

    run(work())
