"""Commits what a stream brought in, a pane at a time: articles, then rejects, then polls.

A poll is committed when everything that it wants is: a stream that is killed at any moment, and
started again without its state, asks that feed again and loses nothing. What is committed twice
(a pane repeated after a failure) changes nothing the second time: articles are compared with the
lake by their content, polls by their instant, rejects by the name of their commit.
"""

from __future__ import annotations

import hashlib
import pickle
import uuid
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from math import inf
from pathlib import Path
from time import monotonic
from typing import Any

import apache_beam as beam
from apache_beam.coders import BytesCoder
from apache_beam.metrics import Metrics
from apache_beam.transforms.userstate import ReadModifyWriteStateSpec
from apache_beam.transforms.window import GlobalWindows

from transforms.clock import Clock
from transforms.polls.feed_state import FeedState, make_poll_row
from transforms.polls.page_requests import unpack_request
from transforms.polls.rounds import read_states
from transforms.polls.wanted import Draft, PageOutcome, finish_poll
from transforms.records import Article, Rejection
from transforms.settings import Source
from transforms.streams.visits import FeedKey, Visit
from transforms.tables.commit import CommitCount, commit_articles, commit_rows, stage_rows
from transforms.tables.known import KnownVersion, load_known
from transforms.tables.lake import Lake
from transforms.tables.runs import Run
from transforms.tables.schema import ARTICLES, FEED_POLLS, REJECTS, Row, Table
from transforms.tables.staging import Staging
from transforms.tables.write_polls import make_run_reject, partition_rows
from transforms.wire.story_table import update_stories
from transforms.write import number_revision

Item = Article | Rejection | Visit | PageOutcome
# Ours: what comes of pages whose poll is not known (it was committed, or given up) is kept so long.
_KEPT = timedelta(hours=1)
# Ours: seconds between updates of the table of stories.
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
        """As bytes."""
        return pickle.dumps(self)

    @staticmethod
    def unpack(data: bytes | None) -> Ledger:
        """What ``pack`` packed; an empty ledger where there is none, or one of another version
        of newsbeam, whose open polls will be repeated."""
        try:
            # Our own bytes, kept by the runner in its checkpoint.
            ledger = pickle.loads(data) if data else Ledger()  # noqa: S301
        except (pickle.UnpicklingError, ArithmeticError, AttributeError, EOFError, ImportError,
                LookupError, TypeError, ValueError):  # fmt: skip
            return Ledger()
        return ledger if isinstance(ledger, Ledger) else Ledger()

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
            is_repeated = before is not None and before.polled_at >= poll.draft.state.polled_at
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


