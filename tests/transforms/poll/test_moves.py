"""Where entries lead when addresses and GUIDs change: polls of a feed against a made-up lake."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsbeam.transforms.poll.documents import document_of, entry_key
from newsbeam.transforms.records import Entry, PageRequest
from newsbeam.transforms.text.identity import article_id
from tests.support.polled_site import BASE, NOON, RULES, TITLES, Site, make_entry


@given(st.lists(st.integers(1, 3), min_size=1, max_size=4), st.integers(2, 5))
def test_guids_that_count_positions_make_no_story_another_ones_revision(
    steps: list[int], size: int
) -> None:
    site, first, told = Site(), 0, set()
    for step in [0, *steps]:
        first += step
        stories = range(first, first + size)
        entries = [
            make_entry(f"{place}", f"/sak/{n}", f"{TITLES[n % 8]} {n}")
            for place, n in enumerate(reversed(stories))
        ]
        asked = site.poll(*entries)
        assert set(asked) == {f"/sak/{n}" for n in stories if n not in told}
        told.update(stories)
    assert site.revisions == [1] * len(told)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (("/sak/1", TITLES[0]), ("/sak/2", TITLES[1])),
        (("/sak/1", "Ukas gjest"), ("/sak/2", "Ukas gjest")),
        (("/vis?id=1", TITLES[0]), ("/vis?id=2", TITLES[1])),
        (("/skolen", TITLES[0]), ("/ferja", TITLES[1])),
    ],
)
@pytest.mark.parametrize("is_lost", [False, True])
def test_a_guid_that_is_given_to_another_story_tells_nothing(
    old: tuple[str, str], new: tuple[str, str], is_lost: bool
) -> None:
    site = Site()
    site.poll(make_entry("5", *old))
    if is_lost:
        site.lose_polls()
    assert site.poll(make_entry("5", *new)) == [new[0]]
    assert site.revisions == [1, 1]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (("/sak/1", TITLES[0]), ("/nyheter/1", TITLES[0])),
        (("/hallen-brant", "Hallen brant"), ("/hallen-brant-ned", "Hallen brant ned til grunnen")),
        (("/skolen", TITLES[0]), ("/nytt-tak", TITLES[0])),
        (("/a/nytt-tak", TITLES[0]), ("/b/nytt-tak", TITLES[1])),
    ],
)
@pytest.mark.parametrize("is_lost", [False, True])
def test_a_page_that_moved_is_the_article_that_it_was_though_polls_were_lost(
    old: tuple[str, str], new: tuple[str, str], is_lost: bool
) -> None:
    site = Site()
    site.poll(make_entry("g", *old))
    if is_lost:
        site.lose_polls()
    site.poll(make_entry("g", *new))
    assert site.revisions == [2]
    assert site.poll(make_entry("g", *new)) == []
    assert site.poll(make_entry("g", *new, lead="Nytt i saken")) == [new[0]]
    assert site.revisions == [3]


def test_an_address_that_is_another_entrys_is_no_move() -> None:
    site = Site()
    titles = ("Skolen får nytt tak", "Pris til kor")
    site.poll(make_entry("a", "/tak", titles[0]), make_entry("b", "/kor", titles[1]))
    # The address of one is the other's now, so nothing has moved.
    site.poll(make_entry("a", "/kor", titles[0]), make_entry("b", "/nytt", titles[1]))
    assert [row.document_id for row in site.rows[2:]] == [
        article_id("avis", f"{BASE}{path}") for path in ("/kor", "/nytt")
    ]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("http://avis.example/a", "https://avis.example/a"),
        ("https://avis.example/a", "https://www.avis.example/a"),
        ("https://avis.example/a", "https://avis.example/a/"),
        ("http://www.avis.example/a/?id=1", "https://avis.example/a?id=1"),
    ],
)
def test_another_spelling_of_an_address_is_the_same_page(old: str, new: str) -> None:
    for one, other in ((old, new), (new, old)):
        site = Site()
        site.poll(make_entry(one, one, TITLES[0]))
        assert site.poll(make_entry(other, other, TITLES[0])) == []
        assert site.poll(make_entry(one, one, TITLES[0])) == []
        site.lose_polls()
        assert site.poll(make_entry(other, other, TITLES[0])) == []
        changed = make_entry(other, other, f"{TITLES[0]} likevel")
        assert site.poll(changed) == [changed.url.removeprefix(BASE)]  # type: ignore[union-attr]
        assert site.revisions == [2]
        both = Site().poll(make_entry("1", one, TITLES[0]), make_entry("2", other, TITLES[0]))
        assert len(both) == 1


def test_another_story_at_another_spelling_is_another_page() -> None:
    site = Site()
    asked = site.poll(make_entry("1", "/a", TITLES[0]), make_entry("2", "/a/", TITLES[1]))
    assert asked == ["/a", "/a/"]


def rotate(turn: int, title: str = TITLES[0]) -> Entry:
    url = f"{BASE}/sak/1?sess={turn}x"
    return make_entry(url, url, title)


def test_a_parameter_that_changes_with_every_poll_is_not_asked_again() -> None:
    site = Site(canonical={f"{BASE}/sak/1?sess={turn}x": f"{BASE}/sak/1" for turn in range(9)})
    assert [len(site.poll(rotate(turn))) for turn in range(4)] == [1, 0, 0, 0]
    assert len(site.poll(rotate(5, f"{TITLES[0]} i natt"))) == 1
    assert site.revisions == [2]


def test_without_a_canonical_address_the_same_text_tells_once() -> None:
    site = Site(texts={f"{BASE}/sak/1?sess={turn}x": "Teksten." for turn in range(9)})
    assert [len(site.poll(rotate(turn))) for turn in range(4)] == [1, 1, 0, 0]
    assert site.revisions == [2]


def test_an_entry_whose_address_changes_with_every_poll_is_asked_twice_at_most() -> None:
    site = Site()
    told = [make_entry("g", f"/s/{turn}77/sak/1", TITLES[0]) for turn in range(4)]
    assert [len(site.poll(entry)) for entry in told] == [1, 1, 0, 0]
    assert site.revisions == [2]


def test_a_column_of_one_title_is_asked_for_each_time() -> None:
    urls = [f"{BASE}/vis?id={n}&mod=rss" for n in range(3)]
    site = Site(canonical={url: url.removesuffix("&mod=rss") for url in urls})
    assert [len(site.poll(make_entry(url, url, "Ukas gjest"))) for url in urls] == [1, 1, 1]
    assert site.revisions == [1, 1, 1]


@pytest.mark.parametrize("window", [1, 3])
@pytest.mark.parametrize("fragment", ["#p{}", ""])
def test_a_live_page_is_asked_again_when_entries_are_added(window: int, fragment: str) -> None:
    site = Site()

    def tell(newest: int) -> list[Entry]:
        posts = range(newest, max(newest - window, 0), -1)
        return [
            make_entry(f"p{n}", f"/direkte{fragment.format(n)}", f"Innlegg nummer {n}")
            for n in posts
        ]

    assert len(site.poll(*tell(2))) == 1
    assert site.poll(*tell(2)) == []
    assert len(site.poll(*tell(3))) == 1
    assert len(site.poll(*tell(5))) == 1
    assert site.revisions == [3]


def test_a_sitemap_that_tells_only_when_a_page_was_changed_is_believed() -> None:
    site = Site()
    for hour in range(3):
        told = make_entry("g", "/a", TITLES[0], published_at=NOON + hour * timedelta(hours=1))
        assert site.poll(told) == ["/a"]


def test_guids_that_all_change_at_once_make_nothing_new() -> None:
    site = Site()
    for turn in range(3):
        told = [make_entry(f"{turn}-{n}", f"/sak/{n}", TITLES[n]) for n in range(3)]
        assert len(site.poll(*told)) == (3 if turn == 0 else 0)


def test_stories_that_take_turns_at_one_address_are_parts_of_it() -> None:
    site = Site(full_text="feed")
    for number in range(3):
        told = make_entry(f"pm-{number}", "/presse", TITLES[number], f"Melding {number}")
        assert site.poll(told) == ["/presse"]
        assert site.poll(told) == []
    edited = make_entry("pm-2", "/presse", TITLES[2], "Melding 2, rettet")
    assert site.poll(edited) == ["/presse"]
    assert site.revisions == [1, 1, 2]


def test_an_entry_that_changed_its_title_while_polls_were_lost_is_no_part() -> None:
    site = Site(full_text="feed")
    site.poll(make_entry("g", "/sak", TITLES[0], "Kort"))
    site.lose_polls()
    site.poll(make_entry("g", "/sak", TITLES[1], "Kort"))
    assert site.revisions == [2]


def test_digests_of_an_older_newsbeam_are_compared_as_far_as_they_go() -> None:
    site = Site()
    told = make_entry("g", "/a", TITLES[0])
    site.poll(replace(told, digest=told.digest[:16]))
    assert site.poll(told) == []
    assert site.state is not None
    assert [seen.digest for seen in site.state.seen.values()] == [told.digest]


def test_parts_of_an_address_are_documents_of_their_own() -> None:
    entries: Sequence[Entry] = [replace(make_entry(n, "/presse"), part=n) for n in "ab"]
    requests = [PageRequest("avis", feed, entry) for feed in "fg" for entry in entries]
    assert len({document_of(request, RULES) for request in requests}) == 2
    assert entry_key(make_entry("a", "/presse"), "f", RULES) == f"{BASE}/presse"
