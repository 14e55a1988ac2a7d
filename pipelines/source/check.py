"""``newsbeam source check``: whether sources still work, by asking them."""

from __future__ import annotations

import asyncio
import difflib
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from statistics import median

from newsbeam.pipelines.config.load import SUFFIXES, load_job
from newsbeam.pipelines.preview.examine import Examination, examine_document
from newsbeam.pipelines.source.feed_choice import FoundFeed
from newsbeam.pipelines.source.remarks import SHORT_ARTICLE, list_missing_remarks
from newsbeam.pipelines.source.sampling import SampledEntry, take_turns
from newsbeam.pipelines.source.source_file import list_ids
from newsbeam.pipelines.source.trouble import explain_fault
from newsbeam.pipelines.source.visits import Note, SiteVisitor
from newsbeam.pipelines.status.gather import read_status
from newsbeam.transforms.errors import UnknownSourceError
from newsbeam.transforms.feeds.fault import FeedFault
from newsbeam.transforms.fetch.queue import wants_page
from newsbeam.transforms.lake.object_path import LakePath
from newsbeam.transforms.poll.decide import make_feed
from newsbeam.transforms.poll.read_answer import read_feed_answer
from newsbeam.transforms.records import Article, Clock, Document, FetchFault, FullText, Rejection
from newsbeam.transforms.settings.language import Language
from newsbeam.transforms.settings.source import FeedSettings, Source
from newsbeam.transforms.text.characters import squeeze
from newsbeam.transforms.text.counts import show_count
from newsbeam.transforms.text.identity import canonicalize_url
from newsbeam.transforms.web.client import HttpClient

# All ours. A paper's feed has something newer than this;
_OLD = timedelta(days=14)
# clocks and time zones are off by less than this;
_FUTURE = timedelta(hours=1)
# three articles of one instant have that of something else.
_MANY = 3
# How a whole text ends: with a sentence, maybe in quotes; a teaser breaks off, often in dots.
_ENDS_WHOLE = re.compile(r"(?<!\.\.)[.!?][\"'»”’)\]]*\Z")


@dataclass(frozen=True, slots=True)
class FeedCheck:
    """What a feed answered. ``problem`` says what is wrong, if anything."""

    url: str
    entries: int
    newest: datetime | None
    problem: str | None


@dataclass(frozen=True, slots=True)
class SourceCheck:
    """What was found. ``problems`` are what somebody should look at, ``remarks`` what is only
    worth knowing."""

    id: str
    file: Path
    feeds: tuple[FeedCheck, ...]
    articles: tuple[Article, ...]
    sampled: int
    problems: tuple[str, ...]
    remarks: tuple[str, ...]


def find_source_files(names: Sequence[str], folder: Path) -> list[Path]:
    """The config files of ids in ``folder``; files and folders are taken as they are.

    Raises:
        UnknownSourceError: there is none; the message has a near one.
    """
    known = list_ids(folder)
    files = []
    for name in names:
        path = Path(name)
        if path.suffix in SUFFIXES and path.is_file():
            files.append(path)
        elif name in known:
            files.append(known[name])
        elif path.is_dir():
            files.append(path)
        else:
            near = difflib.get_close_matches(name, list(known), n=1)
            hint = f"; did you mean {near[0]!r}?" if near else ""
            raise UnknownSourceError(
                f"no source {name!r} in {folder}{hint} (--configs names another folder)"
            )
    return list(dict.fromkeys(files))


def check_sources(
    files: Sequence[Path], sample_size: int, lake: LakePath | None, note: Note, clock: Clock
) -> list[SourceCheck]:
    """Check the sources of ``files``, all sites at once, each at its own pace; in their order.

    Raises:
        ConfigError: with all faults of the files.
        NoLakeError: ``lake`` is given and holds no tables.
    """
    job = load_job(files)
    now = clock.now()

    async def ask() -> list[tuple[list[FeedCheck], list[_Sampled]]]:
        async with HttpClient(clock) as client:
            return await asyncio.gather(
                *(_ask_source(client, source, sample_size, note, now) for source in job.sources)
            )

    asked = asyncio.run(ask())
    checks = []
    for source, (feeds, sample) in zip(job.sources, asked, strict=True):
        check = _judge(source, job.files[source.id], feeds, sample, job.languages, now)
        if lake is not None:
            problems, remarks = _compare_lake(lake, source.id, now)
            check = replace(
                check,
                problems=(*check.problems, *problems),
                remarks=(*check.remarks, *remarks),
            )
        checks.append(check)
    return checks