class Committer:
    """Commits panes to the lake at ``root``. ``configs`` are the config files by source."""

    def __init__(
        self, root: Path, sources: Mapping[str, Source], configs: Mapping[str, str], clock: Clock
    ) -> None:
        self._lake = Lake(root)
        self._sources = sources
        self._configs = configs
        self._clock = clock
        self._told_at = -inf

    def commit(self, ledger: Ledger, items: Sequence[Item]) -> dict[str, CommitCount]:
        """Commit ``items``, and the polls of ``ledger`` that they complete; counts by source.

        Raises:
            OSError: the lake cannot be written.
            CommitFailedError: other runs were faster every time.
        """
        lake, now = self._lake, self._clock.now()
        run = Run(
            id=f"{now:%Y%m%dT%H%M%SZ}-{uuid.uuid4().hex[:8]}",
            started_at=now,
            lake=lake,
            articles_version=lake.version(ARTICLES),
            rejects_version=lake.version(REJECTS),
            polls_version=lake.version(FEED_POLLS),
            configs=self._configs,
            clock=self._clock,
        )
        loose = ledger.enter(items, now)
        articles = [item for item in items if isinstance(item, Article)]
        files = [i for i in items if isinstance(i, Rejection) and i.request is None]
        with run.staging.create():
            counts = self._commit_articles(run, articles)
            self._commit_rejects(run, files, run.id, run.rejects_version)
            for name, base, rejections in loose:
                self._commit_rejects(run, rejections, name, base)
            finished = ledger.finish(read_states(lake), self._sources, now)
            for state, base, rejections in finished:
                self._commit_rejects(run, rejections, _name_poll(state), base)
            rows = [make_poll_row(state, run.id) for state, *_ in finished]
            polls = _stage(run.staging, FEED_POLLS, rows)
            commit_rows(lake, run.staging, FEED_POLLS, polls, run.polls_version)
            self._tell_stories(run)
            run.staging.remove()
        for rejection in [i for i in items if isinstance(i, Rejection)]:
            Metrics.counter(rejection.source, f"rejected:{rejection.reason}").inc()
        return counts

    def _commit_articles(self, run: Run, articles: Sequence[Article]) -> dict[str, CommitCount]:
        if not articles:
            return {}
        known = load_known(KnownVersion(run.lake, run.articles_version))
        rows: list[Row] = []
        same: dict[str, int] = defaultdict(int)
        for article in articles:
            row = number_revision(article, known, run)
            if row is None:
                same[article.provenance.source] += 1
            else:
                if article.provenance.request is not None:
                    # As in a batch, which begins before it fetches: an edit that a feed tells of
                    # is taken for known if it is older than this, and pages wait for a commit.
                    row["ingested_at"] = min(row["ingested_at"], row["fetched_at"])
                rows.append(row)
        staged = _stage(run.staging, ARTICLES, rows)
        counts = commit_articles(run.lake, run.staging, staged, run.articles_version)
        for source, count in same.items():
            counts.setdefault(source, CommitCount()).known += count
        return counts

    def _tell_stories(self, run: Run) -> None:
        """Bring the table of stories up to date, unless that was done a moment ago."""
        if monotonic() - self._told_at >= _TELL_SECONDS:
            update_stories(run.lake, run.staging, run.started_at)
            self._told_at = monotonic()

    def _commit_rejects(
        self, run: Run, rejections: Sequence[Rejection], name: str, base: int
    ) -> None:
        if rejections:
            rows = [make_run_reject(rejection, run) for rejection in rejections]
            staged = _stage(run.staging, REJECTS, rows)
            commit_rows(run.lake, run.staging, REJECTS, staged, base, commit=name)


def _name_poll(state: FeedState) -> str:
    name = f"{state.source}\x1f{state.feed}\x1f{state.polled_at.isoformat()}"
    return f"poll {hashlib.sha256(name.encode('utf-8', 'surrogatepass')).hexdigest()[:32]}"


def _stage(staging: Staging, table: Table, rows: Sequence[Row]) -> list[Any]:
    return [stage_rows(staging, table, part) for part in partition_rows(table, rows)]


_LEDGER = beam.DoFn.StateParam(ReadModifyWriteStateSpec("ledger", BytesCoder()))


class _CommitPanes(beam.DoFn):  # type: ignore[misc]
    def __init__(
        self, root: str, sources: Sequence[Source], configs: Mapping[str, str], clock: Clock
    ) -> None:
        by_id = {source.id: source for source in sources}
        self._committer = Committer(Path(root), by_id, configs, clock)

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
        for source, count in counts.items():
            for name, value in asdict(count).items():
                Metrics.counter(source, name).inc(value)
            yield source, count.new + count.revised


class CommitPanes(beam.PTransform):  # type: ignore[misc]
    """Windowed ``Article`` s, ``Rejection`` s, ``Visit`` s and ``PageOutcome`` s into the lake.

    What a window's trigger lets go is a pane, and a pane is a commit. Yields (source, new rows).
    """

    def __init__(
        self, root: str, sources: Sequence[Source], configs: Mapping[str, str], clock: Clock
    ) -> None:
        super().__init__()
        self._do_fn = _CommitPanes(root, sources, configs, clock)

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
