"""Secrets that a text names: which they are, and the text with them in their place."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsbeam.transforms.settings.environment import (
    MissingSecret,
    fill_in,
    fill_in_header,
    list_secrets,
)


def test_variables_and_files_are_filled_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "cookie"
    file.write_text("sid=1; b=2\r\n", "utf-8")
    monkeypatch.setenv("AVIS_TOKEN", "t0p ${AVIS_TOKEN}")
    text = f"Bearer ${{AVIS_TOKEN}}, ${{file:{file}}} $${{AVIS_TOKEN}} $AVIS_TOKEN ${{}}"
    assert list_secrets(text) == ["AVIS_TOKEN", f"file:{file}"]
    # What a secret holds is not looked at again.
    assert fill_in(text) == ("Bearer t0p ${AVIS_TOKEN}, sid=1; b=2 ${AVIS_TOKEN} $AVIS_TOKEN ${}")
    file.write_text("sid=2", "utf-8")
    assert fill_in(f"${{file:{file}}}") == "sid=2", "a file that changes needs no restart"


@given(st.text().filter(lambda text: "${" not in text))
def test_a_text_that_names_nothing_stays(text: str) -> None:
    assert (list_secrets(text), fill_in(text)) == ([], text)


def test_what_is_missing_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AVIS_TOKEN", raising=False)
    with pytest.raises(MissingSecret, match=r"\$\{AVIS_TOKEN\} is not set: put it into the env"):
        fill_in("Bearer ${AVIS_TOKEN}")
    monkeypatch.setenv("AVIS_TOKEN", "")
    with pytest.raises(MissingSecret, match="is not set"):
        fill_in("Bearer ${AVIS_TOKEN}")
    with pytest.raises(MissingSecret, match="cannot be read: No such file"):
        fill_in(f"${{file:{tmp_path / 'none'}}}")
    (tmp_path / "latin").write_bytes(b"bl\xe5")
    with pytest.raises(MissingSecret, match="is not UTF-8"):
        fill_in(f"${{file:{tmp_path / 'latin'}}}")
    (tmp_path / "large").write_bytes(b"x" * 70_000)
    with pytest.raises(MissingSecret, match="is larger than 65536 bytes"):
        fill_in(f"${{file:{tmp_path / 'large'}}}")


@pytest.mark.parametrize("value", ["blåbær", "two\nlines"])
def test_a_header_that_cannot_be_sent_is_told_without_its_value(
    value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AVIS_TOKEN", value)
    with pytest.raises(MissingSecret, match=r"\$\{AVIS_TOKEN\} holds other than") as caught:
        fill_in_header("Bearer ${AVIS_TOKEN}")
    assert value not in str(caught.value)