@dataclass(frozen=True, slots=True)
class _Sampled:
    one: SampledEntry
    full_text: FullText


async def _ask_source(
    client: HttpClient, source: Source, size: int, note: Note, now: datetime
) -> tuple[list[FeedCheck], list[_Sampled]]:
    limit = len(source.feeds) + size
    visitor = SiteVisitor(client, source.fetch, limit, note, [feed.url for feed in source.feeds])
    checks, found = [], []
    texts: dict[str, FullText] = {}
    for feed in source.feeds:
        check, answered = await _ask_feed(visitor, source, feed, now)
        checks.append(check)
        if answered is not None:
            found.append(answered)
            texts[answered.url] = make_feed(source, feed).full_text
    sample: list[_Sampled] = []
    taken = set()
    for answered, entry in take_turns(found):
        if len(sample) == size:
            break
        key = canonicalize_url(entry.url or "") or entry.id
        if key in taken:
            continue
        taken.add(key)
        full_text = texts[answered.url]
        answer = None
        if wants_page(entry, full_text):
            answer = await visitor.ask_page(entry.url or "", source.id)
        sample.append(_Sampled(SampledEntry(answered.url, entry, answer, now), full_text))
    return checks, sample


async def _ask_feed(
    visitor: SiteVisitor, source: Source, feed: FeedSettings, now: datetime
) -> tuple[FeedCheck, FoundFeed | None]:
    answer = await visitor.ask(feed.url, source.id)
    assert answer is not None, "the limit has room for every feed"
    if isinstance(answer, FetchFault):
        trouble = explain_fault(answer, visitor.client, feed.url)
        return FeedCheck(feed.url, 0, None, f"{trouble.reason}: {trouble.detail}"), None
    parsed = read_feed_answer(make_feed(source, feed), source, answer)
    if isinstance(parsed, FeedFault):
        return FeedCheck(feed.url, 0, None, f"{parsed.reason}: {parsed.detail}"), None
    found = FoundFeed(feed.url, "configured", parsed)
    check = FeedCheck(feed.url, len(parsed.entries), found.newest, _find_problem(found, now))
    if answer.moved_to:
        check = replace(check, problem=check.problem or f"has moved to {answer.moved_to}")
    return check, found


def _find_problem(found: FoundFeed, now: datetime) -> str | None:
    if found.feed.kind == "sitemap_index":
        return "an index of sitemaps, of which the newest are polled; give one to have it checked"
    if not found.feed.entries:
        return "no entries"
    newest = found.newest
    if newest is not None and newest < now - _OLD:
        return f"nothing new since {newest:%Y-%m-%d}"
    instants = [e.metadata.published_at for e in found.feed.entries]
    future = [at for at in instants if at is not None and at > now + _FUTURE]
    if future:
        return f"dated in the future: {show_count(len(future), 'entry')}"
    return None


def _judge(
    source: Source,
    file: Path,
    feeds: Sequence[FeedCheck],
    sample: Sequence[_Sampled],
    languages: Mapping[str, Language],
    now: datetime,
) -> SourceCheck:
    problems = [f"{feed.url}: {feed.problem}" for feed in feeds if feed.problem]
    remarks = []
    if not source.feeds:
        remarks.append("has no feeds: nothing was asked")
    failed: Counter[str] = Counter()
    articles: list[Article] = []
    summaries: list[str | None] = []
    for sampled in sample:
        outcome = _read(sampled, source, languages)
        if isinstance(outcome, str):
            failed[outcome] += 1
        elif outcome.article is not None:
            articles.append(outcome.article)
            summaries.append(sampled.one.entry.metadata.lead)
        elif outcome.rejection is not None:
            failed[outcome.rejection.reason] += 1
    for reason, count in failed.most_common():
        line = f"{count} of {show_count(len(sample), 'sampled article')} failed: {reason}"
        # One dead link among many is the web.
        (problems if count > len(sample) / 4 else remarks).append(line)
    if articles:
        for judged in (_judge_articles(articles, now), _judge_lengths(articles, summaries)):
            problems += judged[0]
            remarks += judged[1]
        remarks += list_missing_remarks(articles, source, languages)
    return SourceCheck(
        source.id, file, tuple(feeds), tuple(articles), len(sample), tuple(problems), tuple(remarks)
    )


