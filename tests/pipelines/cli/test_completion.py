"""What a shell completes, asked of the shell itself."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.waiting import PATIENCE

Newsbeam = Callable[[list[str]], tuple[int, str, str]]

# What bash does when Tab is pressed: it sets these variables and calls the function that is
# registered for the command.
ASK = """
source "$1"; shift
COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1))
function=$(complete -p newsbeam | sed 's/.*-F \\([^ ]*\\).*/\\1/')
$function newsbeam "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD-1]}"
printf '%s\\n' "${COMPREPLY[@]}"
"""


@pytest.fixture
def complete(newsbeam: Newsbeam, tmp_path: Path) -> Callable[..., set[str]]:
    """What bash offers for the last of the words."""
    code, out, _ = newsbeam(["completion", "bash"])
    assert code == 0
    script = tmp_path / "newsbeam.sh"
    script.write_text(out, encoding="utf-8")
    place = tmp_path / "place"
    (place / "lake").mkdir(parents=True)
    (place / "article.html").touch()

    def ask(*words: str) -> set[str]:
        done = subprocess.run(
            ["bash", "--norc", "-c", ASK, "bash", str(script), "newsbeam", *words],
            capture_output=True, text=True, cwd=place, check=True, timeout=PATIENCE,
        )  # fmt: skip
        return set(done.stdout.split())

    return ask


def test_bash_completes_commands(complete: Callable[..., set[str]]) -> None:
    assert complete("pre") == {"preview"}
    assert {"run", "retry", "schedule", "status"} <= complete("")
    assert complete("source", "a") == {"add"}


def test_bash_completes_options_and_their_values(complete: Callable[..., set[str]]) -> None:
    assert complete("preview", "--ht") == {"--html"}
    assert {"--output", "--dry-run", "--workers"} <= complete("run", "--")
    assert complete("completion", "") == {"bash", "zsh", "fish"}
    assert complete("schedule", "--print", "cr") == {"cron"}
    assert complete("run", "--no") == set()


def test_bash_completes_files_and_folders(complete: Callable[..., set[str]]) -> None:
    assert complete("preview", "art") == {"article.html"}
    assert complete("run", "art") == {"article.html"}
    # Where a folder is wanted, cyclopts offers files, too.
    assert complete("status", "l") == {"lake"}
    assert complete("run", "article.html", "--output", "") == {"lake", "article.html"}


@pytest.mark.parametrize("shell", ["zsh", "fish"])
def test_other_shells_read_their_scripts(newsbeam: Newsbeam, shell: str, tmp_path: Path) -> None:
    code, out, _ = newsbeam(["completion", shell])
    assert code == 0
    assert "preview" in out
    if shutil.which(shell):
        script = tmp_path / "script"
        script.write_text(out, encoding="utf-8")
        subprocess.run([shell, "-n", str(script)], check=True, timeout=PATIENCE)


def test_an_unknown_shell_is_wrong_usage(newsbeam: Newsbeam) -> None:
    assert newsbeam(["completion", "tcsh"])[0] == 2
