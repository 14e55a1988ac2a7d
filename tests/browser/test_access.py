"""For all readers: axe-core finds nothing serious, light or dark, wide or on a phone."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from newsbeam.pipelines.cli.main import main
from tests.support.browser import PHONE, WIDE, Opener, is_within_width, open_checked
from tests.support.workplace import ROOT

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

PLACES = ["overview", "health", "cleaning", "names", "speakers", "stories", "articles"]


def find_serious(page: Page) -> list[str]:
    """Axe-core's findings of impact serious or critical, each with its first element."""
    from axe_playwright_python.sync_playwright import Axe

    found: list[dict[str, Any]] = Axe().run(page).response["violations"]
    return [
        f"{one['id']}: {one['nodes'][0]['html'][:200]} {one['nodes'][0]['any'][:1]}"
        for one in found
        if one["impact"] in ("serious", "critical")
    ]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [WIDE, PHONE])
def test_report(few: Opener, width: int, scheme: str) -> None:
    page = few("overview", width=width, scheme=scheme)
    for place in PLACES:
        page.goto(f"{page.url.partition('#')[0]}#{place}")
        page.wait_for_timeout(150)
        assert find_serious(page) == [], place
        assert is_within_width(page), place
    page.locator("#results a").nth(12).click()
    page.wait_for_selector("#article-title")
    for summary in page.locator("#article summary").all():
        summary.click()
    assert find_serious(page) == []
    assert is_within_width(page)
    page.locator("#article .sayings a").first.click()
    page.wait_for_selector("#one-speaker blockquote")
    assert find_serious(page) == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_sample_report(seeds: Opener, scheme: str) -> None:
    page = seeds("overview", width=PHONE, scheme=scheme)
    assert find_serious(page) == []
    page.goto(f"{page.url.partition('#')[0]}#article=0")
    page.wait_for_selector("#article-title")
    assert find_serious(page) == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_preview(browser: Browser, tmp_path: Path, scheme: str) -> None:
    seed = sorted((ROOT / "seeds").glob("*.txt"))[0]
    target = tmp_path / "preview.html"
    assert main(["preview", str(seed), "--html", str(target)]) == 0
    with open_checked(browser, target.as_uri(), PHONE, scheme) as page:
        assert find_serious(page) == []
