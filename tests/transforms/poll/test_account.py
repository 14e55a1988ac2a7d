"""Every entry of every poll is accounted for, and what changes in vain is asked for less often."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from html import escape
from itertools import pairwise
from random import Random
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from newsbeam.transforms.feeds.parse import parse_feed
from newsbeam.transforms.lake.feed_state import FeedState, make_poll_row, read_poll_row
from newsbeam.transforms.poll.decide import (
    Feed,
    decide_failure,
    decide_parsed,
    decide_unchanged,
)
from newsbeam.transforms.poll.documents import document_of
from newsbeam.transforms.poll.leads import PolledFeed
from newsbeam.transforms.poll.wanted import PageOutcome, choose_wanted, finish_poll, judge_fault
from newsbeam.transforms.records import (
    Entry,
    FetchFault,
    Metadata,
    PageRequest,
    ParsedFeed,
    Response,
)
from newsbeam.transforms.settings.source import PollSettings, UrlSettings
from tests.support.accounts import check_account
from tests.support.known_pages import KnownPages, store_page

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
URL = "https://avis.example/rss"
FEED = Feed("avis", URL, URL, "auto", None, PollSettings(jitter=0.0))
RULES = UrlSettings()
TIMEOUT = FetchFault("timeout", "", is_temporary=True, domain="avis.example")


@dataclass
class Reader(KnownPages):
    """A reader of one feed: its state, and when the lake wrote which document last."""

    state: FeedState | None = None
    asked: list[PageRequest] = field(default_factory=list)

    def poll(
        self,
        parsed: ParsedFeed,
        now: datetime,
        *,
        changes: bool = False,
        fails: bool = False,
        limit: int | None = None,
    ) -> FeedState:
        """Poll, and fetch what is wanted; ``changes`` says that the articles are other ones."""
        response = Response(URL, 200, {}, b"", now)
        state, fresh = decide_parsed(
            FEED, self.state, response, parsed, now, Random(0), asked_plainly=True, rules=RULES
        )
        check_account(make_poll_row(state, ""))
        before = None if self.state is None else self.state.polled_at
        told = {} if self.state is None else self.state.seen
        polled = PolledFeed(state, tuple(fresh), before, told)
        (draft,) = choose_wanted([polled], RULES, self, now, limit=limit)
        outcomes: list[PageOutcome] = []
        self.asked = list(draft.requests)
        for request in draft.requests:
            document = document_of(request, RULES)
            if fails:
                outcomes.append(judge_fault(request, TIMEOUT, now, 5))
            elif changes or self.document(document) is None:
                told = {"feed": URL, "url": request.entry.url}
                self.rows.append(store_page(document, document, now, **told))
        row = make_poll_row(finish_poll(draft, outcomes, RULES), "run")
        check_account(row)
        # A row of null columns is one of an older newsbeam.
        self.state = read_poll_row(row)
        return self.state


def tell(*entries: Entry) -> ParsedFeed:
    return ParsedFeed("rss", "Avis", "nb", entries)


def entry(name: str, told: str = "a", at: str = "0", content: str | None = None) -> Entry:
    digest = (told + at) * 8 + told * 8
    return Entry(name, f"https://avis.example/{name}", digest, Metadata(), content)


# A few ids, addresses, words and instants, so that entries repeat and differ in every way.
ITEMS = st.lists(
    st.tuples(
        st.sampled_from(["", "1", "2", "https://avis.example/3"]),
        st.sampled_from(["", "/1", "/2?utm_source=x", "/2", "https://avis.example/3", "/2#b"]),
        st.sampled_from(["", "Tittel", "Annen tittel"]),
        st.sampled_from(["", "Tekst.", "<p>Lang tekst som er en annen.</p>"]),
        st.sampled_from(["", "Sun, 22 Nov 2026 10:00:00 GMT", "Sun, 22 Nov 2026 11:00:00 GMT"]),
    ),
    max_size=6,
)
POLLS = st.lists(
    st.tuples(
        st.sampled_from(["parsed", "parsed", "parsed", "not_modified", "failed"]),
        ITEMS,
        st.booleans(),
        st.booleans(),
        st.none() | st.integers(1, 2),
        st.sampled_from([MINUTE, 40 * MINUTE, 2 * DAY]),
    ),
    min_size=1,
    max_size=5,
)


def write_rss(items: list[tuple[str, ...]]) -> bytes:
    names = ("guid", "link", "title", "description", "pubDate")
    told = "".join(
        "<item>"
        + "".join(f"<{n}>{escape(v)}</{n}>" for n, v in zip(names, item, strict=True) if v)
        + "</item>"
        for item in items
    )
    return f'<rss version="2.0"><channel><title>Avis</title>{told}</channel></rss>'.encode()


@given(POLLS)
def test_every_entry_of_every_poll_is_accounted_for(drawn: list[tuple[object, ...]]) -> None:
    reader, now = Reader(), NOW
    for outcome, items, changes, fails, limit, wait in drawn:
        now += wait
        if outcome == "parsed":
            body = write_rss(items)
            parsed = parse_feed(body, url=URL, charset=None, timezone=ZoneInfo("Europe/Oslo"))
            assert isinstance(parsed, ParsedFeed)
            told = len(parsed.entries) + parsed.copies + parsed.unusable
            assert told == len(items)
            # Whatever cannot be used has its reason.
            assert bool(parsed.unusable) == bool(parsed.faults)
            state = reader.poll(parsed, now, changes=changes, fails=fails, limit=limit)
            assert state.entries == len(items)
        elif outcome == "failed":
            reader.state = decide_failure(FEED, reader.state, TIMEOUT, now, Random(0))
        elif reader.state is not None:
            answer = Response(URL, 304, {}, b"", now)
            reader.state = decide_unchanged(
                FEED, reader.state, answer, "not_modified", now, Random(0), asked_plainly=False
            )
        if reader.state is not None:
            check_account(make_poll_row(reader.state, "run"))


def test_what_the_limit_leaves_out_waits_and_is_new_once() -> None:
    reader, feed = Reader(), tell(*(entry(name) for name in "abc"))
    counts = []
    for minutes in range(3):
        state = reader.poll(feed, NOW + minutes * MINUTE, limit=2)
        counts.append((state.new, state.known, state.waiting))
    assert counts == [(2, 0, 1), (1, 2, 0), (0, 3, 0)]


def test_a_page_that_could_not_be_had_waits() -> None:
    reader, feed = Reader(), tell(entry("a"))
    assert reader.poll(feed, NOW, fails=True).new == 1
    state = reader.poll(feed, NOW + MINUTE)
    assert (state.new, state.known, state.waiting) == (0, 0, 1)
    assert reader.poll(feed, NOW + HOUR).waiting == 1  # had now
    assert reader.poll(feed, NOW + 2 * HOUR).known == 1


def test_instants_that_move_with_every_poll_are_asked_about_less_and_less_often() -> None:
    """Polled every ten minutes for two days; none of it makes the polls more frequent."""
    reader = Reader()
    asked, intervals = [], []
    for poll in range(2 * 144):
        now = NOW + 10 * poll * MINUTE
        state = reader.poll(tell(entry("a", at=str(poll % 10))), now)
        asked += [now] * len(reader.asked)
        intervals.append(state.interval)
        assert (state.new, state.changed) == ((1, 0) if not poll else (0, len(reader.asked)))
    waits = [later - earlier for earlier, later in pairwise(asked[1:])]
    assert len(asked) < 10
    assert waits == sorted(waits)
    assert intervals == sorted(intervals)  # type: ignore[type-var]


def test_instants_that_always_move_do_not_hold_up_words() -> None:
    reader = Reader()
    for n in range(20):
        reader.poll(tell(entry("a", at=str(n % 10))), NOW + 10 * n * MINUTE)
    reader.poll(tell(entry("a", "b", at="7")), NOW + 200 * MINUTE, changes=True)
    assert [request.entry.digest[0] for request in reader.asked] == ["b"]


def test_words_that_change_in_vain_are_asked_about_later_even_if_they_have_left() -> None:
    reader = Reader()
    told = [
        reader.poll(tell(entry("a", told)), NOW + 10 * n * MINUTE) for n, told in enumerate("abc")
    ]
    assert [(s.new, s.changed, s.waiting) for s in told] == [(1, 0, 0), (0, 1, 0), (0, 0, 1)]
    (page,) = told[-1].pending
    assert page.request.entry.digest[0] == "c"
    reader.poll(tell(), page.retry_at)
    assert [request.entry.digest[0] for request in reader.asked] == ["c"]


def test_an_article_that_changes_is_asked_for_at_once_however_often() -> None:
    reader = Reader()
    for n, told in enumerate("abcdef"):
        state = reader.poll(tell(entry("a", told)), NOW + n * MINUTE, changes=True)
        assert len(reader.asked) == 1
    assert state.waiting == 0


def test_a_change_that_waits_is_not_forgotten() -> None:
    """What is put off while the feed has the text itself is asked for at the next poll after."""
    reader = Reader()
    for n, told in enumerate("abc"):
        reader.poll(tell(entry("a", told, content="<p>Tekst</p>")), NOW + n * MINUTE)
    assert not reader.asked
    assert reader.state is not None
    assert (reader.state.waiting, reader.state.pending) == (1, ())
    assert reader.state.body_hash is None  # it must not hide behind an unchanged feed
    reader.poll(tell(entry("a", "c", content="<p>Tekst</p>")), NOW + HOUR)
    assert len(reader.asked) == 1


def test_a_wait_that_a_wrong_clock_reckoned_is_not_kept() -> None:
    reader = Reader()
    for n, told in enumerate("abc"):
        reader.poll(tell(entry("a", at=told)), NOW + 40 * DAY + n * MINUTE)
    assert not reader.asked
    reader.poll(tell(entry("a", at="d")), NOW)
    assert len(reader.asked) == 1


def test_what_an_older_newsbeam_saw_is_not_asked_for_again() -> None:
    reader = Reader()
    state = reader.poll(tell(entry("a")), NOW)
    ((key, seen),) = state.seen.items()
    reader.state = replace(state, seen={key: replace(seen, digest=seen.digest[:16])})
    assert reader.poll(tell(entry("a")), NOW + HOUR).known == 1
    assert not reader.asked
    assert reader.poll(tell(entry("a", at="1")), NOW + 2 * HOUR).changed == 1


def test_a_row_of_an_older_newsbeam_is_a_state() -> None:
    row = make_poll_row(replace(Reader().poll(tell(entry("a")), NOW), entries=3), "run")
    new = ("poll_number", "known", "rejected", "waiting", "rechecks")
    state = read_poll_row(row | dict.fromkeys(new))
    later = decide_failure(FEED, state, TIMEOUT, NOW + HOUR, Random(0))
    check_account(make_poll_row(later, "run"))
    assert (later.poll_number, later.known) == (1, 3)


def test_a_story_is_not_put_off_since_its_id_was_given_to_others_before() -> None:
    reader = Reader()
    for number in range(5):
        told = Entry("1", f"https://avis.example/{number}", f"{number}" * 24, Metadata())
        state = reader.poll(tell(told), NOW + number * MINUTE)
        assert [request.entry.url for request in reader.asked] == [told.url]
        assert (state.waiting, state.rechecks) == (0, {})
