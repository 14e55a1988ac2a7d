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
