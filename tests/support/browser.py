"""Pages in Chromium that are watched while a test looks at them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from newsbeam.pipelines.cli.main import main

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

MANY = 10_000
WIDE, PHONE = 1280, 375
Opener = Callable[..., "Page"]


@contextmanager
def open_checked(browser: Browser, address: str, width: int, scheme: str) -> Iterator[Page]:
    """A page that must not complain, ask the network, run strangers' scripts or be too wide."""
    faults: list[str] = []
    context = browser.new_context(
        viewport={"width": width, "height": 800},
        color_scheme="dark" if scheme == "dark" else "light",
        has_touch=width == PHONE,
    )
    context.set_default_timeout(15_000)
    page = context.new_page()

    def note_request(request: Any) -> None:
        if not request.url.startswith(("file:", "data:", "blob:")):
            faults.append(f"request: {request.url}")

    def note_dialog(dialog: Any) -> None:
        faults.append(f"dialog: {dialog.message}")
        dialog.dismiss()

    page.on("console", lambda said: said.type in ("error", "warning") and faults.append(said.text))
    page.on("pageerror", lambda error: faults.append(f"error: {error}"))
    page.on("request", note_request)
    page.on("dialog", note_dialog)
    page.goto(address)
    yield page
    assert page.evaluate("window.pwned") is None
    assert is_within_width(page)
    context.close()
    assert faults == []


def write_report(lake: Path, folder: Path, *options: str) -> Path:
    """The report on a lake, written into ``folder``."""
    path = folder / "report.html"
    assert main(["report", str(lake), "--output", str(path), *options]) == 0
    return path


def is_within_width(page: Page) -> bool:
    """Whether the page needs no scrolling sideways."""
    return bool(page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"))
