"""Learned boilerplate: planted templates are found, the articles' own prose never."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path

import pytest

from newsbeam.pipelines.config.job import ConfigError
from newsbeam.pipelines.config.load import load_job, load_rule_file
from newsbeam.pipelines.config.rule_files import render_rules, write_rule_file
from newsbeam.pipelines.learn import learn_boilerplate
from newsbeam.transforms.clean.boilerplate import list_rules, match_rule
from newsbeam.transforms.clean.evidence import Learned, Measure, Proposal
from newsbeam.transforms.errors import NoLakeError
from newsbeam.transforms.records import Block
from newsbeam.transforms.settings.source import CleaningRule
from tests.support.planted import Newspaper, make_newspaper, paragraph

Command = Callable[[list[str]], tuple[int, str, str]]
CONFIG = (
    "id: fjordposten\nlanguage: nb\nfiles: ['in/*.txt']\n"
    "enrich: {pipelines: {nb: null, nn: null}}\n"
)


def print_newspaper(paper: Newspaper, folder: Path) -> Path:
    (folder / "in").mkdir()
    for number, (title, lines) in enumerate(paper.articles):
        path = folder / "in" / f"{number:03}.txt"
        path.write_text("\n\n".join([title, "\n".join(lines)]) + "\n", encoding="utf-8")
    config = folder / "fjordposten.yaml"
    config.write_text(CONFIG, encoding="utf-8")
    return config


def ingest(newsbeam: Command, config: Path, output: Path, *options: str) -> None:
    code, _, err = newsbeam(["run", str(config), "--output", str(output), "--json", *options])
    assert code == 0, err


def is_removed(line: str, rules: tuple[CleaningRule, ...]) -> bool:
    return match_rule(Block(line), rules) is not None


@pytest.mark.slow
@pytest.mark.parametrize("seed", [3, pytest.param(17, marks=pytest.mark.slow)])
def test_templates_are_proposed_and_prose_is_not(
    tmp_path: Path, newsbeam: Command, seed: int
) -> None:
    paper = make_newspaper(seed)
    config, output = print_newspaper(paper, tmp_path), tmp_path / "lake"
    ingest(newsbeam, config, output)
    code, out, err = newsbeam(
        ["learn-boilerplate", str(config), "--output", str(output), "--to", str(tmp_path)]
    )
    assert code == 0, err
    written = tmp_path / "fjordposten.boilerplate.yaml"
    assert str(written) in out
    rules = load_rule_file(written).rules
    job = load_job([config])
    known = tuple(list_rules("nb", job.languages, job.sources[0]))
    found = [
        lines
        for lines in paper.planted
        if all(is_removed(line, (*known, *rules)) for line in lines)
    ]
    assert len(found) >= 11
    assert [line for line in paper.prose if is_removed(line, rules)] == []
    # In force, the rules leave nothing that could be learned again.
    with config.open("a", encoding="utf-8") as file:
        file.write("clean: {rule_files: [fjordposten.boilerplate.yaml]}\n")
    (learned,) = learn_boilerplate(load_job([config]), output)
    assert learned.articles == 200
    assert not {p.rule.pattern or p.rule.lines for p in learned.proposals} & {
        rule.pattern or rule.lines for rule in rules
    }


WALL = [
    "Resten av saken er for deg som holder avisa.",
    "Les alt vi skriver for 1 krone den første uka.",
    "Har du allerede en konto hos Fjordposten? Trykk her.",
]


def wall_off(paper: Newspaper) -> None:
    """A third of the articles end after some lines, and three others follow."""
    for number, (_, lines) in enumerate(paper.articles):
        if number % 3 == 0:
            lines[:] = [*lines[: max(2, len(lines) // 3)], *WALL]


@pytest.mark.slow
def test_the_counts_are_those_of_the_rule_applied(tmp_path: Path, newsbeam: Command) -> None:
    """Of a paper with a wall, too, whose lines always come together as those of a story do."""
    paper = make_newspaper(5, count=60, templates=6)
    wall_off(paper)
    config, output = print_newspaper(paper, tmp_path), tmp_path / "lake"
    ingest(newsbeam, config, output)
    (learned,) = learn_boilerplate(load_job([config]), output)
    assert learned.proposals
    assert not list((output / "_staging").iterdir())
    names = [proposal.rule.name for proposal in learned.proposals]
    assert len(names) == len(set(names))
    rules = [proposal.rule for proposal in learned.proposals]
    assert all(is_removed(line, tuple(rules)) for line in WALL)
    removed = [[match_rule(Block(line), rules) for line in lines] for _, lines in paper.articles]
    for proposal in learned.proposals:
        hits = [found.count(proposal.rule) for found in removed]
        assert (proposal.measure.articles, proposal.measure.lines) == (
            sum(map(bool, hits)),
            sum(hits),
        )
        assert all(is_removed(line, (proposal.rule,)) for line in proposal.measure.examples)


@pytest.mark.slow
def test_workers_and_order_change_nothing(tmp_path: Path, newsbeam: Command) -> None:
    config, output = print_newspaper(make_newspaper(9, count=60), tmp_path), tmp_path / "lake"
    ingest(newsbeam, config, output)
    job = load_job([config])
    assert learn_boilerplate(job, output) == learn_boilerplate(job, output, workers=2)


@pytest.mark.slow
def test_only_the_newest_revision_counts(tmp_path: Path, newsbeam: Command) -> None:
    config, output = print_newspaper(make_newspaper(2, count=30), tmp_path), tmp_path / "lake"
    ingest(newsbeam, config, output)
    files = sorted((tmp_path / "in").iterdir())
    for number, file in enumerate(files):
        title = file.read_text(encoding="utf-8").splitlines()[0]
        file.write_text(f"{title}\n\n{paragraph(random.Random(number))}\n", encoding="utf-8")
    ingest(newsbeam, config, output)
    (learned,) = learn_boilerplate(load_job([config]), output)
    assert (learned.articles, learned.proposals) == (30, ())


def test_too_few_articles_propose_nothing_and_no_lake_is_said(
    tmp_path: Path, newsbeam: Command
) -> None:
    config, output = print_newspaper(make_newspaper(1, count=19), tmp_path), tmp_path / "lake"
    job = load_job([config])
    with pytest.raises(NoLakeError):
        learn_boilerplate(job, output)
    learn = ["learn-boilerplate", str(config), "--output", str(output)]
    code, _, err = newsbeam(learn)
    assert (code, "holds no lake" in err) == (2, True)
    ingest(newsbeam, config, output)
    assert learn_boilerplate(job, output) == [Learned("fjordposten", 19, ())]


def proposal(rule: CleaningRule) -> Proposal:
    return Proposal(rule, (), Measure(8, 9, 0, ("Kari «K» Nes's liste: #1",)))


def test_a_rule_survives_its_yaml(tmp_path: Path) -> None:
    rules = (
        CleaningRule(name="a", lines=('Med "tegn" \\ og: kolon # her',)),
        CleaningRule(name="b", pattern=r"det's \d+ [^\W_]{2,} «x»", match_case=True, max_chars=40),
    )
    learned = Learned("avis", 20, tuple(map(proposal, rules)))
    path = write_rule_file(learned, tmp_path / "new", "2026-11-22")
    assert path.name == "avis.boilerplate.yaml"
    assert load_rule_file(path).rules == rules
    text = path.read_text(encoding="utf-8")
    assert text == render_rules(learned, "2026-11-22")
    assert "# 8 articles (40 %), 9 lines:\n  #   Kari «K» Nes's liste: #1" in text
    assert "rule_files: [avis.boilerplate.yaml]" in text


def test_a_reviewed_file_is_never_overwritten(tmp_path: Path) -> None:
    learned = Learned("avis", 20, (proposal(CleaningRule(name="a", lines=("x",))),))
    first = write_rule_file(learned, tmp_path, "2026-11-22")
    first.write_text("rules: []\n", encoding="utf-8")
    second = write_rule_file(learned, tmp_path, "2026-11-23")
    assert second.name == "avis-2.boilerplate.yaml"
    assert first.read_text(encoding="utf-8") == "rules: []\n"


def test_rule_files_are_checked_with_their_lines(tmp_path: Path) -> None:
    config = tmp_path / "avis.yaml"
    config.write_text(
        "id: avis\nfiles: [a]\nclean:\n  rule_files:\n    - avis.boilerplate.yaml\n    - b.yaml\n",
        encoding="utf-8",
    )
    rules = tmp_path / "avis.boilerplate.yaml"
    rules.write_text("rules:\n  - name: a\n    pattern: '('\n", encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        load_job([config])
    first, second = map(str, caught.value.faults)
    assert first.startswith(f"{rules}:3: rules[0].pattern: not a valid regular expression")
    assert second.startswith(f"{config}:6: clean.rule_files[1]: there is no file")


def test_rules_of_files_stand_behind_the_sources_own_and_files_are_no_sources(
    tmp_path: Path,
) -> None:
    (tmp_path / "avis.yaml").write_text(
        "id: avis\nfiles: [a]\nclean:\n  rules: [{name: own, lines: [Hei]}]\n"
        "  rule_files: [avis.boilerplate.yaml]\n",
        encoding="utf-8",
    )
    (tmp_path / "avis.boilerplate.yaml").write_text(
        "rules:\n  - {name: learned, lines: [Ha det]}\n", encoding="utf-8"
    )
    (source,) = load_job([tmp_path]).sources
    assert [rule.name for rule in source.clean.rules] == ["own", "learned"]
