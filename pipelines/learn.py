"""The job that learns boilerplate: articles of the lake in, rules to review out.

It goes over the articles four times, each time reading them anew, so that their text crosses no
shuffle: what recurs, how it stands there, which rules to propose, what these remove. The articles'
files are all that the stages share.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

import apache_beam as beam
from apache_beam.pvalue import AsDict

from newsbeam.pipelines.config.job import Job
from newsbeam.pipelines.runners.failures import run_pipeline
from newsbeam.pipelines.runners.graphs import make_pipeline
from newsbeam.pipelines.runners.local import choose_runner
from newsbeam.transforms.clean.evidence import (
    FEWEST_ARTICLES,
    Evidence,
    Learned,
    Measure,
    Proposal,
    SourceLines,
    collect_evidence,
    hash_text,
    least_recurrence,
    least_support,
    list_cues,
    list_keys,
    list_prose_words,
    measure_rule,
    sample_words,
)
from newsbeam.transforms.clean.lake_lines import ArticleFile, plan_files, read_lines
from newsbeam.transforms.clean.proposals import keep_sound, propose_rule
from newsbeam.transforms.clean.story_test import SourceFacts
from newsbeam.transforms.errors import NoLakeError
from newsbeam.transforms.lake.lake import Lake
from newsbeam.transforms.lake.object_path import LakePath
from newsbeam.transforms.lake.run import make_run_id
from newsbeam.transforms.lake.schema import ARTICLES
from newsbeam.transforms.settings.language import Language
from newsbeam.transforms.settings.source import CleaningRule, Source
from newsbeam.transforms.text.characters import squeeze

# Enough to see what recurs; what is older was printed by another layout.
MOST_ARTICLES = 5_000


def learn_boilerplate(
    job: Job,
    output: LakePath,
    *,
    workers: int = 1,
    most: int = MOST_ARTICLES,
    beam_arguments: Sequence[str] = (),
) -> list[Learned]:
    """Propose rules for the sources of ``job`` from their articles in the lake at ``output``.

    At most ``most`` articles of a source are read, the last ones published. A source with under 20
    gets no proposals. Nothing is changed in the lake.

    Raises:
        NoLakeError: the folder holds no lake.
        RunFailed: the runner reports a failure.
        OSError: the lake cannot be read, or its staging area not be written.
    """
    lake = Lake(output.resolve())
    if lake.version(ARTICLES) < 0:
        raise NoLakeError(output)
    plans = {source.id: plan_files(lake, source.id, most) for source in job.sources}
    counts = {name: sum(len(file.wanted) for file in files) for name, files in plans.items()}
    enough = [name for name, count in counts.items() if count >= FEWEST_ARTICLES]
    found: dict[str, tuple[Proposal, ...]] = {}
    if enough:
        now = datetime.now(UTC)
        staging = lake.stage(make_run_id(now, "learn-"))
        with staging.create():
            runner, arguments = choose_runner(beam_arguments, workers)
            pipeline = make_pipeline(runner, arguments)
            files = [file for name in enough for file in plans[name]]
            _build_graph(pipeline, job, files, counts, staging.area)
            run_pipeline(pipeline)
            found = {name: _read_result(staging.area, name) for name in enough}
            staging.remove()
    return [Learned(name, counts[name], found.get(name, ())) for name in plans]


def _build_graph(
    pipeline: beam.Pipeline,
    job: Job,
    files: Sequence[ArticleFile],
    counts: Mapping[str, int],
    folder: LakePath,
) -> None:
    sources = {source.id: source for source in job.sources}
    read = _Reader(sources, job.languages)
    cues = frozenset(
        word for language in job.languages.values() for word in list_cues(language.boilerplate)
    )
    least = {name: least_recurrence(count) for name, count in counts.items()}
    support = {name: least_support(count) for name, count in counts.items()}

    # Each pass begins with a Create of its own, and what is a side input is never joined too:
    # FnApiRunner would fuse a pass and its own side input into one stage that waits for itself.
    def list_files(name: str) -> beam.PCollection:
        return pipeline | f"FilesTo{name}" >> beam.Create(files)

    recurring = (
        list_files("ListKeys")
        | "ListKeys" >> beam.FlatMap(lambda file: _list_key(read, file))
        | "CountKeys" >> beam.CombinePerKey(sum)
        | "Recurring" >> beam.Filter(lambda item: item[1] >= least[item[0][0]])
        | "KeyBySource" >> beam.MapTuple(lambda key, count: (key[0], (key[1], count)))
        | "GroupRecurring" >> beam.GroupByKey()
        | "MakeCounts" >> beam.MapTuple(lambda source, items: (source, dict(items)))
    )
    evidence = (
        list_files("CollectEvidence")
        | "CollectEvidence"
        >> beam.FlatMap(lambda file, known: _collect(read, support, file, known), AsDict(recurring))
        | "AddEvidence" >> beam.CombinePerKey(_Sum())
        | "EvidenceBySource" >> beam.MapTuple(lambda key, evidence: (key[0], evidence))
    )
    words = list_files("SampleWords") | "SampleWords" >> beam.FlatMap(
        lambda file, known: _sample(read, file, known), AsDict(recurring)
    )
    proposals = (
        {"evidence": evidence, "words": words}
        | "JoinFacts" >> beam.CoGroupByKey()
        | "Propose"
        >> beam.Map(
            lambda item, known: (
                item[0],
                _propose(sources[item[0]], counts[item[0]], cues, known.get(item[0], {}), item[1]),
            ),
            AsDict(recurring),
        )
    )
    measures = (
        list_files("Measure")
        | "Measure"
        >> beam.FlatMap(lambda file, rules: _measure(read, file, rules), AsDict(proposals))
        | "AddMeasures" >> beam.CombinePerKey(_Sum())
        | "MeasuresBySource" >> beam.MapTuple(lambda key, measure: (key[0], (key[1], measure)))
        | "GroupMeasures" >> beam.GroupByKey()
        | "MakeMeasures" >> beam.MapTuple(lambda source, items: (source, dict(items)))
    )
    names = sorted({file.source for file in files})
    _ = (
        pipeline
        | "Sources" >> beam.Create(names)
        | "Save"
        >> beam.Map(
            lambda source, rules, done: _save(
                folder, source, rules.get(source, []), done.get(source, {})
            ),
            AsDict(proposals),
            AsDict(measures),
        )
    )


@dataclass(frozen=True)
class _Reader:
    """Reads articles of a file; travels to the workers with what that takes."""

    sources: Mapping[str, Source]
    languages: Mapping[str, Language]

    def __call__(self, file: ArticleFile) -> Iterator[SourceLines]:
        return read_lines(file, self.languages, self.sources[file.source])


class _Sum(beam.CombineFn):  # type: ignore[misc]
    """Adds what can be added, whatever its order."""

    def create_accumulator(self) -> Any:
        return None

    def add_input(self, total: Any, value: Any) -> Any:
        return value if total is None else total + value

    def merge_accumulators(self, totals: Iterable[Any]) -> Any:
        merged = None
        for total in totals:
            if total is not None:
                merged = total if merged is None else merged + total
        return merged

    def extract_output(self, total: Any) -> Any:
        return total


def _list_key(read: _Reader, file: ArticleFile) -> Iterator[tuple[tuple[str, int], int]]:
    for article in read(file):
        for key in list_keys(article):
            yield (article.source, key), 1


def _collect(
    read: _Reader,
    least: Mapping[str, int],
    file: ArticleFile,
    recurring: Mapping[str, Mapping[int, int]],
) -> Iterator[tuple[tuple[str, int, str], Evidence]]:
    for article in read(file):
        known = recurring.get(article.source, {})
        for evidence in collect_evidence(article, known, least[article.source]):
            template = evidence.template
            yield (article.source, template.level, template.key), evidence


def _sample(
    read: _Reader, file: ArticleFile, recurring: Mapping[str, Mapping[int, int]]
) -> Iterator[tuple[str, tuple[int, tuple[int, ...]]]]:
    for article in read(file):
        words = list_prose_words(article, recurring.get(article.source, {}))
        yield article.source, (hash_text(article.article_id), sample_words(words))


def _propose(
    source: Source,
    articles: int,
    cues: frozenset[str],
    recurring: Mapping[int, int],
    facts: Mapping[str, Iterable[Any]],
) -> list[Proposal]:
    names = {squeeze(word) for word in f"{source.id} {source.name or ''}".replace("-", " ").split()}
    known = SourceFacts(
        articles=articles,
        sentences=recurring,
        words={article: frozenset(words) for article, words in facts["words"]},
        names=frozenset(name for name in names if len(name) >= 4),
        cues=cues,
    )
    return propose_rule(known, list(facts["evidence"]))


def _measure(
    read: _Reader, file: ArticleFile, proposals: Mapping[str, Sequence[Proposal]]
) -> Iterator[tuple[tuple[str, str], Measure]]:
    for article in read(file):
        for name, measure in measure_rule(article, proposals.get(article.source, ())):
            yield (article.source, name), measure


def _save(
    folder: LakePath, source: str, proposals: Sequence[Proposal], measures: Mapping[str, Measure]
) -> None:
    rows = [
        {"rule": proposal.rule.model_dump(mode="json"), "measure": asdict(proposal.measure)}
        for proposal in keep_sound(proposals, measures)
    ]
    (folder / f"{source}.json").write_bytes(json.dumps(rows).encode())


def _read_result(folder: LakePath, source: str) -> tuple[Proposal, ...]:
    path = folder / f"{source}.json"
    rows = json.loads(path.read_bytes()) if path.exists() else []
    return tuple(
        Proposal(
            CleaningRule.model_validate_json(json.dumps(row["rule"])),
            (),
            Measure(**{**row["measure"], "examples": tuple(row["measure"]["examples"])}),
        )
        for row in rows
    )
