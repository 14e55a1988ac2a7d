import pytest

from newsbeam.transforms.extract.page_tree import parse_page
from newsbeam.transforms.extract.standfirst import find_lead
from newsbeam.transforms.text.characters import squeeze

SHORT = "Kommunen sier ja til ny bru."
LONG = "Kommunestyret sa ja onsdag kveld, etter to timers debatt om pris og trasé for brua."
PROSE = "<p>Ordføreren sier at arbeidet starter etter påske, og at brua står ferdig om to år.</p>"


def find(body: str, description: str | None) -> str | None:
    tree = parse_page(f"<html><body><article><h1>Bru</h1>{body}</article></body></html>")
    return find_lead(next(tree.iter("h1")), description, {squeeze("Bru")}, squeeze(PROSE))


@pytest.mark.parametrize("lead", [SHORT, LONG])
@pytest.mark.parametrize(
    "markup",
    ['<p class="ingress">{}</p>', '<p data-test-tag="lead-text">{}</p>', "<div>{}</div>"],
)
def test_a_standfirst_that_is_the_description_may_be_short(markup: str, lead: str) -> None:
    assert find(markup.format(lead) + PROSE + PROSE, lead) == lead


@pytest.mark.parametrize(
    ("body", "description"),
    [
        # short, and not the description; or too short for a sentence
        (f'<p class="ingress">{SHORT}</p>', None),
        (f'<p class="ingress">{SHORT}</p>', LONG),
        ('<p class="ingress">Nyheter</p>', "Nyheter"),
        # a first paragraph that the description repeats
        (f"<p>{SHORT}</p>", SHORT),
    ],
)
def test_other_short_lines_are_no_standfirst(body: str, description: str | None) -> None:
    assert find(body + PROSE + PROSE, description) is None


STORY = "<div class='story'><h1>Bru</h1>{}" + PROSE + PROSE + "</div>"


@pytest.mark.parametrize(
    "beside",
    [
        "<div class='card'><h3><a href='/2'>Båt</a></h3><p class='card__description'>{}</p></div>",
        "<p class='intro'>{}</p>",
        "<div class='item'><h2 class='subtitle'>{}</h2></div>",
        "<p class='lead'>{}</p>",
    ],
)
def test_what_is_marked_behind_the_text_is_no_standfirst(beside: str) -> None:
    tree = parse_page(f"<body>{STORY.format('')}{beside.format(LONG)}</body>")
    assert find_lead(next(tree.iter("h1")), None, set(), squeeze(PROSE)) is None


@pytest.mark.parametrize(
    "beside",
    [
        "<div class='author'><p class='author-description'>{}</p></div>",
        "<div class='lead-image'>{}</div>",
        "<p class='site-description'>{}</p>",
        "<aside class='related'><p class='ingress'>{}</p></aside>",
        "<div class='widget'><p class='intro'>{}</p></div>",
    ],
)
def test_what_speaks_of_others_is_no_standfirst(beside: str) -> None:
    tree = parse_page(f"<body>{STORY.format(beside.format(LONG))}</body>")
    assert find_lead(next(tree.iter("h1")), None, set(), squeeze(PROSE)) is None


@pytest.mark.parametrize(
    "markup",
    [
        "<div class='ingress'><p>{0}</p><p>{1}</p></div>",
        "<p class='ingress'>{0}<br>{1}</p>",
        "<p class='ingress'>{0}</p><p class='ingress'>{1}</p>",
        "<ul class='ingress'><li>{0}</li><li>{1}</li></ul>",
        "<div class='ingress'><ul><li>{0}</li><li>{1}</li></ul></div>",
    ],
)
def test_a_standfirst_of_several_paragraphs_is_one_line(markup: str) -> None:
    body = STORY.format(markup.format(LONG, SHORT))
    tree = parse_page(f"<body>{body}</body>")
    assert find_lead(next(tree.iter("h1")), None, set(), squeeze(PROSE)) == f"{LONG} {SHORT}"
