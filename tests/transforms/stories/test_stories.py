"""Which articles tell the same story: quality, independence of order, what the lake is told."""

from __future__ import annotations

import random
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from pathlib import Path

import duckdb
import pytest
from datasketch import MinHash
from deltalake import DeltaTable
from hypothesis import given, settings
from hypothesis import strategies as st

from newsbeam.pipelines.cli.main import main
from newsbeam.transforms.lake.commit import commit_articles, stage_rows
from newsbeam.transforms.lake.lake import Lake
from newsbeam.transforms.lake.schema import ARTICLES, STORIES, Row, make_row
from newsbeam.transforms.lake.staging import Staging
from newsbeam.transforms.records import Article, Block, Metadata, Provenance
from newsbeam.transforms.stories.assign import SignedArticle, assign_stories
from newsbeam.transforms.stories.changes import StoryState, find_all_changes, find_story_changes
from newsbeam.transforms.stories.signatures import hash_shingles, sign_text, unpack_signatures
from newsbeam.transforms.stories.table import StoriesUpdate, update_stories
from tests.support.wire import MORNING, Newsroom, Printed, print_papers
from tests.support.workplace import ROOT

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


def sign(printed: Sequence[Printed]) -> list[SignedArticle]:
    return [SignedArticle(p.key, p.published_at, sign_text(p.text)) for p in printed]


def cluster(articles: Iterable[SignedArticle], window: timedelta = 72 * HOUR) -> dict[str, str]:
    return {id: first.article_id for id, first in assign_stories(articles, window).items()}


