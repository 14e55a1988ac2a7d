"""The report in a browser: found, filtered, opened, followed, and back again."""

from __future__ import annotations

import json
import re
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

import pytest

from newsbeam.pipelines.cli.main import main
from tests.support.browser import MANY, PHONE, WIDE, Opener, open_checked, write_report

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

SECTIONS = ["Overview", "Health", "Cleaning", "Names", "Speakers", "Stories", "Articles"]
# Milliseconds from a keystroke in the search until its results are painted, by JavaScript that
# types as a person does. The first number is the handler's, the second the paint's.
TYPE_AND_MEASURE = """async (words) => {
  const search = document.getElementById("search");
  const times = [];
  for (let end = 1; end <= words.length; end += 1) {
    search.value = words.slice(0, end);
    const began = performance.now();
    search.dispatchEvent(new Event("input", { bubbles: true }));
    await new Promise((resume) => requestAnimationFrame(() => setTimeout(resume)));
    times.push(performance.now() - began);
    await new Promise((resume) => setTimeout(resume, 60));
  }
  return times;
}"""

SHOWN = "main > section:not([hidden])"
# Texts that can be seen in charts and reach out of them.
CUT_OFF = """() => [...document.querySelectorAll("main > section:not([hidden]) .chart svg text")]
  .filter((text) => getComputedStyle(text).opacity !== "0")
  .filter((text) => {
    const [inner, outer] = [text, text.ownerSVGElement].map((e) => e.getBoundingClientRect());
    return inner.right > outer.right + 1 || inner.left < outer.left - 1;
  })
  .map((text) => text.textContent)"""

# What can be read on the first time axis, from left to right.
AXIS_LABELS = """() => {
  const axis = document.querySelector("main > section:not([hidden]) .chart .role-axis-label");
  return [...axis.querySelectorAll("text")]
    .filter((text) => getComputedStyle(text).opacity !== "0")
    .map((text) => text.textContent);
}"""


def count_found(page: Page) -> int:
    found = re.match(r"[\d,]+", page.inner_text("#result-count"))
    assert found
    return int(found[0].replace(",", ""))


def wait_for_texts(page: Page) -> None:
    """Until all texts are searched, so that the count is final."""
    page.wait_for_selector('#result-count[aria-busy="false"]')


def search(page: Page, words: str) -> int:
    """What is found by titles, names and texts."""
    page.fill("#search", words)
    wait_for_texts(page)
    return count_found(page)


def test_every_section_opens_with_its_charts(many: Opener) -> None:
    page = many()
    for section in SECTIONS:
        page.click(f"#sections a:text-is('{section}')")
        page.wait_for_selector(f"h2:text-is('{section}')")
        assert page.evaluate("document.activeElement.textContent") == section
        assert page.title().startswith(section)
        charts = page.locator("main > section:not([hidden]) .chart")
        for at in range(charts.count()):
            charts.nth(at).locator("svg").wait_for()
            assert charts.nth(at).get_attribute("aria-label")
    assert page.locator(".chart").count() == 8