def _read(
    sampled: _Sampled, source: Source, languages: Mapping[str, Language]
) -> Examination | str:
    """What a run would make of it, or the reason why its page could not be had."""
    one = sampled.one
    document: Document | Rejection | None
    if isinstance(one.answer, FetchFault):
        return one.answer.reason
    document = one.make_page(source) if one.answer is not None else one.make_summary(source)
    if isinstance(document, Rejection):
        return document.reason
    assert document is not None
    return examine_document(document, source, languages, enrich=False)


def _judge_articles(articles: Sequence[Article], now: datetime) -> tuple[list[str], list[str]]:
    """What is wrong with a sample, and what is only worth knowing."""
    problems: list[str] = []
    remarks: list[str] = []
    count, all_articles = len(articles), show_count(len(articles), "article")
    instants = [article.metadata.published_at for article in articles]
    known = [instant for instant in instants if instant is not None]
    if len(known) < count:
        line = f"{count - len(known)} of {all_articles} without a date"
        (problems if len(known) < count / 2 else remarks).append(line)
    future = sum(instant > now + _FUTURE for instant in known)
    if future:
        problems.append(f"{future} of {all_articles} dated in the future")
    if len(known) >= _MANY and len(set(known)) == 1:
        problems.append(f"all articles have the same date, {known[0]:%Y-%m-%d %H:%M}")
    if not any(article.metadata.title for article in articles):
        problems.append("no article has a title")
    paywalled = sum(article.metadata.paywalled is True for article in articles)
    if paywalled:
        remarks.append(f"{paywalled} of {all_articles} behind a paywall")
    return problems, remarks


def _judge_lengths(
    articles: Sequence[Article], summaries: Sequence[str | None]
) -> tuple[list[str], list[str]]:
    """A problem where texts are short as something is cut off, not where a paper writes short."""
    words = [len(article.text.split()) for article in articles]
    if median(words) >= SHORT_ARTICLE:
        return [], []
    line = f"half of the articles have at most {show_count(round(median(words)), 'word')}"
    texts = Counter(squeeze(article.text) for article in articles)
    short = [
        is_cut_short(article.text, summary) or texts[squeeze(article.text)] > 1
        for article, summary, count in zip(articles, summaries, words, strict=True)
        if count < SHORT_ARTICLE
    ]
    paywalled = sum(article.metadata.paywalled is True for article in articles)
    if paywalled > len(articles) / 2 or 2 * sum(short) < len(short):
        return [], [line]
    return [f"{line}, and look cut off: compare them with the pages (newsbeam preview URL)"], []


def is_cut_short(text: str, summary: str | None) -> bool:
    """Whether a text seems to be a part of an article: it ends in the midst of a sentence, or says
    no more than what the feed says of it."""
    if not _ENDS_WHOLE.search(text.rstrip()):
        return True
    return bool(summary) and squeeze(text) in squeeze(summary or "")


def _compare_lake(lake: LakePath, source: str, now: datetime) -> tuple[list[str], list[str]]:
    """What the tables tell of the source: problems of its feeds, drift."""
    try:
        status = read_status(lake, now, source)
    except UnknownSourceError:
        return [], [f"nothing of it is in {lake} yet"]
    problems = []
    for health in status.sources:
        for feed in health.feeds:
            problems += [f"{feed.feed}: {problem}, as {lake} shows" for problem in feed.problems]
        problems += [
            f"drift: {change.sign} in {change.bad} of the newest "
            f"{show_count(change.newest, 'article')} ({change.share_before:.0%} before)"
            for change in health.drift.changes
        ]
    return problems, []
