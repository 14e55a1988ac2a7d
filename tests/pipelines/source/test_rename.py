"""A source under another id: the same rows, nothing new at the next run."""

from __future__ import annotations

import json
from collections.abc import Callable

import pandas as pd

from tests.support.workplace import Workplace

Command = Callable[[list[str]], tuple[int, str, str]]
CONFIG = "id: {}\nlanguage: nb\nfiles: ['in/*']\nenrich: {{pipelines: {{nb: null}}}}\n"


def test_a_renamed_source_brings_nothing_anew(workplace: Workplace, newsbeam: Command) -> None:
    for number in range(4):
        workplace.write(f"{number}.txt", f"Sak {number}\n\nDette er en sak om tallet {number}.\n")
    line = {"id": "x", "url": "https://a.example/x", "title": "X", "text": "En sak om x og mer."}
    workplace.write("lines.jsonl", json.dumps(line))
    workplace.write("bad.txt", b"")
    workplace.configure(CONFIG.format("avis"))
    assert workplace.run()["new"] == 5
    before = workplace.articles()
    code, out, err = newsbeam(
        ["source", "rename", "avis", "avisen", "--lake", str(workplace.output), "--json"]
    )
    assert code == 0, err
    assert json.loads(out)["rows"]["articles"] == 5
    after = pd.read_parquet(workplace.output / "articles")
    assert set(after["source"]) == {"avisen"}
    assert sorted(after["text"]) == sorted(before["text"])
    workplace.configure(CONFIG.format("avisen"))
    arguments = ["run", str(workplace.folder / "avis.yaml"), "--output", str(workplace.output)]
    code, out, err = newsbeam([*arguments, "--json"])
    assert code == 0, err
    count = json.loads(out)["sources"]["avisen"]
    assert (count["new"], count["revised"], count["known"]) == (0, 0, 5)
    code, out, err = newsbeam([*arguments, "--json", "--reprocess"])
    count = json.loads(out)["sources"]["avisen"]
    assert (count["new"], count["revised"]) == (0, 0)
    assert newsbeam(["check", str(workplace.output), "--deep"])[0] == 0


def test_a_source_that_is_not_there_is_told(workplace: Workplace, newsbeam: Command) -> None:
    workplace.write("1.txt", "Sak\n\nDette er en sak om noe.\n")
    workplace.configure(CONFIG.format("avis"))
    workplace.run()
    rename = ["source", "rename", "annen", "ny", "--lake", str(workplace.output)]
    code, _, err = newsbeam(rename)
    assert (code, "nothing of a source 'annen'" in err) == (2, True)
