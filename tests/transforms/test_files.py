"""Files written whole, locks, and folders that change places."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from newsbeam.transforms import files as files_module
from newsbeam.transforms.files import (
    move,
    refill_folder,
    replace_file,
    swap_folders,
    take_lock,
    write_file,
)


class Crash(BaseException):
    pass


def crash(*_: object, **__: object) -> None:
    raise Crash


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def test_a_file_is_written_whole_with_its_folder(tmp_path: Path) -> None:
    path = tmp_path / "a/b/file"
    for data in (b"first", b"second"):
        write_file(path, data)
        assert path.read_bytes() == data
    assert names(path.parent) == {"file"}


def test_readers_see_what_was_there_until_all_is_there(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_text("before")
    with replace_file(path) as draft:
        draft.write_text("after")
        assert path.read_text() == "before"
        assert draft.parent == tmp_path
        assert draft.suffix == ".new"
    assert path.read_text() == "after"


def test_a_file_is_on_disk_before_it_has_its_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps = []
    monkeypatch.setattr(os, "fsync", lambda _: steps.append("fsync"))
    monkeypatch.setattr(os, "replace", lambda *_: steps.append("replace"))
    write_file(tmp_path / "file", b"x")
    assert steps == ["fsync", "replace"]


@pytest.mark.parametrize("step", ["block", "fsync", "replace"])
def test_what_fails_changes_nothing(
    tmp_path: Path, step: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "file"
    path.write_text("before")
    if step != "block":
        monkeypatch.setattr(os, step, crash)
    with pytest.raises(Crash), replace_file(path) as draft:
        draft.write_bytes(b"half") if step != "block" else crash()
    assert path.read_text() == "before"
    assert names(tmp_path) == {"file"}


def test_a_file_that_is_there_is_kept_if_asked(tmp_path: Path) -> None:
    path = tmp_path / "file"
    for text in ("first", "second"):
        if path.exists():
            with pytest.raises(FileExistsError), replace_file(path, overwrite=False) as draft:
                draft.write_text(text)
        else:
            with replace_file(path, overwrite=False) as draft:
                draft.write_text(text)
    assert path.read_text() == "first"
    assert names(tmp_path) == {"file"}


def test_no_folder_is_told_by_the_name_that_was_given(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError), replace_file(tmp_path / "no/file") as draft:
        draft.write_text("x")
    (tmp_path / "file").touch()
    with pytest.raises(NotADirectoryError), replace_file(tmp_path / "file/in") as draft:
        draft.write_text("x")


def test_the_mode_is_that_of_any_new_file(tmp_path: Path) -> None:
    before = os.umask(0o027)
    try:
        write_file(tmp_path / "file", b"x")
        with take_lock(tmp_path / "lock", create=True):
            pass
    finally:
        os.umask(before)
    for name in ("file", "lock"):
        assert stat.S_IMODE((tmp_path / name).stat().st_mode) == 0o640


def test_many_may_write_the_same_file(tmp_path: Path) -> None:
    path, contents = tmp_path / "file", [bytes([at]) * 100_000 for at in range(8)]
    threads = [threading.Thread(target=write_file, args=(path, data)) for data in contents]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert path.read_bytes() in contents
    assert names(tmp_path) == {"file"}


def test_a_moved_file_finds_its_folder(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("x")
    move(tmp_path / "a", tmp_path / "b/c/a")
    assert (tmp_path / "b/c/a").read_text() == "x"
    assert names(tmp_path) == {"b"}


@pytest.mark.parametrize(
    ("first", "second", "both"), [(True, True, True), (True, False, False), (False, True, False)]
)
@pytest.mark.parametrize("kind", ["file", "folder"])
def test_who_may_hold_a_lock_together(
    tmp_path: Path, kind: str, first: bool, second: bool, both: bool
) -> None:
    path = tmp_path / kind
    path.mkdir() if kind == "folder" else path.touch()
    with take_lock(path, shared=first):
        if both:
            with take_lock(path, shared=second, wait=False):
                pass
        else:
            with pytest.raises(BlockingIOError):
                take_lock(path, shared=second, wait=False)
    with take_lock(path, wait=False):
        pass


def test_a_lock_ends_with_its_process(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    code = (
        "import os, sys; from pathlib import Path\n"
        "from newsbeam.transforms.files import take_lock\n"
        "lock = take_lock(Path(sys.argv[1]), create=True); print('held', flush=True)\n"
        "sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code, path], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"held\n"
        with pytest.raises(BlockingIOError):
            take_lock(path, wait=False)
        process.kill()
        with take_lock(path):
            pass


def test_a_lock_that_is_not_there_or_goes_while_one_waits(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    with pytest.raises(FileNotFoundError):
        take_lock(path)
    found: list[BaseException] = []
    is_open = threading.Event()
    original = os.open

    def open_and_tell(*arguments: object) -> int:
        descriptor = original(*arguments)  # type: ignore[arg-type]
        is_open.set()
        return descriptor

    def wait() -> None:
        try:
            take_lock(path)
        except FileNotFoundError as error:
            found.append(error)

    with take_lock(path, create=True):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(os, "open", open_and_tell)
            waiter = threading.Thread(target=wait)
            waiter.start()
            assert is_open.wait(10)
        path.unlink()
    waiter.join(10)
    assert len(found) == 1
    with take_lock(path, create=True):
        pass


def test_folders_change_places(tmp_path: Path) -> None:
    for name in "ab":
        (tmp_path / name).mkdir()
        (tmp_path / name / name).touch()
    swap_folders(tmp_path / "a", tmp_path / "b")
    assert (tmp_path / "a/b").exists()
    assert (tmp_path / "b/a").exists()
    with pytest.raises(FileNotFoundError):
        swap_folders(tmp_path / "a", tmp_path / "c")


def test_a_folder_is_refilled(tmp_path: Path) -> None:
    folder, other = tmp_path / "folder", tmp_path / "other"
    folder.mkdir(mode=0o750)
    for path in (folder / "kept", folder / "dropped", other):
        path.write_text(path.name)
    wanted = {"kept": folder / "kept", "new": other}
    refill_folder(folder, wanted, tmp_path / "below/spare")
    assert {path.name: path.read_text() for path in folder.iterdir()} == {
        "kept": "kept", "new": "other"}  # fmt: skip
    assert names(tmp_path / "below/spare") == {"kept", "dropped"}
    assert stat.S_IMODE(folder.stat().st_mode) == 0o750


@pytest.mark.parametrize("step", ["link", "swap_folders"])
def test_a_folder_that_cannot_be_refilled_is_as_it_was(
    tmp_path: Path, step: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "kept").touch()
    monkeypatch.setattr(os if step == "link" else files_module, step, crash)
    with pytest.raises(Crash):
        refill_folder(folder, {"new": folder / "kept"}, tmp_path / "spare")
    assert names(folder) == {"kept"}
