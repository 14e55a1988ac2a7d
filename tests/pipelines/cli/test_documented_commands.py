"""Every command line that is documented can be typed, and every command does what it says."""

from __future__ import annotations

import asyncio
import contextlib
import io
import json
import shlex
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import pytest
from cyclopts import CycloptsError, MissingArgumentError

from newsbeam.pipelines.cli.main import START, app, main
from tests.support.commands import find_examples, list_commands
from tests.support.documented import Documented, find_commands, split_command
from tests.support.loopback import Asked, Server, reply
from tests.support.workplace import ROOT

PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
COMMANDS = list_commands()
DOCUMENTED = [
    *(
        documented
        for page in PAGES
        for documented in find_commands(str(page.relative_to(ROOT)), page.read_text("utf-8"))
    ),
    *(
        Documented(f"help of {name}", words, is_whole=True)
        for name, command in COMMANDS.items()
        for example in find_examples(command)
        for words in split_command(example) or ()
    ),
    *(
        Documented("newsbeam --help", words, is_whole=True)
        for line in START.splitlines()
        for words in split_command(line.strip().partition("  ")[0]) or ()
    ),
]


def test_commands_are_found() -> None:
    places = {documented.place.partition(":")[0] for documented in DOCUMENTED}
    assert {"README.md", "docs/cli.md", "docs/scheduling.md", "newsbeam --help"} <= places
    assert len(DOCUMENTED) > 60


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("newsbeam run a.yaml --output out  # tries", [("run", "a.yaml", "--output", "out")]),
        ("$ .venv/bin/newsbeam status lake > /dev/null", [("status", "lake")]),
        ("echo '{}' | newsbeam annotate", [("annotate",)]),
        ("git clone X newsbeam && cd newsbeam; A=1 newsbeam status x", [("status", "x")]),
        ("newsbeam annotate [FILE|-]", [("annotate",)]),
        ("newsbeam run CONFIG… --limit N", [("run", "CONFIG", "--limit", "1")]),
        ('newsbeam sql lake "SELECT 1 AS x; --"', [("sql", "lake", "SELECT 1 AS x; --")]),
        ('newsbeam sql lake "SELECT', None),
    ],
)
def test_a_line_of_shell_is_read(line: str, words: list[tuple[str, ...]] | None) -> None:
    assert split_command(line) == words


def test_a_query_may_have_several_lines() -> None:
    query = 'newsbeam sql lake "\nSELECT 1\n"'
    text = f"Text\n\n```sh\n{query}\nnewsbeam run \\\n  a.yaml\n```\n`newsbeam run`"
    assert list(find_commands("x.md", text)) == [
        Documented("x.md:4", ("sql", "lake", "\nSELECT 1\n"), is_whole=True),
        Documented("x.md:7", ("run", "a.yaml"), is_whole=True),
        Documented("x.md:10", ("run",), is_whole=False),
    ]


@pytest.mark.parametrize("documented", DOCUMENTED, ids=str)
def test_a_documented_command_can_be_typed(documented: Documented) -> None:
    words = list(documented.words)
    words = words[: words.index("--")] if "--" in words else words
    try:
        app.parse_args(words, exit_on_error=False, print_error=False)
    except MissingArgumentError as error:
        if documented.is_whole or error.keyword is not None:
            pytest.fail(f"{documented}\n{error}")
    except CycloptsError as error:
        pytest.fail(f"{documented}\n{error}")


# --- every command, run

PAGE = """<html lang="nb"><head><title>{title}</title>
<link rel="alternate" type="application/rss+xml" href="/feed.xml"></head><body><article>
<h1>{title}</h1><p>Kommunen vil bygge en ny skole på tomta ved elva, og arbeidet skal begynne
allerede til våren, skriver avisen. Det har vært mye strid om plassen i mange år.</p>
<p>– Vi er glade for det, sier ordfører Kari Dahl. Hun tror at skolen blir ferdig om tre år, og at
den blir dyrere enn planen sier at den skal bli.</p><p>Elevene ved den gamle skolen har ventet
lenge på nye klasserom, og foreldrene har bedt politikerne om å ta saken opp igjen flere ganger de
siste årene. Nå er det flertall for planen i kommunestyret, og pengene er satt av i budsjettet for
neste år, får avisen opplyst av rådhuset.</p></article></body></html>"""
FEED = """<rss version="2.0"><channel><title>Avisen</title><link>{site}</link>
{items}</channel></rss>"""
ITEM = """<item><title>Ny skole {n}</title><link>{site}/sak/{n}</link><guid>{n}</guid>
<pubDate>{date}</pubDate></item>"""
CONFIG = """id: byen
language: nb
feeds: ['{site}/feed.xml']
fetch: {{allow_addresses: [127.0.0.0/8], seconds_between_requests: 0}}
"""


