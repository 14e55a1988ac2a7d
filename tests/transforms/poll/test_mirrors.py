"""Stories that several feeds carry, while pages move, change and fail: each is one article."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random

from hypothesis import example, given, settings
from hypothesis import strategies as st

from newsbeam.transforms.lake.feed_state import FeedState
from newsbeam.transforms.poll.decide import Feed, decide_parsed
from newsbeam.transforms.poll.documents import document_of, entry_key
from newsbeam.transforms.poll.leads import PolledFeed
from newsbeam.transforms.poll.wanted import (
    Draft,
    PageOutcome,
    choose_wanted,
    finish_poll,
    judge_fault,
    waiting_requests,
)
from newsbeam.transforms.records import (
    Entry,
    FetchFault,
    Metadata,
    PageRequest,
    ParsedFeed,
    Response,
)
from newsbeam.transforms.settings.source import PollSettings, UrlSettings
from newsbeam.transforms.text.identity import article_id, digest_bytes, entry_identity
from tests.support.known_pages import KnownPages, StoredPage, store_page

NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
RULES = UrlSettings()
BASE = "https://avis.example"
TIMEOUT = FetchFault("timeout", "", is_temporary=True, domain="avis.example")


@dataclass
class Paper(KnownPages):
    """One story at a site without canonical addresses, and what a reader of its feeds has."""

    path: str = "/sak/71"
    edits: int = 0
    states: dict[str, FeedState] = field(default_factory=dict)
    now: datetime = NOON

    def run(self, feeds: str, fails: bool) -> None:
        """Poll ``feeds`` and fetch what is wanted, unless every page ``fails``."""
        self.now += timedelta(days=2)  # longer than any page waits
        polled = [self._poll(feed) for feed in feeds]
        others = [state for feed, state in self.states.items() if feed not in feeds]
        waiting = waiting_requests(others)
        drafts = choose_wanted(polled, RULES, self, self.now, waiting=waiting)
        known = list(self.rows)
        for draft in drafts:
            self.states[draft.state.feed] = self._finish(draft, known, fails)

    def _poll(self, name: str) -> PolledFeed:
        feed = Feed("avis", name, f"{BASE}/{name}", "page", None, PollSettings(jitter=0.0))
        told = f"Skolen får nytt tak|{self.edits}"
        url = f"{BASE}{self.path}"
        digest = digest_bytes(f"{url}|{told}".encode())[:16] + digest_bytes(told.encode())[:18]
        entry = Entry("guid", url, digest, Metadata(title="Skolen får nytt tak"))
        before = self.states.get(name)
        state, fresh = decide_parsed(
            feed, before, Response(feed.url, 200, {}, b"", self.now),
            ParsedFeed("rss", entries=(entry,)), self.now, Random(0), asked_plainly=True,
            rules=RULES,
        )  # fmt: skip
        return PolledFeed(
            state, tuple(fresh), before and before.polled_at, before.seen if before else {}
        )

    def _finish(self, draft: Draft, known: list[StoredPage], fails: bool) -> FeedState:
        outcomes: list[PageOutcome] = []
        for request in draft.requests:
            if fails:
                outcomes.append(judge_fault(request, TIMEOUT, self.now, 99))
            else:
                self._store(request, known)
        return finish_poll(draft, outcomes, RULES)

    def _store(self, request: PageRequest, known: list[StoredPage]) -> None:
        """As the committer does, who knows what the lake held when the run began."""
        document = document_of(request, RULES)
        own = article_id("avis", entry_key(request.entry, request.feed, RULES))
        text, url = f"Tekst {self.edits}", f"{BASE}{self.path}"
        before = [row for row in known if row.document_id == document]
        if not before and all(row.article_id != own for row in known):
            before = [row for row in known if row.text == text]
        article = before[-1].article_id if before else own
        title = request.entry.metadata.title
        told = {"feed": request.feed, "title": title, "url": url, "text": text}
        self.rows.append(store_page(document, article, self.now, **told))
        self.entries[entry_identity("avis", request.feed, request.entry.id)] = document


RUNS = st.tuples(st.sampled_from(("a", "b", "ab")), st.booleans())
EVENTS = st.sampled_from(("edit", "move"))


@settings(deadline=None)
@given(st.booleans(), st.lists(st.one_of(RUNS, EVENTS), max_size=10))
# It changed while its page failed, and moved before that was tried again.
@example(False, ["edit", ("a", True), "move", "edit", ("ab", False)])
@example(True, ["move", ("b", False)])
def test_a_story_of_two_feeds_is_one_article_wherever_it_moves(
    fails: bool, steps: list[tuple[str, bool] | str]
) -> None:
    paper = Paper()
    for step in [("ab", fails), *steps, ("ab", False), ("ab", False)]:
        if step == "edit":
            paper.edits += 1
        elif step == "move":
            paper.path = f"/arkiv{paper.path}"
        else:
            paper.run(*step)  # type: ignore[misc]
    assert len({row.article_id for row in paper.rows}) == 1
    assert paper.rows[-1].text == f"Tekst {paper.edits}"
    assert not any(state.pending for state in paper.states.values())


def test_a_feed_that_tells_late_of_a_page_that_moved_leads_to_the_same_article() -> None:
    for late in ("ab", "ba"):
        paper = Paper()
        paper.run("b", fails=False)
        paper.path, paper.edits = "/arkiv/sak/71", 1
        paper.run(late, fails=False)
        assert len({row.article_id for row in paper.rows}) == 1
        assert len(paper.rows) == 2
