"""Feeds by the dozen: lists of feed readers in and out."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsbeam.pipelines.config.load import load_job
from newsbeam.pipelines.source.opml import NoOpml, read_opml, write_opml
from newsbeam.transforms.settings.source import FeedSettings, Source

Command = Callable[[list[str]], tuple[int, str, str]]
LIST = """<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE opml [<!ENTITY e SYSTEM "file:///etc/passwd">]>
<opml version="1.0"><head><title>Mine &amp; yours</title></head><body>
<outline text="Aviser">
  <outline type="rss" text="Fjordposten" title="Fjordposten: siste nytt"
    xmlUrl="https://www.fjordposten.no/rss?a=1&amp;b=2"
    htmlUrl="https://www.fjordposten.no/"/>
  <outline type="rss" text="Fjordposten: sport" xmlUrl="https://feeds.fjordposten.no/sport.xml"/>
  <outline type="rss" text="Blåbærbladet" xmlurl="https://blaabaer.example/feed.json"
    htmlurl="https://blaabaer.example"/>
  <outline type="rss" text="no: yes # [x]" xmlUrl="https://rart.example/rss"/>
  <outline type="rss" text="Again" xmlUrl="https://feeds.fjordposten.no/sport.xml"/>
  <outline type="rss" text="Bad" xmlUrl="ftp://bad.example/rss"/>
  <outline text="Secret" xmlUrl="https://x.example/${KEY}"/>
  <outline text="a folder &e;"/>
</outline></body></opml>
"""


def test_a_list_becomes_sources_that_load(tmp_path: Path, newsbeam: Command) -> None:
    file, folder = tmp_path / "list.opml", tmp_path / "sources"
    file.write_text(LIST, "utf-8")
    code, out, err = newsbeam(["source", "import", str(file), "--to", str(folder)])
    assert code == 0, err
    assert "left out: ftp://bad.example/rss: no http or https address" in out
    assert "left out: https://x.example/${KEY}: an address that names a secret" in out
    assert "left out: https://feeds.fjordposten.no/sport.xml: it is listed twice" in out
    assert "left out: a folder: it has no xmlUrl" in out
    assert "left out: Aviser" not in out
    assert "3 sources written" in out
    assert f"newsbeam run {folder} --output lake" in out
    found = {s.id: (s.name, [f.url for f in s.feeds]) for s in load_job([folder]).sources}
    assert found == {
        "fjordposten": ("Fjordposten", [
            "https://www.fjordposten.no/rss?a=1&b=2", "https://feeds.fjordposten.no/sport.xml"]),
        "blaabaer": ("Blåbærbladet", ["https://blaabaer.example/feed.json"]),
        "rart": (found["rart"][0], ["https://rart.example/rss"]),
    }  # fmt: skip
    before = {path: path.read_bytes() for path in folder.iterdir()}
    code, out, _ = newsbeam(["source", "import", str(file), "--to", str(folder)])
    assert (code, "0 sources written" in out) == (0, True)
    assert "https://blaabaer.example/feed.json: blaabaer.yaml has it" in out
    assert {path: path.read_bytes() for path in folder.iterdir()} == before

    code, out, _ = newsbeam(["source", "export", str(folder), "--opml"])
    again, _ = read_opml(out.encode())
    assert {feed.url for feed in again} == {url for _, urls in found.values() for url in urls}
    place = tmp_path / "out.opml"
    code, _, _ = newsbeam(["source", "export", str(folder), "--opml", "--output", str(place)])
    assert (code, place.read_text("utf-8")) == (0, out)


@pytest.mark.parametrize("data", [b"", b"no list", b"<opml/>", b"\xff\xfe\x00", b"<rss/>"])
def test_what_is_no_list_is_refused(data: bytes, tmp_path: Path, newsbeam: Command) -> None:
    with pytest.raises(NoOpml):
        read_opml(data)
    (tmp_path / "list").write_bytes(data)
    code, _, err = newsbeam(["source", "import", str(tmp_path / "list"), "--to", str(tmp_path)])
    assert (code, "there is no feed in it" in err) == (2, True)


@given(st.binary(max_size=200))
def test_no_bytes_break_it(data: bytes) -> None:
    with suppress(NoOpml):
        read_opml(b"<opml>" + data + b"<outline xmlUrl='https://a.example/rss'/></opml>")


@given(st.text(min_size=1), st.text(alphabet=st.characters(blacklist_categories=("C", "Z"))))
def test_what_is_exported_can_be_imported(name: str, path: str) -> None:
    url = f"https://avis.example/{path}"
    feed = FeedSettings.model_construct(url=url, id=None, every=None, full_text=None)
    source = Source.model_construct(id="avis", name=name, feeds=(feed,))
    feeds, refused = read_opml(write_opml([source]).encode())
    assert {f.url for f in feeds} | {u for u, _ in refused} == {url}
