"""One article in the terminal, as JSON and as a page."""

from __future__ import annotations

import asyncio
import gzip
import io
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from rich.console import Console

from newsbeam.pipelines.preview.examine import Examination, ExaminedLine
from newsbeam.pipelines.preview.terminal import print_view
from newsbeam.pipelines.preview.view import Mark, ShownLine, View, make_view
from newsbeam.transforms.records import (
    Article,
    Block,
    Document,
    Entity,
    Metadata,
    Provenance,
    Quote,
)
from newsbeam.transforms.settings.source import Source
from tests.support.loopback import Asked, Server, reply
from tests.support.previewed import LONG_TEXT, PAGE, check_page

Newsbeam = Callable[[list[str]], tuple[int, str, str]]

LINES = [
    "> Brua over fjorden ble åpnet søndag, etter fire år med arbeid og krangel.",
    "x [related_link] Les også: Krangelen om brua",
    "  – {Vi er stolte av brua}1, sier ordfører [Kari Dahl]PER til avisen før hun kjører over den.",
    "    1 Kari Dahl, ordfører (cue: sier)",
    "# Dyrere enn ventet",
]


@pytest.fixture
def page(tmp_path: Path) -> str:
    path = tmp_path / "bru.html"
    path.write_text(PAGE, encoding="utf-8")
    return str(path)


def test_lines_rules_entities_and_quotes_without_colours(newsbeam: Newsbeam, page: str) -> None:
    code, out, err = newsbeam(["preview", page])
    assert (code, err) == (0, "")
    lines = out.splitlines()
    assert lines[0] == "Brua er åpen"
    assert "published  2026-03-01 08:30:00 UTC  (a meta tag: 2026-03-01T09:30:00+01:00)" in lines
    assert [line for line in lines if line in LINES] == LINES
    assert "removed: 1 line (related_link 1)" in lines
    assert "quotes: 1, of 1 speaker" in lines
    assert "\x1b" not in out


