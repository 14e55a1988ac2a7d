"""``newsbeam people``, from an article to a person's page."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

Command = Callable[[list[str]], tuple[int, str, str]]


def test_people_are_listed_shown_and_corrected(
    newsroom: Path, tmp_path: Path, newsbeam: Command
) -> None:
    lake = str(shutil.copytree(newsroom / "lake", tmp_path / "lake"))
    code, out, _ = newsbeam(["people", lake, "--json"])
    assert code == 0
    listed = {person["name"]: person for person in json.loads(out)}
    assert listed["Kari Dahl"]["quotes"] == 4
    code, out, _ = newsbeam(["people", lake, "dahl", "--json"])
    (page,) = json.loads(out)
    assert page["person_id"] == listed["Kari Dahl"]["person_id"]
    assert [variant["name"] for variant in page["variants"]] == ["Kari Dahl"]
    assert "nynytt" in {said["source"] for said in page["said"]}
    assert page["reasons"] == [{"because": "full_name", "appearances": 4, "articles": 4}]

    code, _, err = newsbeam(["people", lake, "Nobody Here"])
    assert code == 2
    assert "nobody" in err

    corrections = Path(lake) / "people.yaml"
    corrections.write_text("same:\n  - [Kari Dahl, Ola Moen]\n", encoding="utf-8")
    code, out, err = newsbeam(["people", lake, "Ola Moen", "--update"])
    assert code == 0
    assert "correction" in out
    newsbeam(["people", lake, "--rebuild"])
    assert "correction" in newsbeam(["people", lake, "Kari Dahl"])[1]

    for wrong, why in (
        ("same: [[Kari Dahl, 3]]\n", "same.0.1"),
        ("same: [\n", "line"),
        ("different: [[Kari Dahl, kari dahl]]\n", "twice"),
        ("different: [{name: Kari Dahl}]\n", "sources"),
        ("same: [[Kari Dahl, Ola Moen]]\ndifferent: [[Kari Dahl, Ola Moen]]\n", "both"),
    ):
        corrections.write_text(wrong, encoding="utf-8")
        code, _, err = newsbeam(["people", lake, "--update"])
        assert code == 2, wrong
        assert "people.yaml" in err
        assert why in err
