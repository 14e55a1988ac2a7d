"""What is taken of what was read: by site, by language, by day; and the days in SQL."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from tests.support.workplace import Workplace

NORWEGIAN = (
    "Kommunen har bestemt at den nye skolen skal bygges ved elva, sa ordføreren i går. "
    "Vi er glade for at det endelig skjer, og elevene har ventet lenge på dette. "
)
ENGLISH = (
    "The council has decided that the new school will be built by the river, the mayor said. "
    "We are pleased that this is happening at last, and the pupils have waited for years. "
)


def page(text: str, day: str) -> bytes:
    body = "".join(f"<p>{text}</p>" for _ in range(4))
    return (
        f'<html><head><title>Sak</title><meta property="article:published_time" '
        f'content="{day}T10:00:00+00:00"></head><body><article><h1>En sak {day}</h1>{body}'
        "</article></body></html>"
    ).encode()


def archive(*pages: tuple[str, str, str]) -> bytes:
    data = b""
    for url, text, day in pages:
        block = b"HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\n\r\n"
        block += page(text, day)
        head = (
            f"WARC/1.0\r\nWARC-Type: response\r\nWARC-Date: 2026-01-01T00:00:00Z\r\n"
            f"WARC-Target-URI: {url}\r\nContent-Length: {len(block)}\r\n\r\n"
        )
        data += gzip.compress(head.encode() + block + b"\r\n\r\n")
    return data


@pytest.fixture
def many(workplace: Workplace) -> Workplace:
    workplace.write(
        "news.warc.gz",
        archive(
            ("https://www.avisa.no/a", NORWEGIAN, "2020-03-01"),
            ("https://www.avisa.no/b", NORWEGIAN, "2020-04-01"),
            ("https://www.avisa.no/c", ENGLISH, "2020-03-05"),
            ("https://bladet.no/a", NORWEGIAN, "2020-03-31"),
            *((f"https://other{n}.com/a", ENGLISH, "2020-03-01") for n in range(9)),
        ),
    )
    return workplace


def run(place: Workplace, *options: str) -> dict[str, dict[str, object]]:
    command = ["run", str(place.folder / "avis.yaml"), "--output", str(place.output), "--json"]
    code, out, err = place.run_command([*command, *options])
    assert code == 0, err
    sources: dict[str, dict[str, object]] = json.loads(out)["sources"]
    return sources


def list_stored(place: Workplace) -> set[tuple[str, str]]:
    frame = place.articles()
    return set(zip(frame["source"].astype(str), frame["url"], strict=True))


def test_sites_languages_and_days(many: Workplace) -> None:
    many.configure(
        "id: arkiv\nfiles: ['in/*.warc.gz']\nlanguages: [nb, nn]\n"
        "sites: {avisa.no: avisa, bladet.no: bladet}\n"
    )
    counts = run(many, "--since", "2020-03-01", "--until", "2020-03-31")
    assert counts["arkiv"]["left_out"] == {"other_site": 9}
    assert counts["avisa"]["left_out"] == {"other_language": 1, "other_day": 1}
    assert (counts["avisa"]["new"], counts["bladet"]["new"]) == (1, 1)
    expected = {("avisa", "https://www.avisa.no/a"), ("bladet", "https://bladet.no/a")}
    assert list_stored(many) == expected
    # What was left out for its day comes with another run.
    assert run(many)["avisa"]["new"] == 1
    assert list_stored(many) == expected | {("avisa", "https://www.avisa.no/b")}
    query = "FROM articles_between('2020-03-01', '2020-03-31') SELECT url ORDER BY url"
    code, out, err = many.run_command(["sql", str(many.output), query, "--format", "json"])
    assert code == 0, err
    assert [row["url"] for row in json.loads(out)] == sorted(url for _, url in expected)


def test_every_site_a_source(many: Workplace) -> None:
    many.configure("id: arkiv\nfiles: ['in/*.warc.gz']\nlanguages: [nb]\nsource_from: domain\n")
    counts = run(many)
    assert {name for name, count in counts.items() if count["new"]} == {"avisa_no", "bladet_no"}
    assert {source for source, _ in list_stored(many)} == {"avisa_no", "bladet_no"}


def test_a_site_is_a_registrable_domain(workplace: Workplace, tmp_path: Path) -> None:
    workplace.configure("id: arkiv\nfiles: ['in/*']\nsites: {www.avisa.no: avisa}\n")
    code, _, err = workplace.run_command(
        ["run", str(workplace.folder / "avis.yaml"), "--output", str(tmp_path / "out")]
    )
    assert code == 2
    assert "avisa.no" in err
