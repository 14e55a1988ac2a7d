"""Commits what a stream brought in, a pane at a time: articles, then rejects, then polls.

A poll is committed when everything that it wants is: a stream that is killed at any moment, and
started again without its state, asks that feed again and loses nothing. What is committed twice
(a pane repeated after a failure) changes nothing the second time: articles are compared with the
lake by their content, polls by their number, rejects by the name of their commit.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from math import inf
from time import monotonic
from typing import Any

import apache_beam as beam
from apache_beam.coders import BytesCoder
from apache_beam.transforms.userstate import ReadModifyWriteStateSpec
from apache_beam.transforms.window import GlobalWindows

from newsbeam.transforms.lake.commit import CommitCount
from newsbeam.transforms.lake.committer import Committer
from newsbeam.transforms.lake.feed_state import FeedState
from newsbeam.transforms.lake.lake import Lake
from newsbeam.transforms.lake.object_path import LakePath, read_place
from newsbeam.transforms.lake.run import Run
from newsbeam.transforms.lake.write import add_counters
from newsbeam.transforms.packing import pack, unpack, unpack_request
from newsbeam.transforms.people.corrections import Corrections, CorrectionsError
from newsbeam.transforms.people.table import update_people
from newsbeam.transforms.poll.round import read_states
from newsbeam.transforms.poll.wanted import Draft, PageOutcome, finish_poll
from newsbeam.transforms.records import Article, Clock, Rejection
from newsbeam.transforms.settings.source import Source
from newsbeam.transforms.stories.table import update_stories
from newsbeam.transforms.stream.visits import FeedKey, Visit

Item = Article | Rejection | Visit | PageOutcome
# Ours: what comes of pages whose poll is not known (it was committed, or given up) is kept so long.
_KEPT = timedelta(hours=1)
_LOGGER = logging.getLogger(__name__)
# Ours: seconds between updates of the tables of stories and people.
_TELL_SECONDS = 60.0


@dataclass(slots=True)
class OpenPoll:
    """A poll that waits for its pages."""

    draft: Draft
    rejects_version: int


@dataclass(slots=True)
class Answers:
    """What came of a feed's pages so far: ids of entries that are done, outcomes, rejections."""

    since: datetime
    done: set[str] = field(default_factory=set)
    outcomes: list[PageOutcome] = field(default_factory=list)
    rejections: list[Rejection] = field(default_factory=list)


@dataclass(slots=True)
class Ledger:
    """What a committer remembers between panes, by feed."""

    polls: dict[FeedKey, OpenPoll] = field(default_factory=dict)
    answers: dict[FeedKey, Answers] = field(default_factory=dict)

    def pack(self) -> bytes:
        """As JSON."""
        return pack(self).encode()

    @staticmethod
    def unpack(data: bytes | None) -> Ledger:
        """What ``pack`` packed; an empty ledger where there is none, or one of another version
        of newsbeam, whose open polls will be repeated."""
        try:
            return unpack(Ledger, data or b"{}")
        except ValueError:
            return Ledger()

    def enter(self, items: Iterable[Item], now: datetime) -> list[tuple[str, int, list[Rejection]]]:
        """Note what came; returns the rejections that belong to no page, by commit and base."""
        loose: list[tuple[str, int, list[Rejection]]] = []
        for item in items:
            if isinstance(item, Visit):
                for draft in item.drafts:
                    key = (draft.state.source, draft.state.feed)
                    self.polls[key] = OpenPoll(draft, item.rejects_version)
                if item.rejections:
                    name = f"visit {item.at.isoformat()}"
                    loose.append((name, item.rejects_version, list(item.rejections)))
            elif isinstance(item, PageOutcome):
                answers = self._answers((item.source, item.feed), now)
                answers.outcomes.append(item)
                answers.done.add(item.entry_id)
            else:
                self._enter_page(item, now)
        return loose

    def finish(
        self, committed: Mapping[FeedKey, FeedState], sources: Mapping[str, Source], now: datetime
    ) -> list[tuple[FeedState, int, list[Rejection]]]:
        """Take out the polls whose pages are all there: state, base version, rejections."""
        finished = []
        for key, poll in list(self.polls.items()):
            before = committed.get(key)
            is_repeated = before is not None and before.order >= poll.draft.state.order
            if is_repeated or key[0] not in sources:
                del self.polls[key]
                self.answers.pop(key, None)
                continue
            wanted = {request.entry.id for request in poll.draft.requests}
            answers = self.answers.get(key, Answers(now))
            if wanted <= answers.done:
                state = finish_poll(poll.draft, answers.outcomes, sources[key[0]].url)
                finished.append((state, poll.rejects_version, answers.rejections))
                del self.polls[key]
                self.answers.pop(key, None)
        for key in [k for k, a in self.answers.items() if now - a.since > _KEPT]:
            if key not in self.polls:
                del self.answers[key]
        return finished

    def _enter_page(self, item: Article | Rejection, now: datetime) -> None:
        packed = item.request if isinstance(item, Rejection) else item.provenance.request
        if packed is None:
            return
        request = unpack_request(packed)
        answers = self._answers((request.source, request.feed), now)
        if isinstance(item, Rejection):
            answers.rejections.append(item)
            if item.stage == "fetch":
                return  # its PageOutcome says what becomes of it
        answers.done.add(request.entry.id)

    def _answers(self, key: FeedKey, now: datetime) -> Answers:
        return self.answers.setdefault(key, Answers(now))


