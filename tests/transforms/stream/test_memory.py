"""What a stream keeps in its engine's checkpoints, as bytes."""

from __future__ import annotations

import pickle
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from newsbeam.transforms.lake.feed_state import FeedState, PendingPage, SeenEntry
from newsbeam.transforms.poll.wanted import Draft, PageOutcome
from newsbeam.transforms.records import Entry, Metadata, PageRequest, Rejection
from newsbeam.transforms.stream.ledger import Answers, Ledger, OpenPoll
from newsbeam.transforms.stream.visits import Memory, Underway, settle_memory

AT = datetime.fromisoformat("2026-03-01T09:30:00.123456+01:00")
REQUEST = PageRequest(
    "avis", "topp", Entry("guid\ud800", "https://avis.no/a", "0" * 16, Metadata(published_at=AT))
)
STATE = FeedState(
    "avis",
    "topp",
    "https://avis.no/rss",
    "https://avis.no/rss",
    AT,
    "parsed",
    interval=timedelta(minutes=5, microseconds=1),
    skip_hours=frozenset({1, 2}),
    backoff=1.5,
    blocked={"avis.no": AT},
    seen={"0" * 16: SeenEntry("1" * 16, "2" * 64)},
    pending=(PendingPage(REQUEST, AT),),
)


def test_a_memory_is_kept_whole() -> None:
    memory = Memory(
        (REQUEST,),
        {("avis", "topp"): Underway(AT, (REQUEST,)), ("avis", "sport"): Underway(AT)},
        {"avis.no": 1.5},
        {"other.no": AT},
        2.5,
    )
    assert Memory.unpack(memory.pack()) == memory
    assert Memory.unpack(None) == Memory()


def test_what_is_underway_ends_with_its_commit_and_with_a_clock_that_was_wrong() -> None:
    feed = ("avis", "topp")
    memory = Memory((REQUEST,), {feed: Underway(AT, (REQUEST,), poll_number=3)})
    for states, now, is_kept in (
        ({}, AT, True),
        ({}, AT + timedelta(hours=1), False),
        ({}, AT - timedelta(days=40), False),  # the clock was set back
        ({feed: replace(STATE, poll_number=3)}, AT, False),
        # One of the future that is older by its number.
        ({feed: replace(STATE, polled_at=AT + timedelta(days=40), poll_number=2)}, AT, True),
    ):
        settled = settle_memory(memory, states, now)
        assert (feed in settled.underway, bool(settled.queue)) == (is_kept, is_kept)


def test_a_ledger_is_kept_whole() -> None:
    ledger = Ledger(
        {("avis", "topp"): OpenPoll(Draft(STATE, (REQUEST,), 3), -1)},
        {
            ("avis", "sport"): Answers(
                AT,
                {"a", "b"},
                [PageOutcome("avis", "sport", "a", PendingPage(REQUEST, AT), ("avis.no", AT))],
                [Rejection("avis", "fetch", "timeout", "", "https://avis.no/b", "{}")],
            )
        },
    )
    assert Ledger.unpack(ledger.pack()) == ledger
    assert Ledger.unpack(None) == Ledger()


class Trap:
    """Runs code where it is unpickled."""

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return exec, ("raise SystemExit('unpickled')",)


@pytest.mark.parametrize(
    "data", [b"nonsense", b"[]", b'{"polls": [1]}', pickle.dumps(Ledger()), pickle.dumps(Trap())]
)
def test_a_ledger_of_another_version_is_forgotten(data: bytes) -> None:
    """Its polls are repeated. What once was pickled is not even looked at."""
    assert Ledger.unpack(data) == Ledger()