def test_colours_say_what_brackets_say(
    newsbeam: Newsbeam, page: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.delenv("NO_COLOR", raising=False)
    _, out, _ = newsbeam(["preview", page])
    assert "\x1b[1;36mKari Dahl\x1b[0m" in out
    assert "[related_link]" in out
    plain = "".join(
        part.partition("m")[2] if i else part for i, part in enumerate(out.split("\x1b["))
    )
    assert "x [related_link] Les også: Krangelen om brua" in plain
    assert "{" not in plain
    _, out, _ = newsbeam(["preview", page, "--no-color"])
    assert "{Vi er stolte av brua}1" in out


def test_long_lines_break_in_a_terminal_with_a_hanging_indent() -> None:
    text = " ".join(["ordene"] * 20)
    view = View("T", (), (ShownLine(text, None, "paragraph"),), (), None, ())
    output = io.StringIO()
    print_view(view, Console(file=output, force_terminal=True, width=40, color_system=None))
    lines = [line for line in output.getvalue().splitlines() if "ordene" in line]
    assert len(lines) == 4
    assert all(line.startswith("  ordene") and len(line) <= 40 for line in lines)


def test_json_has_all_fields_and_lines(newsbeam: Newsbeam, page: str) -> None:
    code, out, _ = newsbeam(["preview", page, "--json"])
    found = json.loads(out)
    assert code == 0
    assert found["rejection"] is None
    article = found["article"]
    assert article["title"] == "Brua er åpen"
    assert article["published_at_from"] == "meta"
    (quote,) = article["quotes"]
    assert article["text"][quote["start"] : quote["end"]] == "Vi er stolte av brua"
    assert quote["cue"] == "sier"
    assert [e["label"] for e in article["entities"] if e["text"] == "Kari Dahl"] == ["PER"]
    assert {"text": "Les også: Krangelen om brua", "rule": "related_link", "kind": "paragraph"} in (
        found["lines"]
    )


def test_a_page_is_written_that_needs_nothing_else(
    newsbeam: Newsbeam, page: str, tmp_path: Path
) -> None:
    target = tmp_path / "seen.html"
    code, out, err = newsbeam(["preview", page, "--html", str(target)])
    assert (code, out) == (0, "")
    assert str(target) in err.replace("\n", "")
    code, out, _ = newsbeam(["preview", page, "--html"])
    assert out == target.read_text(encoding="utf-8")
    shown = check_page(out)
    assert shown["title"] == "Brua er åpen"
    assert shown["rejection"] is None
    assert [line for line in shown["lines"] if line[0]] == [
        ["related_link", "Les også: Krangelen om brua", "paragraph"]
    ]
    kept = [text for rule, text, _ in shown["lines"] if rule is None]
    article = shown["article"]
    assert article["t"] == "\n".join(kept)
    assert shown["lines"][0] == [None, kept[0], "lead"]
    assert [article["t"][start:end] for start, end in article["h"]] == ["Dyrere enn ventet"]
    names = {article["t"][start:end]: name for start, end, *name in article["e"]}
    assert names["Kari Dahl"] == ["PER", "Kari Dahl", "person"]
    ((start, end, *said),) = article["q"]
    assert article["t"][start:end] == "Vi er stolte av brua"
    assert said == ["Kari Dahl", "sier", "dash", False, [], "ordfører"]
    origin = "a meta tag: 2026-03-01T09:30:00+01:00"
    assert ["published", "2026-03-01 08:30:00 UTC", origin] in shown["fields"]


def test_the_rules_of_a_source_count(newsbeam: Newsbeam, page: str, tmp_path: Path) -> None:
    folder = tmp_path / "conf" / "sources"
    folder.mkdir(parents=True)
    (folder / "broken.yaml").write_text("id: [", encoding="utf-8")
    config = folder / "paper.yaml"
    config.write_text(
        "id: avis\nlanguage: nb\nfiles: ['*.html']\nclean:\n  disable: [related_link]\n"
        "  rules: [{name: greeting, pattern: 'hilsen redaksjonen.*'}]\n",
        encoding="utf-8",
    )
    by_id = newsbeam(["preview", page, "--source", "avis", "--configs", str(tmp_path / "conf")])
    by_file = newsbeam(["preview", page, "--source", str(config)])
    assert by_id == by_file
    assert "x [greeting] Hilsen redaksjonen i byen" in by_id[1]
    assert "  Les også: Krangelen om brua" in by_id[1].splitlines()
    code, _, err = newsbeam(["preview", page, "--source", "avid", "--configs", str(folder.parent)])
    assert code == 2
    assert "did you mean avis?" in err
    code, _, err = newsbeam(["preview", page, "--source", str(folder / "broken.yaml")])
    assert code == 2
    assert "broken.yaml:1" in err


def test_a_quote_over_several_lines_is_marked_in_each() -> None:
    text = ("En sak om skolen.", "– Vi er glade.", "Nå blir det bra, sier Kari Dahl.")
    whole = "\n".join(text)
    start, end = whole.index("Vi"), whole.index(", sier")
    quote = Quote(whole[start:end], start, end, "dash", "Kari Dahl")
    name = Entity("Kari Dahl", "PER", whole.index("Kari"), whole.index("Kari") + 9, "Kari Dahl")
    provenance = Provenance("avis", "a", "a.txt", "")
    article = Article(provenance, Metadata(), tuple(map(Block, text)), "nb", (), (name,), (quote,))
    lines = [ExaminedLine(line, None, "paragraph") for line in text]
    lines.insert(2, ExaminedLine("Annonse", "ad_label", "paragraph"))
    found = Examination(Document(provenance, "text/plain", ""), article, None, tuple(lines))
    shown = make_view(found, Source(id="avis", files=("*",))).lines
    assert [line.marks for line in shown] == [
        (), (Mark(2, 14, quote=1),), (), (Mark(22, 31, label="PER"), Mark(0, 15, quote=1)),
    ]  # fmt: skip
    assert [line.quotes for line in shown] == [(), ((1, quote),), (), ()]


def test_one_of_many_articles(newsbeam: Newsbeam, tmp_path: Path) -> None:
    lines = [json.dumps({"text": LONG_TEXT, "title": name}) for name in ("Første", "Andre")]
    path = tmp_path / "a.jsonl.gz"
    path.write_bytes(gzip.compress("\n".join(lines).encode()))
    assert newsbeam(["preview", str(path)])[1].startswith("Første\n")
    assert newsbeam(["preview", str(path), "--item", "2"])[1].startswith("Andre\n")
    code, _, err = newsbeam(["preview", str(path), "--item", "3"])
    assert code == 2
    assert "holds 2 items" in err.replace("\n", " ")


@pytest.mark.parametrize(
    ("data", "title"),
    [
        (PAGE, "Brua er åpen"),
        (json.dumps({"text": LONG_TEXT, "title": "Fra JSON"}), "Fra JSON"),
        (f"Fra tekst\n\n{LONG_TEXT}\n{LONG_TEXT}\n", "Fra tekst"),
    ],
)
def test_standard_input_tells_its_format(
    newsbeam: Newsbeam, monkeypatch: pytest.MonkeyPatch, data: str, title: str
) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(data.encode())))
    code, out, _ = newsbeam(["preview", "-"])
    assert code == 0
    assert out.splitlines()[0] == title


