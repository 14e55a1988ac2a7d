"""Vega's script is bundled once, and kept whole or not at all."""

from __future__ import annotations

from pathlib import Path

import pytest
import vl_convert

from newsbeam.pipelines.report import vega
from newsbeam.pipelines.report.vega import make_vega


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The user's cache folder, empty."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache" / "newsbeam"


@pytest.fixture
def bundled(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What was asked of the bundler, which answers at once."""
    asked: list[str] = []

    def bundle(snippet: str) -> str:
        asked.append(snippet)
        return f"vega('</script>');{snippet}"

    monkeypatch.setattr(vl_convert, "javascript_bundle", bundle)
    return asked


def make_anew() -> str:
    """As another process would."""
    return make_vega.__wrapped__()


def test_it_is_bundled_once_a_version(
    folder: Path, bundled: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    first = make_anew()
    assert "</script" not in first
    assert make_anew() == first
    assert len(bundled) == 1
    monkeypatch.setattr(vega, "version", lambda package: "99")
    assert make_anew() == first
    assert len(bundled) == 2


@pytest.mark.parametrize("damage", [b"", b"\xff\xfe", b"0\nalert(1)"])
def test_what_is_not_whole_is_made_anew(folder: Path, bundled: list[str], damage: bytes) -> None:
    first = make_anew()
    (kept,) = folder.iterdir()
    kept.write_bytes(damage)
    assert make_anew() == first
    assert len(bundled) == 2
    assert make_anew() == first
    assert len(bundled) == 2


def test_a_machine_that_keeps_nothing(folder: Path, bundled: list[str]) -> None:
    folder.parent.write_text("a file where the folder should be")
    assert make_anew() == make_anew()
    assert len(bundled) == 2
