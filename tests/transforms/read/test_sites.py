"""Archives of many sites: records of others are passed over, and no wanted one is lost."""

from __future__ import annotations

import gzip
import io
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsbeam.transforms.read.input_file import InputFile
from newsbeam.transforms.read.sites import SiteChooser, SourcesOfSites, choose_sites, name_site
from newsbeam.transforms.read.warc import read_archive
from newsbeam.transforms.records import Document
from newsbeam.transforms.settings.source import Source
from tests.support.site_records import ARCHIVES, COUNT, RECORDS, SINGLE

WANTED = {"site3.no": "tre", "site7.no": "sju"}


def read(data: bytes, path: str, sites: SiteChooser | None) -> list[str]:
    item = InputFile("arkiv", path, path, ZoneInfo("UTC"), 1_000_000, sites=sites)
    found = read_archive(io.BytesIO(data), item)
    return [f"{o.provenance.source} {o.provenance.url}" for o in found if isinstance(o, Document)]


def expect(numbers: list[int]) -> list[str]:
    return [
        f"{WANTED[f'site{n % 10}.no']} https://www.site{n % 10}.no/sak-{n}"
        for n in numbers
        if n % 10 in (3, 7)
    ]


@pytest.mark.parametrize("kind", ARCHIVES)
def test_the_wanted_are_found_by_source_and_the_others_are_counted(kind: str) -> None:
    data, path = ARCHIVES[kind]
    sites = SiteChooser(WANTED, takes_all=False)
    assert read(data, path, sites) == expect(list(range(COUNT)))
    assert sites.passed == COUNT - len(expect(list(range(COUNT))))


def test_one_of_many_records_in_a_member_is_not_taken_for_all_of_it() -> None:
    """Behind members of one record each comes one of many, as `cat` makes such archives."""
    data = b"".join(SINGLE[:20]) + gzip.compress(b"".join(RECORDS[20:]))
    assert read(data, "x.warc.gz", SiteChooser(WANTED, takes_all=False)) == expect(
        list(range(COUNT))
    )


@given(st.integers(0, COUNT - 1), st.data())
def test_a_broken_record_costs_itself_alone(broken: int, data: st.DataObject) -> None:
    member = bytearray(SINGLE[broken])
    at = data.draw(st.integers(0, len(member) - 1))
    member[at] ^= data.draw(st.integers(1, 255))
    archive = b"".join([*SINGLE[:broken], bytes(member), *SINGLE[broken + 1 :]])
    found = read(archive, "x.warc.gz", SiteChooser(WANTED, takes_all=False))
    whole = expect(list(range(COUNT)))
    others = expect([n for n in range(COUNT) if n != broken])
    assert [one for one in found if one in others] == others
    assert set(found) <= {*whole, *others}


def test_every_site_may_be_a_source() -> None:
    sites = SiteChooser({}, takes_all=True)
    data, path = ARCHIVES["a member a record"]
    assert {one.split()[0] for one in read(data, path, sites)} == {f"site{n}_no" for n in range(10)}
    assert sites.passed == 0
    assert name_site("example.co.uk") == "example_co_uk"
    assert name_site("ex-ample.co.uk") != name_site("ex.ample.co.uk")
    assert len(name_site("a" * 80 + ".no")) <= 64
    assert name_site("blåbær.no") != name_site("blabar.no")


def test_a_site_is_configured_as_its_archive() -> None:
    archive = Source(id="arkiv", files=("*.warc.gz",), sites={"site3.no": "tre"}, languages=("nb",))
    own = Source(id="sju", files=("x",), language="nn")
    sources = SourcesOfSites((archive, own))
    assert sources["tre"].languages == ("nb",)
    assert sources["sju"] is own
    with pytest.raises(KeyError):
        sources["other"]
    everyone = Source(id="alle", files=("*.warc.gz",), source_from="domain")
    assert SourcesOfSites((everyone,))["site9_no"].id == "site9_no"
    assert choose_sites(own) is None