@pytest.mark.parametrize(
    ("name", "content", "stage", "reason"),
    [
        ("a.html", "<html><body></body></html>", "extract", "no_text"),
        ("a.txt", "Annonse\nAnnonse\n", "clean", "only_boilerplate"),
        ("a.jsonl", "{", "read", "invalid_json"),
        ("a.pdf", "%PDF", "read", "unknown_format"),
    ],
)
def test_a_rejection_says_why(
    newsbeam: Newsbeam, tmp_path: Path, name: str, content: str, stage: str, reason: str
) -> None:
    path = tmp_path / name
    path.write_text(content, encoding="utf-8")
    config = tmp_path / "avis.yaml"
    config.write_text("id: avis\nlanguage: nb\nfiles: ['*']\n", encoding="utf-8")
    arguments = ["preview", str(path), "--source", str(config)]
    code, out, err = newsbeam(arguments)
    assert code == 1
    assert f"rejected in the stage {stage}: {reason}" in out
    assert reason in err
    code, out, _ = newsbeam([*arguments, "--json"])
    assert code == 1
    assert json.loads(out)["rejection"]["stage"] == stage
    code, out, _ = newsbeam([*arguments, "--html"])
    assert code == 1
    rejection = check_page(out)["rejection"]
    assert (rejection["stage"], rejection["reason"]) == (stage, reason)


@pytest.mark.parametrize("path", ["nothing.html", "nothing/at/all.txt"])
def test_a_file_that_is_not_there(newsbeam: Newsbeam, tmp_path: Path, path: str) -> None:
    code, _, err = newsbeam(["preview", str(tmp_path / path)])
    assert code == 2
    assert "No such file" in err


def answer(asked: Asked, _: object) -> bytes:
    if asked.path == "/robots.txt":
        return reply(b"User-agent: *\nDisallow: /lukket\n", content_type="text/plain")
    if asked.path in ("/bru", "/lukket"):
        return reply(PAGE.encode(), content_type="text/html; charset=utf-8")
    if asked.path == "/feed":
        return reply(b"<rss/>", content_type="application/rss+xml")
    return reply(status=403 if asked.path == "/nei" else 404)


def visit(newsbeam: Newsbeam, path: str, *options: str) -> tuple[tuple[int, str, str], list[str]]:
    """Preview a page of a site; what came of it, and the paths that were asked for."""

    async def serve() -> tuple[tuple[int, str, str], list[str]]:
        async with Server(answer, serves_robots=True) as server:
            arguments = ["preview", server.url(path), *options]
            found = await asyncio.to_thread(newsbeam, arguments)
            return found, server.paths

    return asyncio.run(serve())


def test_an_address_is_fetched_politely(newsbeam: Newsbeam) -> None:
    (code, out, err), paths = visit(newsbeam, "/bru", "--allow-address", "127.0.0.0/8")
    assert (code, err) == (0, "")
    assert paths == ["/robots.txt", "/bru"]
    assert [line for line in out.splitlines() if line in LINES] == LINES
    assert "fetched    20" in out


@pytest.mark.parametrize(
    ("path", "options", "message", "asked"),
    [
        ("/lukket", ["--allow-address", "127.0.0.2"], "robots.txt does not let newsbeam", 1),
        ("/nei", ["--allow-address", "127.0.0.2"], "save the page in a browser", 2),
        ("/borte", ["--allow-address", "127.0.0.2"], "404", 2),
        ("/feed", ["--allow-address", "127.0.0.2"], "give the address of an article", 2),
        ("/bru", [], "--allow-address", 0),
    ],
)
def test_an_address_that_cannot_be_had(
    newsbeam: Newsbeam, path: str, options: list[str], message: str, asked: int
) -> None:
    (code, out, err), paths = visit(newsbeam, path, *options)
    assert code == 1
    assert message in err.replace("\n", " ")
    assert "rejected in the stage fetch" in out
    assert len(paths) == asked
