"""A small lake for tests of what is asked of lakes: three papers in two runs."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from newsbeam.pipelines.cli.main import main
from newsbeam.transforms.lake.commit import commit_rows, stage_rows
from newsbeam.transforms.lake.lake import Lake
from newsbeam.transforms.lake.schema import FEED_POLLS, Row
from newsbeam.transforms.lake.staging import Staging

_WIRE = (
    "Brua over Storsundet må stenges i minst tre uker etter at inspektører fant rust i to "
    "av bærekablene tirsdag.\n"
    "– Sikkerheten går foran alt, sier ordfører Kari Dahl.\n"
    "Hun møtte fylkesdirektør Ola Moen i Bodø samme kveld. Fergene skal gå hver halvtime "
    "så lenge brua er stengt, og skolebussene kjører en annen vei.\n"
    "– Vi begynner arbeidet i morgen tidlig, og vi blir ikke ferdige før kablene er "
    "skiftet ut, sier Ola Moen.\n"
    "Statens vegvesen har bestilt nye kabler fra Danmark. De ventes med båt til Bodø i "
    "løpet av neste uke."
)

# Source, then what a line of JSON says. A `day` is one of November 2026.
_ARTICLES: tuple[tuple[str, dict[str, Any]], ...] = (
    ("dagen", {"id": "bru", "title": "Brua stenges i tre uker", "day": "03T18:00:00",
               "section": "Nyheter", "paywalled": False,
               "text": _WIRE + "\nLes også: Slik blir vinteren\nLes også: Her er de nye fergene"}),
    ("posten", {"id": "a1", "title": "Stenger brua over Storsundet", "day": "03T20:30:00",
                "section": "Lokalt", "paywalled": True, "text": _WIRE}),
    ("dagen", {"id": "skole", "title": "Skolen i Vik legges ned", "day": "05T07:00:00",
               "section": "Nyheter", "paywalled": True,
               "text": "Kommunestyret i Vik vedtok onsdag å legge ned skolen.\n"
               "– Vi har ikke penger til mer, sier ordfører Kari Dahl.\n"
               "Vedtaket får virkning fra august.\n"
               "– Det er trist for bygda, sier rektor Siv Holm."}),
    ("posten", {"id": "a2", "title": "Cupfinale i Bodø", "day": "15T12:00:00",
                "section": "Sport", "paywalled": False,
                "text": "Bodø/Glimt møter Viking i finalen søndag.\n"
                "– Vi gleder oss stort, sier trener Per Lund til Posten.\n"
                "Han håper at mange går over brua for å se kampen.\n"
                "Publikum kan møte spillerne på torget i Bodø klokka tolv."}),
    ("nynytt", {"id": "n1", "title": "Ho vil byggje bru", "day": "16T09:00:00",
                "section": "Nyhende",
                "text": "Ordføraren i Vik ønskjer seg ei bru som ikkje rustar.\n"
                "– Eg veit kva det kostar, og eg meiner at me ikkje har råd til å la vere, "
                "seier Kari Dahl.\nHo trur at brua kjem neste år.\n"
                "Dei som bur på øya, har venta lenge på dette."}),
)  # fmt: skip
_CHANGED = {
    "title": "Skolen i Vik reddet på overtid",
    "text": "Kommunestyret i Vik snudde torsdag og beholder skolen.\n"
    "– Vi fant pengene likevel, sier ordfører Kari Dahl.\n"
    "– Det er trist for bygda, sier rektor Siv Holm.",
}


def make_newsroom(folder: Path) -> Path:
    """Write three papers' files into ``folder`` and read them; returns the lake's folder.

    The second run finds one article changed, rejects a line that is no JSON, and an empty file.
    """
    for source in ("dagen", "posten", "nynytt"):
        (folder / f"{source}.yaml").write_text(
            f"id: {source}\nlanguage: 'no'\ntimezone: UTC\nfiles: ['{source}/*']\n"
        )
        (folder / source).mkdir()
    lake = folder / "lake"
    _write(folder, {})
    _run(folder, lake)
    _write(folder, {"skole": _CHANGED})
    (folder / "dagen" / "tom.txt").write_text("")
    _run(folder, lake)
    store_polls(Lake(lake))
    return lake


def store_polls(lake: Lake) -> None:
    """Polls of three feeds: one answers well, one mostly 304, one fell silent and then failed."""
    now = datetime.now(UTC).replace(microsecond=0)
    feeds = {
        "https://dagen.example/rss": ("dagen", ["parsed", "parsed", "not_modified"], 1),
        "https://posten.example/rss": ("posten", ["parsed", *["not_modified"] * 4], 2),
        "https://nynytt.example/rss": ("nynytt", ["parsed", "failed", "failed"], 400),
    }
    rows: list[Row] = []
    for feed, (source, outcomes, hours) in feeds.items():
        for number, outcome in enumerate(reversed(outcomes)):
            at = now - timedelta(hours=number)
            rows.append(
                {column.name: None for column in FEED_POLLS.columns}
                | {
                    "source": source,
                    "feed": feed,
                    "polled_at": at,
                    "polled_date": now.date(),
                    "url": feed,
                    "outcome": outcome,
                    "status": {"parsed": 200, "not_modified": 304, "failed": 503}[outcome],
                    "reason": "server_error" if outcome == "failed" else None,
                    "detail": "503 Service Unavailable" if outcome == "failed" else None,
                    "latest_entry_at": now - timedelta(hours=hours),
                    "new": 1 if outcome == "parsed" else 0,
                    "run_id": "polls",
                }
            )
    staging = Staging(lake.root, "polls")
    with staging.create():
        commit_rows(
            lake, staging, FEED_POLLS, stage_rows(staging, FEED_POLLS, rows),
            lake.version(FEED_POLLS),
        )  # fmt: skip
        staging.remove()


def _write(folder: Path, changes: dict[str, dict[str, str]]) -> None:
    lines: dict[str, list[str]] = {}
    for source, article in _ARTICLES:
        said = article | changes.get(article["id"], {})
        said["published_at"] = f"2026-11-{said.pop('day')}Z"
        said["url"] = f"https://{source}.example/{said['id']}"
        lines.setdefault(source, []).append(json.dumps(said, ensure_ascii=False))
    if changes:
        lines["posten"].append("{no JSON")
    for source, written in lines.items():
        (folder / source / "all.jsonl").write_text("\n".join(written), encoding="utf-8")


def _run(folder: Path, lake: Path) -> None:
    configs = [str(folder / f"{source}.yaml") for source in ("dagen", "posten", "nynytt")]
    assert main(["run", *configs, "--output", str(lake), "--json"]) == 0