@pytest.fixture(scope="module")
def years_report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The report on an article a year, each in October, with lines that several rules take out."""
    folder = tmp_path_factory.mktemp("years")
    cleaned = "Foto: Kari Moe / NTB\nLes også:\n(©NTB)\nHva mener du?\nDel artikkelen på Facebook"
    lines = [
        {
            "text": f"– Vi bygger i {year}, sier ordfører Kari Moe.\n{cleaned}",
            "published_at": f"{year}-10-15",
        }
        for year in range(2003, 2013)
    ]
    (folder / "old.jsonl").write_text("\n".join(map(json.dumps, lines)), encoding="utf-8")
    config = folder / "old.yaml"
    config.write_text(
        "id: old\nname: Nordfjordavisa\nlanguage: nb\nfiles: [old.jsonl]\n", encoding="utf-8"
    )
    assert main(["run", str(config), "--output", str(folder / "lake")]) == 0
    return write_report(folder / "lake", folder)


@pytest.mark.parametrize("width", [PHONE, WIDE])
def test_charts_of_years_name_them_and_cut_nothing_off(
    browser: Browser, years_report: Path, width: int
) -> None:
    for section in SECTIONS:
        address = f"{years_report.as_uri()}#{section.lower()}"
        with open_checked(browser, address, width, "light") as page:
            for chart in page.locator(f"{SHOWN} .chart").all():
                chart.locator("svg").wait_for()
            assert page.evaluate(CUT_OFF) == []
            if section == "Speakers":
                labels = page.evaluate(AXIS_LABELS)
                assert labels
                assert all(re.search(r"20(0[3-9]|1[0-2])$", label) for label in labels)


def test_a_chart_shows_its_numbers(many: Opener) -> None:
    page = many()
    page.click("summary:text-is('Show as table') >> nth=0")
    page.wait_for_selector("figure table tbody tr >> nth=3")


def test_charts_follow_the_colour_scheme(many: Opener) -> None:
    page = many()
    colour = "getComputedStyle(document.querySelector('.chart svg text')).fill"
    page.wait_for_selector(".chart svg")
    light = page.evaluate(colour)
    page.emulate_media(color_scheme="dark")
    page.wait_for_function(f"before => {colour} !== before", arg=light)
    page.click("#theme")  # from the system's to light
    page.wait_for_function(f"before => {colour} === before", arg=light)


def test_search_finds_by_title_name_and_text(many: Opener) -> None:
    page = many("articles")
    everything = count_found(page)
    assert everything == MANY
    by_title = search(page, "isbanen stanses")
    titles = page.locator("#results .headline").all_inner_texts()
    assert 0 < by_title < everything
    assert all("Isbanen" in title and "stanses" in title for title in titles)
    by_text = search(page, '"koste omtrent like mye"')
    assert by_text > by_title
    assert "by their text" in page.inner_text("#result-count")
    assert search(page, "finnes-ikke-noe-sted") == 0
    assert page.locator("#results li").count() == 0


def test_filters_narrow_and_stand_in_the_address(many: Opener) -> None:
    page = many("articles")
    page.select_option("#by-source", "nordfolk")
    page.wait_for_function(
        "document.getElementById('result-count').textContent !== '10,000 articles'"
    )
    of_source = count_found(page)
    assert "source=nordfolk" in page.url
    for origin in page.locator("#results .small").all_inner_texts():
        assert origin.startswith("nordfolk")
    page.select_option("#by-name", index=1)
    page.wait_for_function("document.querySelectorAll('#chosen a').length === 2")
    assert 0 < count_found(page) < of_source
    page.click("#chosen a:has-text('nordfolk')")
    page.wait_for_function("document.querySelectorAll('#chosen a').length === 1")
    assert page.input_value("#by-source") == ""
    page.go_back()
    page.go_back()
    page.wait_for_function("document.querySelectorAll('#chosen a').length === 1")
    assert page.input_value("#by-source") == "nordfolk"
    assert count_found(page) == of_source


def test_dates_and_order(many: Opener) -> None:
    page = many("articles")
    page.select_option("#by-sort", "oldest")
    page.wait_for_function("location.hash.includes('oldest')")
    oldest = page.locator("#results time").first.get_attribute("datetime")
    assert oldest
    page.fill("#by-to", oldest[:10])
    page.wait_for_function("location.hash.includes('to=')")
    days = {time.get_attribute("datetime")[:10] for time in page.locator("#results time").all()}
    assert days == {oldest[:10]}


def test_pages_of_results(many: Opener) -> None:
    page = many("articles")
    first = page.locator("#results a").first.inner_text()
    page.click("#pages a[rel=next]")
    page.wait_for_selector("text=Page 2 of 200")
    assert page.locator("#results li").count() == 50
    page.go_back()
    page.wait_for_selector("text=Page 1 of 200")
    assert page.locator("#results a").first.inner_text() == first


def test_an_article_with_names_quotes_and_what_was_removed(many: Opener) -> None:
    page = many("articles&source=fjellposten&sort=quotes")
    link = page.locator("#results a").first
    title = link.inner_text()
    link.click()
    page.wait_for_selector("#article-title")
    assert page.inner_text("#article-title") == title
    assert page.evaluate("document.activeElement.id") == "article-title"
    marks = page.locator("#article .text mark")
    assert marks.count() > 3
    assert marks.first.get_attribute("title")
    quotes = page.locator("#article .sayings li")
    assert quotes.count() > 3
    # The quote in the list is the quote in the text, and a press of its number leads there.
    page.locator("#article .reference").first.click()
    assert page.evaluate("document.activeElement.id") == "quote-0"
    in_text = "".join(page.locator('#article .text [data-quote="0"]').all_inner_texts())[1:]
    assert quotes.first.locator("blockquote").inner_text().split(" … ")[0] in in_text
    removed = page.locator("#article details:has-text('taken out by cleaning')")
    assert not removed.locator("li").first.is_visible()
    removed.locator("summary").click()
    assert removed.locator("li code").first.is_visible()
    source = page.locator("#article a:text-is('Read it at the source')")
    assert source.get_attribute("rel") == "noopener noreferrer nofollow"
    page.locator("#article .legend label:has-text('Names') input").uncheck()
    assert marks.first.evaluate("mark => getComputedStyle(mark).borderBottomWidth") == "0px"


def test_a_speaker_is_followed_and_back_leads_back(many: Opener) -> None:
    page = many("articles&sort=quotes")
    page.locator("#results a").first.click()
    name = page.locator("#article .sayings a").first.inner_text()
    page.locator("#article .sayings a").first.click()
    page.wait_for_selector("h3.name")
    assert page.inner_text("h3.name") == name
    page.wait_for_selector("#one-speaker blockquote")
    page.wait_for_selector("#one-speaker .chart svg")
    article = page.locator("#one-speaker .sayings li a").first
    title = article.inner_text()
    article.click()
    page.wait_for_selector(f"#article-title:has-text('{title}')")
    assert name in page.inner_text("#article .sayings")
    page.go_back()
    page.wait_for_selector("#one-speaker blockquote")
    page.go_back()
    page.wait_for_selector("#article-title")
    page.go_back()
    page.wait_for_selector("#article", state="hidden")
    assert page.locator("#results li").count() == 50


def test_a_speakers_articles_are_those_that_quote_them(many: Opener) -> None:
    page = many("speakers")
    link = page.locator("#all-speakers ol a").nth(5)
    name = link.inner_text()
    link.click()
    page.click("#one-speaker .lede a")
    page.wait_for_selector("#chosen a")
    page.locator("#results a").first.click()
    page.wait_for_selector("#article-title")
    assert name in page.inner_text("#article .sayings")


def test_a_story_shows_its_papers(many: Opener) -> None:
    page = many("stories")
    page.locator("#view-stories summary").first.click()
    links = page.locator("#view-stories details[open] ul a")
    assert links.count() >= 4
    links.first.click()
    page.wait_for_selector("h4:text-is('The same text elsewhere')")


def test_keys_alone(many: Opener) -> None:
    page = many("articles")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"
    page.keyboard.press("/")
    assert page.evaluate("document.activeElement.id") == "search"
    page.keyboard.type("ullprisen")
    page.wait_for_function("location.hash.includes('ullprisen')")
    wait_for_texts(page)
    page.locator("#results a").first.focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    third = page.evaluate("document.activeElement.textContent")
    assert third == page.locator("#results a").nth(2).inner_text()
    outline = "getComputedStyle(document.activeElement).outlineStyle"
    assert page.evaluate(outline) == "solid"
    page.keyboard.press("Enter")
    page.wait_for_function("document.activeElement.id === 'article-title'")
    assert page.inner_text("#article-title") == third
    page.keyboard.press("Escape")
    page.wait_for_selector("#article", state="hidden")
    assert page.evaluate("document.activeElement.textContent") == third
    assert page.input_value("#search") == "ullprisen"


def test_typing_is_as_quick_with_many_articles_as_with_few(many: Opener, few: Opener) -> None:
    pages = {"many": many("articles"), "few": few("articles")}
    times: dict[str, list[float]] = {name: [] for name in pages}
    for words in ("kråkvåg strid", "samira myklebost prosjektet"):
        for name, page in pages.items():
            page.bring_to_front()
            times[name] += page.evaluate(TYPE_AND_MEASURE, words)
            wait_for_texts(page)
    for name, measured in times.items():
        print(f"{name}: median {median(measured):.0f} ms, worst {max(measured):.0f} ms a keystroke")
    # Both draw one page of results, which is most of it; measured was 1.25.
    assert median(times["many"]) < 2 * median(times["few"])
    assert count_found(pages["many"]) > 0


def test_phone(many: Opener) -> None:
    page = many("articles", width=PHONE)
    page.locator("#results a").nth(10).click()
    page.wait_for_selector("#article-title")
    assert not page.locator("#results").is_visible()
    page.click("#article .bar button")
    page.wait_for_selector("#results")
    assert page.evaluate("document.activeElement.dataset.article") == "10"


@pytest.mark.parametrize(
    "place",
    [
        "nothing",
        "article=99999",
        "articles&page=9999&sort=x",
        "speaker=%E0%A4%A",
        "constructor",
        "=&=&",
    ],
)
def test_a_strange_address_leads_somewhere(many: Opener, place: str) -> None:
    page = many(place)
    assert page.locator("main > section:not([hidden]) h2").count() == 1


def test_the_sample_articles(seeds: Opener) -> None:
    page = seeds("articles")
    assert count_found(page) == 2
    page.locator("#results a").first.click()
    page.wait_for_selector("#article mark")
    assert page.locator("#article mark").count() > 5
