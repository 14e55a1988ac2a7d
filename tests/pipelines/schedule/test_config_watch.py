"""Configs that are edited while the scheduler runs."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from newsbeam.pipelines.schedule.config_watch import ConfigWatch, load_usable
from tests.support.scheduled import Place, stop
from tests.support.waiting import wait_until


@pytest.mark.slow
def test_broken_config_costs_its_own_source_until_it_is_mended(place: Place) -> None:
    place.plan(due="0.2")
    place.configure("blad")
    scheduler = place.start()
    wait_until(place.ended)
    place.configure("blad", "id: blad\nfeds: [x]\n")
    avis, blad = (str(place.folder / "configs" / f"{name}.yaml") for name in ("avis", "blad"))
    wait_until(lambda: place.begun()[-1]["arguments"][1] == avis)
    assert blad in place.heartbeat()["faults"][0]
    place.configure("blad")
    wait_until(lambda: place.begun()[-1]["arguments"][1] == str(place.folder / "configs"))
    assert place.heartbeat()["faults"] == []
    code, _, err = stop(scheduler)
    assert code == 0
    assert "blad.yaml:2: feds: unknown key; did you mean 'feeds'?" in err
    assert "going on without what is faulty" in err


@pytest.mark.slow
def test_no_usable_config_waits_for_the_mending(place: Place) -> None:
    place.plan(due="0.2")
    scheduler = place.start()
    wait_until(place.ended)
    place.configure("avis", "- nothing\n")
    wait_until(lambda: place.heartbeat()["faults"] and place.heartbeat()["state"] == "waiting")
    count = len(place.begun())
    time.sleep(0.5)
    assert len(place.begun()) == count
    place.configure("avis")
    wait_until(lambda: len(place.begun()) > count)
    assert stop(scheduler)[0] == 0


def test_edits_are_noticed_in_files_that_configs_share(tmp_path: Path) -> None:
    place = Place(tmp_path)
    place.configure("avis")
    watch = ConfigWatch([tmp_path / "configs" / "avis.yaml"])
    assert not watch.refresh()
    (tmp_path / "configs" / "languages").mkdir()
    (tmp_path / "configs" / "languages" / "xx.yaml").write_text("code: yy\n")
    assert watch.refresh()
    assert watch.loaded.job is None
    assert {Path(fault.file).name for fault in watch.loaded.faults} == {"xx.yaml"}
    (tmp_path / "configs" / "languages" / "xx.yaml").unlink()
    assert watch.refresh()
    assert watch.loaded.job is not None


def test_source_twice_is_used_once(tmp_path: Path) -> None:
    place = Place(tmp_path)
    for name in ("a", "b"):
        place.configure(name, "id: avis\nfeeds: [http://avis.example/rss]\n")
    loaded = load_usable([tmp_path / "configs"])
    assert loaded.job is not None
    assert [path.name for path in loaded.paths] == ["a.yaml"]
    assert "avis" in loaded.faults[0].message