# What an editor says about the persons of the lake in a folder, as the file there has it now.
CorrectionsOf = Callable[[LakePath], Corrections]


def no_corrections(_: LakePath) -> Corrections:
    """Nothing is said."""
    return Corrections()


class PaneCommitter:
    """Commits panes to the lake at ``root``. ``configs`` are the config files by source."""

    def __init__(
        self,
        root: LakePath,
        sources: Mapping[str, Source],
        configs: Mapping[str, str],
        clock: Clock,
        corrections: CorrectionsOf = no_corrections,
    ) -> None:
        self._corrections = corrections
        self._lake = Lake(root)
        self._sources = sources
        self._configs = configs
        self._clock = clock
        self._told_at = -inf

    def commit(self, ledger: Ledger, items: Sequence[Item]) -> dict[str, CommitCount]:
        """Commit ``items``, and the polls of ``ledger`` that they complete; counts by source.

        Raises:
            LakeBusy: other runs were faster every time.
            OSError: the lake cannot be written.
        """
        now = self._clock.now()
        run = Run.begin(self._lake, now, self._configs, self._clock)
        committer = Committer(run)
        loose = ledger.enter(items, now)
        rejections = [item for item in items if isinstance(item, Rejection)]
        with run.staging.create():
            counts = committer.commit_articles(i for i in items if isinstance(i, Article))
            committer.commit_rejects([r for r in rejections if r.request is None])
            for name, base, found in loose:
                committer.commit_rejects(found, base, name)
            finished = ledger.finish(read_states(self._lake), self._sources, now)
            for state, base, found in finished:
                committer.commit_rejects(found, base, _name_poll(state))
            committer.commit_polls(state for state, *_ in finished)
            self._tell(run)
            run.staging.remove()
        return counts

    def _tell(self, run: Run) -> None:
        """Bring the tables of stories and people up to date, unless that was done a moment ago."""
        if monotonic() - self._told_at >= _TELL_SECONDS:
            update_stories(run.lake, run.staging, run.started_at)
            try:
                corrections = self._corrections(run.lake.place)
                update_people(run.lake, run.staging, run.started_at, corrections)
            except CorrectionsError as fault:  # told as soon as somebody mends it
                _LOGGER.warning("people are not told: %s", fault)
            self._told_at = monotonic()


def _name_poll(state: FeedState) -> str:
    name = f"{state.source}\x1f{state.feed}\x1f{state.polled_at.isoformat()}"
    return f"poll {hashlib.sha256(name.encode('utf-8', 'surrogatepass')).hexdigest()[:32]}"


_LEDGER = beam.DoFn.StateParam(ReadModifyWriteStateSpec("ledger", BytesCoder()))


class _CommitPanes(beam.DoFn):  # type: ignore[misc]
    def __init__(
        self,
        root: str,
        sources: Sequence[Source],
        configs: Mapping[str, str],
        clock: Clock,
        corrections: CorrectionsOf = no_corrections,
    ) -> None:
        by_id = {source.id: source for source in sources}
        self._committer = PaneCommitter(read_place(root), by_id, configs, clock, corrections)

    def process(
        self,
        pane: tuple[str, Sequence[Item]],
        kept: Any = _LEDGER,
    ) -> Iterator[tuple[str, int]]:
        if not pane[1]:  # as engines let go when a window ends
            return
        ledger = Ledger.unpack(kept.read())
        counts = self._committer.commit(ledger, pane[1])
        kept.write(ledger.pack())
        add_counters(counts)
        for source, count in counts.items():
            yield source, count.new + count.revised


class CommitPanes(beam.PTransform):  # type: ignore[misc]
    """Windowed ``Article`` s, ``Rejection`` s, ``Visit`` s and ``PageOutcome`` s into the lake.

    What a window's trigger lets go is a pane, and a pane is a commit. Yields (source, new rows).
    """

    def __init__(
        self,
        root: str,
        sources: Sequence[Source],
        configs: Mapping[str, str],
        clock: Clock,
        corrections: CorrectionsOf = no_corrections,
    ) -> None:
        super().__init__()
        self._do_fn = _CommitPanes(root, sources, configs, clock, corrections)

    def expand(self, items: beam.PCollection) -> beam.PCollection:
        return (
            items
            | "ToCommitter" >> beam.Map(lambda item: ("committer", item))
            | "Panes" >> beam.GroupByKey()
            | "List" >> beam.MapTuple(lambda key, pane: (key, list(pane)))
            # The ledger outlives the windows.
            | "Forever" >> beam.WindowInto(GlobalWindows())
            | "Commit" >> beam.ParDo(self._do_fn)
        )
