"""The work of ``newsbeam backfill``: find, ask, commit, and again, until the past is in the lake.

Each step is a run of the job (``run_ingest``) over pages that were chosen before; it may be killed
at any moment (docs/decisions/backfill.md).
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from newsbeam.pipelines.backfill.alone import backfill_folder, hold_backfill
from newsbeam.pipelines.backfill.source_past import SourcePast, state_place
from newsbeam.pipelines.config.job import Job
from newsbeam.pipelines.ingest import run_ingest
from newsbeam.pipelines.runners.options import PastRun, RunOptions
from newsbeam.pipelines.runners.progress import Progress
from newsbeam.pipelines.summary import Summary
from newsbeam.transforms.backfill.find import PastFinder
from newsbeam.transforms.backfill.renamed import take_over
from newsbeam.transforms.backfill.state import PastState
from newsbeam.transforms.fetch.kept_answers import KeptAnswers
from newsbeam.transforms.fetch.past_pages import PastAsker
from newsbeam.transforms.lake.known import Known, KnownVersion, load_known
from newsbeam.transforms.lake.known_database import refresh_known
from newsbeam.transforms.lake.lake import Lake
from newsbeam.transforms.lake.run import Run
from newsbeam.transforms.lake.schema import ARTICLES
from newsbeam.transforms.poll.right_of_way import way_folder
from newsbeam.transforms.poll.round import find_blocked, read_states, robots_folder
from newsbeam.transforms.records import Clock
from newsbeam.transforms.text.spans import Span, make_window
from newsbeam.transforms.web.client import HttpClient

# Seconds between two looks at the clock while all sites want to be left alone. Ours.
_NAP = 5.0


@dataclass(frozen=True)
class BackfillOptions:
    """How to go into the past: see ``newsbeam backfill --help``. ``limit`` is of each source."""

    run: RunOptions
    since: date
    until: date | None = None
    limit: int | None = None


@dataclass(frozen=True)
class BackfillRun:
    """What a backfill did: its sources, and the summary of its last step that failed, if one did.
    ``next_try`` is when something that failed is worth another try."""

    pasts: Sequence[SourcePast]
    failure: str | None = None
    next_try: datetime | None = None


@dataclass
class _Work:
    job: Job
    options: BackfillOptions
    lake: Lake
    progress: Progress | None
    tell: Callable[[Sequence[SourcePast]], None]
    pasts: list[SourcePast] = field(default_factory=list)

    @property
    def clock(self) -> Clock:
        return self.options.run.clock

    def work(self) -> BackfillRun:
        while True:
            now = self.clock.now()
            able = [past for past in self.pasts if self._is_able(past, now)]
            asyncio.run(self._find(able))
            known = self._open_known()
            for past in able:
                past.choose(known, self.clock.now())
            chosen = [past for past in self.pasts if past.requests]
            if chosen:
                if failure := self._run(chosen):
                    return BackfillRun(self.pasts, failure)
                self.tell(self.pasts)
            elif not any(self._is_able(past, self.clock.now()) and self._is_open(past)
                         for past in self.pasts):  # fmt: skip
                later = [p.wait_until for p in self.pasts if p.wait_until and p.allowed > 0]
                waits = [at for at in later if at > self.clock.now()]
                if self.options.limit is not None or not waits:
                    return BackfillRun(self.pasts, None, min(self._list_next_tries(), default=None))
                self._wait(min(waits))

    def _is_able(self, past: SourcePast, now: datetime) -> bool:
        return past.allowed > 0 and (past.wait_until is None or past.wait_until <= now)

    def _is_open(self, past: SourcePast) -> bool:
        """Whether anything of the source can be asked now."""
        now = self.clock.now()
        listing = past.state.next_listing(past.window, now)
        return listing is not None or bool(past.state.next_pages(past.window, now, 1))

    def _list_next_tries(self) -> Iterator[datetime]:
        for past in self.pasts:
            at = past.state.next_try(past.window, self.clock.now())
            if at is not None and past.allowed > 0:
                yield max(at, past.wait_until or at)

    def _wait(self, until: datetime) -> None:
        if self.progress is not None:
            self.progress.show(f"waiting until {until:%H:%M:%S} UTC, as sites asked …")
        while (left := (until - self.clock.now()).total_seconds()) > 0:
            time.sleep(min(left, _NAP))

    async def _find(self, pasts: Sequence[SourcePast]) -> None:
        if self.progress is not None:
            self.progress.show("looking for old articles …")
        async with HttpClient(self.clock, robots_folder(self.lake)) as client:
            for domain, until in find_blocked(read_states(self.lake, []), self.clock.now()).items():
                client.close_lane(domain, until)
            asker = PastAsker(client, backfill_folder(self.lake), way_folder(self.lake))
            reading = asyncio.Lock()
            await asyncio.gather(*(self._find_past(past, asker, reading) for past in pasts))

    async def _find_past(self, past: SourcePast, asker: PastAsker, reading: asyncio.Lock) -> None:
        finder = PastFinder(past.source, past.state, past.window, asker, self.clock, reading)
        await finder.find(past.allowed, past.allowed)
        past.spent += finder.asked
        past.wait_until = finder.wait_until

    def _open_known(self) -> Known:
        version = self.lake.version(ARTICLES)
        refresh_known(self.lake, version)
        return load_known(KnownVersion(self.lake, version))

    def _run(self, chosen: Sequence[SourcePast]) -> str | None:
        def begin(run: Run) -> None:
            for past in chosen:
                past.begin(run)

        requests = tuple(r for past in chosen for _, r in past.requests.values())
        options = replace(
            self.options.run,
            retries=requests,
            past=PastRun(backfill_folder(self.lake), begin),
        )
        sources = tuple(past.source for past in chosen)
        summary = run_ingest(replace(self.job, sources=sources), options, self.progress)
        if summary.fault is not None or summary.held_back:
            return summary.fault or "; ".join(summary.damage)
        for past in chosen:
            _add_counts(past, summary)
            past.settle(self.clock.now())
        return None


def _add_counts(past: SourcePast, summary: Summary) -> None:
    count = summary.sources[past.source.id]
    past.brought.update(new=count.new, revised=count.revised, known=count.known)
    past.brought.update(rejected=sum(count.rejected.values()))


def run_backfill(
    job: Job,
    options: BackfillOptions,
    progress: Progress | None,
    tell: Callable[[Sequence[SourcePast]], None],
) -> BackfillRun:
    """Bring the past of the job's sources into the lake; ``tell`` is called after each step.

    Raises:
        LakeBusy: another backfill works on the lake.
        BackfillDamaged: the state of a source's backfill cannot be read.
        RunFailed, DamagedLake, OSError: as ``run_ingest``.
    """
    lake, clock = Lake(options.run.output.resolve()), options.run.clock
    lake.create()
    with ExitStack() as stack:
        folder = stack.enter_context(hold_backfill(lake))
        work = _Work(job, options, lake, progress, tell)
        for source in job.sources:
            state = stack.enter_context(PastState(state_place(lake, source.id)))
            answers = KeptAnswers(folder / source.id)
            take_over(state, answers, source)
            window = _open_window(state, options, ZoneInfo(source.timezone), clock.now())
            past = SourcePast(source, state, window, answers, options.limit)
            past.recover(lake, clock.now())
            if window.end is not None:
                state.reopen(window.end)
            work.pasts.append(past)
        result = work.work()
        # The states close now: what is told afterwards is counted here.
        tell(result.pasts)
        return result


def _open_window(state: PastState, options: BackfillOptions, zone: ZoneInfo, now: datetime) -> Span:
    """The window: its end is now, or that of the backfill which is gone on with."""
    window = make_window(options.since, options.until, zone)
    if window.end is None or window.end > now:
        kept = state.note("until") if options.until is None else None
        window = Span(window.first, datetime.fromisoformat(kept) if kept else now)
    assert window.first is not None
    assert window.end is not None
    state.write_notes(
        {
            "since": window.first.astimezone(UTC).isoformat(),
            "until": window.end.astimezone(UTC).isoformat(),
            "zone": zone.key,
        }
    )
    return window
