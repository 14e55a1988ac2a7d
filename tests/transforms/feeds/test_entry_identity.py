"""What identifies an entry of a feed, and what tells that it changed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsbeam.transforms.settings.source import UrlSettings
from newsbeam.transforms.text.identity import read_wording, split_digest
from tests.support.feed_texts import entry, read, rss


def test_guid_of_one_entry_is_its_id() -> None:
    assert entry("<guid>urn:1</guid><link>/a</link>").id == "urn:1"


def test_guids_that_all_entries_share_are_no_ids() -> None:
    items = [f"<guid>x</guid><link>/{n}?utm_source=rss</link>" for n in range(1_000)]
    feed = read(rss(*items))
    assert len(feed.entries) == 1_000
    assert feed.entries[1].id == "https://feed.example/1"
    assert feed.faults == ()


def test_entry_without_guid_and_link_is_known_by_what_it_says() -> None:
    items = [f"<title>Sak {n}</title><content:encoded>Tekst {n}</content:encoded>" for n in (1, 2)]
    first, second = read(rss(*items)).entries
    assert first.url is None
    assert first.content == "<p>Tekst 1</p>"
    assert first.id != second.id
    assert entry(items[0]).id == first.id


def test_of_two_entries_with_one_id_the_newest_is_kept_and_the_other_told() -> None:
    def item(day: int, title: str) -> str:
        return (
            f"<guid>1</guid><link>/a</link><title>{title}</title>"
            f"<pubDate>{day} Jul 2026 10:00:00 GMT</pubDate>"
        )

    feed = read(rss(item(1, "Gammel"), item(2, "Ny"), item(1, "Gammel")))
    assert [e.metadata.title for e in feed.entries] == ["Ny"]
    assert [fault[0] for fault in feed.faults] == ["repeated_entry"]
    same = read(rss(item(1, "Lik"), item(1, "Lik")))
    assert len(same.entries) == 1
    assert same.faults == ()


@pytest.mark.parametrize("link", ["", "<link>/presse</link>"])
def test_guids_that_stories_share_are_no_ids_wherever_these_are(link: str) -> None:
    def item(number: int, more: str = "") -> str:
        text = " ".join(f"ord{number}x{at}" for at in range(60)) + more
        title = ("Skolen får tak", "Brua stenges", "Kino i kveld")[number]
        return (
            f"<guid isPermaLink='false'>avisa</guid>{link}<title>{title}</title>"
            f"<content:encoded>{text}</content:encoded>"
        )

    feed = read(rss(item(0), item(1), item(2)))
    assert len({e.id for e in feed.entries}) == 3
    assert (feed.faults, feed.unusable) == ((), 0)
    # Two versions of one story are one entry.
    feed = read(rss(item(0), item(0, " Slik endte det.")))
    assert [e.id for e in feed.entries] == ["avisa"]
    assert [fault for fault, _ in feed.faults] == ["repeated_entry"]


ITEM = (
    "<guid>1</guid><link>https://avis.example/a?utm_source=rss</link><title>Tittel</title>"
    "<description>Ingress</description><pubDate>Wed, 22 Jul 2026 10:00:00 GMT</pubDate>"
    "<author>Kari Nes</author><content:encoded>&lt;p&gt;Tekst &lt;img src='a.jpg?w=1'&gt;&lt;/p&gt;"
    "</content:encoded><category>A</category><category>B</category>"
)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("utm_source=rss", "utm_source=twitter"),
        ("a.jpg?w=1", "a.jpg?w=1200"),
        ("<category>A</category><category>B</category>", "<category>B</category>"),
        ("10:00:00 GMT", "12:00:00 +0200"),
        ("Ingress", "Ingress&amp;nbsp;"),
    ],
)
def test_digest_does_not_mind_noise(old: str, new: str) -> None:
    assert old in ITEM
    assert entry(ITEM.replace(old, new)).digest == entry(ITEM).digest
    noisy = entry(
        ITEM + '<x:comments xmlns:x="http://purl.org/rss/1.0/modules/slash/">9</x:comments>'
    )
    assert noisy.digest == entry(ITEM).digest


@pytest.mark.parametrize("old", ["Tittel", "Ingress", "Tekst", "Kari", "22 Jul", "example/a"])
def test_digest_changes_with_what_the_feed_says(old: str) -> None:
    new = "21 Jul" if old == "22 Jul" else "example/b" if "/" in old else "Noe annet"
    assert entry(ITEM.replace(old, new)).digest != entry(ITEM).digest


def test_digest_stays_as_it_is() -> None:
    """Every entry of every feed would be fetched again if it did not."""
    assert entry(ITEM).digest[:16] == "d1b8990bdc3dd26f"


@given(published=st.none() | st.integers(1, 28), changed=st.none() | st.integers(1, 28))
def test_instants_are_not_in_the_last_digits_of_the_digest(
    published: int | None, changed: int | None
) -> None:
    dates = "".join(
        f"<{name}>2026-02-{day:02}T10:00:00Z</{name}>"
        for name, day in (("dc:date", published), ("dcterms:modified", changed))
        if day is not None
    )
    item = "<guid>1</guid><link>/a</link><title>Tittel</title>"
    one, other = entry(item), entry(item + dates)
    (one_whole, one_told), (other_whole, other_told) = map(split_digest, (one.digest, other.digest))
    assert one_told == other_told != ""
    assert (one_whole == other_whole) == (published is None and changed is None)


@pytest.mark.parametrize(
    ("old", "new", "is_same"),
    [
        ("example/a", "example/b", True),
        ("utm_source", "x", True),
        ("Ingress", "Noe annet", False),
        ("22 Jul", "21 Jul", False),  # all that some sitemaps tell of a change
    ],
)
def test_the_end_of_a_digest_is_what_is_told_whatever_the_address(
    old: str, new: str, is_same: bool
) -> None:
    one, other = entry(ITEM), entry(ITEM.replace(old, new))
    assert len(read_wording(one.digest)) == 10
    assert one.digest != other.digest
    assert (read_wording(one.digest) == read_wording(other.digest)) == is_same


def test_entries_without_a_guid_that_share_an_address_are_told_apart() -> None:
    posts = [f"<title>Innlegg {n}</title><link>/direkte?utm_source=x#p{n}</link>" for n in (1, 2)]
    first, second = read(rss(*posts)).entries
    assert (first.id, second.id) == (
        "https://feed.example/direkte#p1",
        "https://feed.example/direkte#p2",
    )
    notes = [f"<title>Melding {n}</title><link>/presse</link>" for n in (1, 2, 2)]
    feed = read(rss(*notes))
    assert [e.metadata.title for e in feed.entries] == ["Melding 1", "Melding 2"]
    assert feed.faults == ()
    assert entry(notes[0]).id == "https://feed.example/presse"


def test_time_that_all_entries_share_is_the_feeds_and_not_in_the_digest() -> None:
    def items(clock: str) -> list[str]:
        date = f"<pubDate>Wed, 22 Jul 2026 {clock} GMT</pubDate>"
        return [f"<guid>{n}</guid><link>/{n}</link>{date}" for n in range(3)]

    one, other = read(rss(*items("10:00:00"))), read(rss(*items("10:15:00")))
    assert [e.digest for e in one.entries] == [e.digest for e in other.entries]
    two = [read(rss(*items(clock)[:2])).entries[0].digest for clock in ("10:00:00", "10:15:00")]
    assert two[0] != two[1]


def test_rules_of_the_source_decide_which_parameters_choose_the_page() -> None:
    item = "<link>https://avis.example/?utm_id=7&amp;s=rss</link>"
    rules = UrlSettings(keep_parameters=("utm_id",), drop_parameters=("s",))
    assert entry(item, url_rules=rules).id == "https://avis.example/?utm_id=7"
    assert entry(item).id == "https://avis.example/?s=rss"