def answer(asked: Asked, _: object) -> bytes:
    site = f"http://{asked.headers['host']}"
    if asked.path == "/feed.xml":
        date = format_datetime(datetime.now(UTC) - timedelta(hours=1))
        items = "".join(ITEM.format(n=n, site=site, date=date) for n in range(1, 4))
        return reply(
            FEED.format(site=site, items=items).encode(), content_type="application/rss+xml"
        )
    if asked.path == "/" or asked.path.startswith("/sak/"):
        title = f"Ny skole {asked.path.removeprefix('/sak/')}"
        return reply(PAGE.format(title=title).encode(), content_type="text/html; charset=utf-8")
    return reply(status=404)


# Where the example in the help needs the network, a browser, a terminal or much time.
INSTEAD = {
    "run": "newsbeam run configs/ --output out",
    "schedule": "newsbeam schedule configs/ --output out --print cron",
    "preview": "newsbeam preview article.html --source avis",
    "report": "newsbeam report out --output report.html",
    "source add": "newsbeam source add {site} --yes --sample 1 --allow-address 127.0.0.0/8 "
    "--id nett --to configs/nett.yaml",
    "stream": "newsbeam stream configs/ --output out",
    "people": "newsbeam people out Putin",
    "source check": "newsbeam source check byen.yaml --sample 1  # {site}",
}
# Without an engine that streams, and without a site, these can only say that they need one.
CODES = {"stream": 2, "backfill": 2}


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder with all that examples name: configs, a lake, texts; the working directory."""
    folder = tmp_path_factory.mktemp("place")
    (folder / "configs").mkdir()
    (folder / "configs" / "avis.yaml").write_text(
        f"id: avis\nlanguage: nb\nfiles: ['{ROOT}/seeds/*.txt']\n", encoding="utf-8"
    )
    (folder / "sources").symlink_to("configs")
    outline = '<outline text="Byen" type="rss" xmlUrl="https://byen.example/feed.xml"/>'
    (folder / "subscriptions.opml").write_text(
        f'<opml version="2.0"><body>{outline}</body></opml>', encoding="utf-8"
    )
    marked = {"text": "– Vi vinder, siger Ida Holm.", "quotes": [{"text": "Vi vinder"}]}
    (folder / "marked.jsonl").write_text(json.dumps(marked), encoding="utf-8")
    (folder / "article.html").write_text(PAGE.format(title="Ny skole"), encoding="utf-8")
    text = (ROOT / "seeds" / "002_280d5b0759e2e5e9.txt").read_text("utf-8")
    (folder / "articles.jsonl").write_text(json.dumps({"text": text}), encoding="utf-8")
    with contextlib.chdir(folder):
        code, output = run(INSTEAD["run"])
        assert code == 0, output
        (folder / "lake").symlink_to("out")
        yield folder


def run(line: str) -> tuple[int, str]:
    """Run an example in the working directory; its exit code and all that it printed."""
    ((*words,),) = split_command(line) or ((),)
    output = io.StringIO()
    with contextlib.redirect_stdout(output), contextlib.redirect_stderr(output):
        try:
            code = main(words)
        except SystemExit as end:
            code = int(end.code or 0)
    return code, output.getvalue()


async def run_beside_site(line: str) -> tuple[int, str]:
    async with Server(answer) as server:
        Path("byen.yaml").write_text(CONFIG.format(site=server.url("")), encoding="utf-8")
        return await asyncio.to_thread(run, line.format(site=server.url("")))


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_a_command_does_what_its_help_says(name: str, place: Path) -> None:
    for line in [INSTEAD[name]] if name in INSTEAD else find_examples(COMMANDS[name]):
        needs_site = "{site}" in line
        code, output = asyncio.run(run_beside_site(line)) if needs_site else run(line)
        assert code == CODES.get(name, 0), f"{line}\n{output}"


def test_what_is_replaced_is_the_same_command() -> None:
    assert set(INSTEAD) <= set(COMMANDS)
    for name, line in INSTEAD.items():
        assert shlex.split(line)[1:][: len(name.split())] == name.split()