def count_pairs(labels: Iterable[object]) -> int:
    return sum(size * (size - 1) // 2 for size in Counter(labels).values())


def tell_apart(one: str, other: str) -> bool:
    texts = [SignedArticle(name, MORNING, sign_text(t)) for name, t in (("a", one), ("b", other))]
    return cluster(texts) != {"a": "a", "b": "a"}


# What a text's signature is made of


def test_signature_does_not_mind_case_marks_and_the_order_of_paragraphs() -> None:
    one = Newsroom(1).write_story(10).paragraphs
    other = [paragraph.upper().replace(".", "!") for paragraph in reversed(one)]
    assert sign_text("\n".join(one)) == sign_text("\n\n".join(other))


def test_text_of_a_few_words_is_too_short_to_judge() -> None:
    words = [f"ord{i}" for i in range(40)]
    assert sign_text("") is None
    assert sign_text(" ".join(words[:32])) is None
    assert sign_text(" ".join(words[:33])) is not None
    assert sign_text("Les hele saken i avisen. " * 100) is None


def test_signatures_stay_as_they_are_stored() -> None:
    """If this fails, stored signatures mean something else now: ``MAKING`` must be one more."""
    signature = sign_text("\n".join(f"Avsnitt {i} i saken om tall nummer {i}." for i in range(30)))
    assert signature is not None
    assert len(signature) == 516
    assert sha256(signature).hexdigest()[:16] == "523eb4db8b26bbba"


@pytest.mark.parametrize("words", [30, 300, 9000])
def test_minima_are_those_of_datasketch(words: int) -> None:
    text = " ".join(f"ord{i}" for i in range(words + 3))
    sketch = MinHash(256, seed=1, scheme="affine32", hashfunc=int)
    sketch.update_batch(hash_shingles(text))
    signature = sign_text(text)
    assert signature is not None
    (values,) = unpack_signatures([signature]).values
    assert values.tolist() == sketch.hashvalues.astype("uint16").tolist()


def test_what_is_no_signature_is_refused() -> None:
    with pytest.raises(ValueError, match="516"):
        unpack_signatures([b"x" * 515])


# Which texts belong together


@pytest.mark.slow
@pytest.mark.parametrize(
    "seed", [0, *(pytest.param(seed, marks=pytest.mark.slow) for seed in range(1, 6))]
)
def test_versions_of_wire_stories_are_told_from_other_stories_on_the_topic(seed: int) -> None:
    printed = print_papers(seed)
    firsts = cluster(sign(printed))
    found = count_pairs(firsts[p.key] for p in printed)
    true = count_pairs(p.story for p in printed)
    both = count_pairs((firsts[p.key], p.story) for p in printed)
    assert true > 800
    assert both / found >= 0.98
    assert both / true >= 0.95


def test_first_third_of_a_story_with_a_local_intro_is_the_story() -> None:
    for seed in range(10):
        room = Newsroom(seed)
        story, local = room.write_story(12), room.write_story(8)
        cut = [local.paragraphs[0][:90], *story.paragraphs[:4]]
        assert not tell_apart("\n".join(story.paragraphs), "\n".join(cut))


def test_translation_is_another_text() -> None:
    for seed in range(10):
        room = Newsroom(seed)
        story = room.write_story(12).paragraphs
        assert tell_apart("\n".join(story), "\n".join(room.translate(story)))


def test_digest_of_many_stories_does_not_make_them_one() -> None:
    room = Newsroom(3)
    notices = ["\n".join(room.write_story(6).paragraphs) for _ in range(8)]
    articles = [SignedArticle(str(i), MORNING, sign_text(t)) for i, t in enumerate(notices)]
    digest = SignedArticle("digest", MORNING, sign_text("\n".join(notices)))
    assert len(set(cluster([*articles, digest]).values())) == 9


def test_articles_too_short_to_judge_are_stories_of_their_own() -> None:
    articles = [SignedArticle(id, MORNING, None) for id in "abc"]
    assert cluster(articles) == {"a": "a", "b": "b", "c": "c"}


def test_story_lasts_for_the_window_after_its_first_article() -> None:
    text = sign_text("\n".join(Newsroom(1).write_story(10).paragraphs))
    articles = [SignedArticle(f"{h:03}", MORNING + h * HOUR, text) for h in (0, 50, 72, 73, 140)]
    assert cluster(articles) == {"000": "000", "050": "000", "072": "000", "073": "073",
                                 "140": "073"}  # fmt: skip


# The same stories whatever comes when

PARAGRAPHS = Newsroom(7).write_story(40).paragraphs
# Each shares most with its neighbours and nothing with those farther off: an endless chain.
CHAIN = [sign_text("\n".join(PARAGRAPHS[i : i + 8])) for i in range(0, 32, 2)]
drafts = st.builds(
    SignedArticle,
    st.sampled_from([f"{i:02}" for i in range(14)]),
    st.integers(0, 90).map(lambda hours: MORNING + hours * HOUR),
    st.sampled_from([*CHAIN, *CHAIN[:4], CHAIN[0], None]),
)


def tell(days: dict[date, dict[str, StoryState]], changes: Sequence[StoryState]) -> None:
    """As the lake does: each change is the newest row of the article on its day."""
    for told in sorted(changes, key=lambda t: t.story_id is not None):
        day = days.setdefault(told.article.day, {})
        day.pop(told.article.article_id, None)
        if told.story_id is not None:
            day[told.article.article_id] = told


@settings(max_examples=settings().max_examples // 2)
@given(st.lists(st.lists(drafts, max_size=8), max_size=8), st.sampled_from([3, 10, 30]))
def test_stories_do_not_depend_on_the_runs_in_which_articles_came(
    runs: list[list[SignedArticle]], hours: int
) -> None:
    """Articles come in any order, in any runs, and get new texts and instants."""
    days: dict[date, dict[str, StoryState]] = {}
    newest: dict[str, SignedArticle] = {}
    for run in runs:
        arrivals = {article.article_id: article for article in run}
        tell(
            days, find_story_changes(days, arrivals, arrivals.keys() & newest.keys(), hours * HOUR)
        )
        newest |= arrivals
        told = {id: told.story_id for day in days.values() for id, told in day.items()}
        assert sum(map(len, days.values())) == len(told)
        assert told == cluster(newest.values(), hours * HOUR)
    assert not find_all_changes(days, newest, hours * HOUR)


@pytest.mark.parametrize("seed", [11, pytest.param(12, marks=pytest.mark.slow)])
def test_wire_stories_are_the_same_in_any_order_of_arrival(seed: int) -> None:
    printed = sign(print_papers(seed, 12))
    whole = cluster(printed)
    for luck in range(3):
        chance = random.Random(luck)
        order = chance.sample(printed, len(printed))
        days: dict[date, dict[str, StoryState]] = {}
        while order:
            size = chance.randint(1, 40)
            run, order = order[:size], order[size:]
            tell(days, find_story_changes(days, {a.article_id: a for a in run}))
        assert {id: t.story_id for day in days.values() for id, t in day.items()} == whole


def test_only_days_close_to_what_is_new_are_looked_at() -> None:
    class Watched(dict[date, dict[str, StoryState]]):
        seen: set[date]

        def __getitem__(self, day: date) -> dict[str, StoryState]:
            self.seen.add(day)
            return super().__getitem__(day)

    stub = CHAIN[0]  # printed every day: a chain without an end
    articles = [SignedArticle(f"{i:04}", MORNING + 24 * i * HOUR, stub) for i in range(400)]
    days: dict[date, dict[str, StoryState]] = {}
    tell(days, find_all_changes({}, {a.article_id: a for a in articles}))
    watched = Watched(days)
    for new, most in (
        (SignedArticle("new", MORNING + 24 * 399 * HOUR, stub), 4),
        (SignedArticle("old", MORNING + (24 * 200 + 1) * HOUR, CHAIN[9]), 12),
    ):
        watched.seen = set()
        find_story_changes(watched, {new.article_id: new})
        assert 0 < len(watched.seen) <= most


# In the lake


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    lake = Lake(tmp_path / "lake")
    lake.create()
    return lake


def make(printed: Printed) -> Row:
    article = Article(
        Provenance(printed.source, printed.key, printed.key, "0" * 64),
        Metadata(title=printed.key, published_at=printed.published_at),
        (Block(printed.text),),
        "nb",
    )
    return make_row(article, run_id="r", started_at=NOW)


def commit(lake: Lake, run_id: str, printed: Iterable[Printed]) -> None:
    staging = Staging(lake.root, run_id)
    with staging.create():
        files = stage_rows(staging, ARTICLES, map(make, printed))
        commit_articles(lake, staging, files, 0)


def update(lake: Lake, run_id: str, rebuild: bool = False, hours: int = 72) -> StoriesUpdate:
    staging = Staging(lake.root, run_id)
    with staging.create():
        return update_stories(lake, staging, NOW, window=hours * HOUR, rebuild=rebuild)


def read_stories(lake: Lake) -> dict[str, str]:
    rows = lake.open(STORIES).to_pandas().dropna(subset="story_id")
    rows = rows.sort_values("decision").drop_duplicates("article_id", keep="last")
    return dict(zip(rows["article_id"], rows["story_id"], strict=True))


def expect(printed: Sequence[Printed]) -> dict[str, str]:
    rows = [make(p) for p in printed]
    return cluster(SignedArticle(r["article_id"], r["published_at"], sign_text(r["text"]))
                   for r in rows)  # fmt: skip


def test_each_article_gets_its_story_over_several_runs(lake: Lake) -> None:
    printed = print_papers(5, 6)
    random.Random(5).shuffle(printed)
    half = len(printed) // 2
    commit(lake, "one", printed[:half])
    first = update(lake, "one-stories")
    assert (first.articles, first.rows, first.is_complete) == (half, half, False)
    commit(lake, "two", printed[half:])
    second = update(lake, "two-stories")
    assert second.articles == len(printed) - half
    assert not second.is_complete
    assert read_stories(lake) == expect(printed)
    assert update(lake, "three") == StoriesUpdate(0, 0, False)
    version = lake.version(STORIES)
    assert update(lake, "four", rebuild=True).rows == 1  # the mark alone
    assert lake.version(STORIES) == version + 1
    assert read_stories(lake) == expect(printed)


def test_new_revision_counts_with_its_newest_text_and_day(lake: Lake) -> None:
    room = Newsroom(9)
    wire, other = ("\n".join(room.write_story(9).paragraphs) for _ in range(2))
    first = Printed("avis00", "a", wire, MORNING, 0)
    again = Printed("avis01", "b", wire, MORNING + HOUR, 0)
    ids = [make(p)["article_id"] for p in (first, again)]
    commit(lake, "one", [first, again])
    update(lake, "one-stories")
    assert read_stories(lake) == {ids[0]: ids[0], ids[1]: ids[0]}
    changed = replace(first, text=other, published_at=MORNING + 30 * 24 * HOUR)
    commit(lake, "two", [changed])
    update(lake, "two-stories")
    assert read_stories(lake) == {ids[0]: ids[0], ids[1]: ids[1]}
    # Back on its first day with its first text, it leads again.
    commit(lake, "three", [replace(first, text=wire + "\nSlutt.")])
    update(lake, "three-stories")
    assert read_stories(lake) == {ids[0]: ids[0], ids[1]: ids[0]}


def test_update_that_was_cut_off_is_made_good_by_the_next(lake: Lake) -> None:
    printed = print_papers(6, 4)
    commit(lake, "one", printed[:20])
    with pytest.raises(FileNotFoundError):  # its area was cleaned away: nothing can be staged
        update_stories(lake, Staging(lake.root, "dead"), NOW)
    assert read_stories(lake) == {}
    commit(lake, "two", printed[20:])
    update(lake, "two-stories")
    assert read_stories(lake) == expect(printed)


@pytest.mark.slow
def test_runs_at_the_same_time_tell_the_same_stories(lake: Lake) -> None:
    printed = print_papers(8, 8)

    def run(part: int) -> None:
        commit(lake, f"run{part}", printed[part::4])
        update(lake, f"run{part}-stories")

    with ThreadPoolExecutor(4) as pool:
        assert len(list(pool.map(run, range(4)))) == 4
    assert read_stories(lake) == expect(printed)


def test_other_rules_tell_all_stories_anew(lake: Lake) -> None:
    text = "\n".join(Newsroom(1).write_story(9).paragraphs)
    printed = [Printed("avis00", str(h), text, MORNING + h * HOUR, 0) for h in (0, 20, 40)]
    commit(lake, "one", printed)
    update(lake, "a")
    assert len(set(read_stories(lake).values())) == 1
    narrow = update(lake, "b", hours=24)
    assert narrow.is_complete
    assert len(set(read_stories(lake).values())) == 2
    assert not update(lake, "c", hours=24).is_complete


def test_cleaned_log_makes_it_read_all_articles(lake: Lake) -> None:
    printed = print_papers(4, 3)
    commit(lake, "one", printed[:10])
    update(lake, "a")
    commit(lake, "two", printed[10:])
    DeltaTable(str(lake.root / "articles")).create_checkpoint()
    for version in range(lake.version(ARTICLES)):
        (lake.root / f"articles/_delta_log/{version:020d}.json").unlink()
    (lake.root / f"articles/_delta_log/{lake.version(ARTICLES):020d}.json").unlink()
    assert update(lake, "b").is_complete
    assert read_stories(lake) == expect(printed)


@pytest.mark.slow
def test_queries_of_the_guide_answer(lake: Lake) -> None:
    printed = print_papers(2, 6)
    commit(lake, "one", printed[:30])
    update(lake, "a")
    commit(lake, "two", printed[30:])
    update(lake, "b")
    guide = (ROOT / "docs" / "stories.md").read_text(encoding="utf-8")
    blocks = re.findall(r"```sql\n(.*?)```", guide, re.DOTALL)
    connection = duckdb.connect()
    answers = [connection.execute(b.replace("DIR", str(lake.root))).fetchall() for b in blocks]
    assert len(answers) == 4
    assert all(answers[1:])
    columns = connection.execute("SELECT article_id, story_id FROM told").fetchall()
    assert dict(columns) == expect(printed)


# The command


def tell_in(folder: Path, *options: str) -> int:
    return main(["stories", str(folder), *options])


def test_command_tells_stories_of_a_lake(lake: Lake, capsys: pytest.CaptureFixture[str]) -> None:
    printed = print_papers(3, 3)
    commit(lake, "one", printed)
    assert tell_in(lake.root) == 0
    assert capsys.readouterr().out.startswith(f"articles looked at: {len(printed)}, rows")
    assert read_stories(lake) == expect(printed)
    assert tell_in(lake.root, "--rebuild") == 0
    assert read_stories(lake) == expect(printed)
    assert not list((lake.root / "_staging").iterdir())


def test_command_refuses_a_folder_without_a_lake(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert tell_in(tmp_path / "nowhere") == 2
    assert "holds no lake" in capsys.readouterr().err
    assert not (tmp_path / "nowhere").exists()
