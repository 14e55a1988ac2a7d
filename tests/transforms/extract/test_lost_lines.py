"""Lines that an extractor lost come back in their place, and others do not."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from lxml import html

from newsbeam.transforms.extract.lost_lines import order_as_printed, restore_lost_line
from newsbeam.transforms.extract.page_lines import list_page_lines
from newsbeam.transforms.records import Block

LINES = [
    "Kommunen har brukt over to hundre millioner kroner på prosjektet, som ble dyrere enn ventet.",
    "– Vi er lettet over at det endelig er ferdig, sier ordfører Kari Nes til Avisa i dag tidlig.",
    "Den gamle brua ble stengt i fjor, og innbyggerne har måttet kjøre en omvei på to mil.",
    "Trafikken skal telles i to måneder før det blir avgjort om det også skal bygges gangvei.",
    "Flere naboer hadde møtt fram da snora ble klippet, til tross for vind og regn fra vest.",
]
BLOCKS = [Block(line) for line in LINES]


def restore(body: str, blocks: list[Block]) -> list[str]:
    page = f"<body><nav><p>{'Meny ' * 30}</p></nav><div class='text'>{body}</div></body>"
    lines = list_page_lines(html.document_fromstring(page))
    return [block.text for block in restore_lost_line(lines, blocks)]


def test_paragraphs_and_headings_come_back_in_their_place() -> None:
    body = "".join(f"<p>{line}</p>" for line in LINES).replace(
        "<p>Trafikken", "<h2>Gangvei</h2><p>Trafikken"
    )
    assert restore(body, BLOCKS[1:3] + BLOCKS[4:]) == [*LINES[:3], "Gangvei", *LINES[3:]]


def test_nothing_is_added_twice() -> None:
    body = "".join(f"<p>{line}</p>" for line in [*LINES, LINES[0]])
    assert restore(body, BLOCKS) == LINES
    assert restore(body, BLOCKS[1:]) == LINES


def test_a_line_that_was_split_or_lost_a_word_is_not_lost() -> None:
    body = f"<p>{LINES[0]}<br>{LINES[1]}</p>" + "".join(f"<p>{line}</p>" for line in LINES[2:])
    assert restore(body, BLOCKS) == LINES
    shorter = [Block(LINES[0].replace("millioner ", "")), *BLOCKS[1:]]
    assert restore(body, shorter)[0] == shorter[0].text


def test_what_stands_elsewhere_or_is_short_or_linked_stays_out() -> None:
    prose = "".join(f"<p>{line}</p>" for line in LINES)
    foreign = f"<aside class='ad'><p>{'Kjøp nå. ' * 20}</p></aside>"
    linked = f"<div><a href='/x'>{'Les mer her. ' * 10}</a></div>"
    assert restore(f"{foreign}{prose}<p>Kort.</p>{linked}<h2>Les også</h2>", BLOCKS) == LINES


def test_the_only_paragraph_between_headline_and_text_comes_back() -> None:
    opening = "Etter tre år med ferje kan innbyggerne på Stilleøya kjøre til fastlandet uten kø."
    opening += " Det ble feiret med kake."
    prose = "".join(f"<p>{line}</p>" for line in LINES)
    heading = "<h1>Brua er åpnet</h1>"
    own = f"{heading}<div class='top'>{opening}</div><div class='main'>{prose}</div>"
    own = f"<article>{own}</article>"
    assert restore(own, BLOCKS) == [opening, *LINES]
    linked = own.replace("fastlandet", "<a href='/x'>fastlandet</a>")
    assert restore(linked, BLOCKS) == LINES
    two = own.replace("<div class='main'>", f"<div class='sub'>{opening.upper()}</div><div>")
    assert restore(two, BLOCKS) == LINES


@given(st.permutations(range(len(LINES))), st.sets(st.integers(0, len(LINES) - 1)))
def test_what_the_extractor_moved_stands_where_the_page_has_it(
    order: list[int], lost: set[int]
) -> None:
    page = "".join(f"<p>{line}</p>" for line in LINES)
    lines = list_page_lines(html.document_fromstring(f"<body>{page}</body>"))
    found = [BLOCKS[place] for place in order if place not in lost]
    wanted = [block for place, block in enumerate(BLOCKS) if place not in lost]
    assert order_as_printed(lines, found) == wanted


def test_a_line_that_the_page_has_otherwise_stays_behind_its_neighbour() -> None:
    page = "".join(f"<p>{line}</p>" for line in LINES)
    lines = list_page_lines(html.document_fromstring(f"<body>{page}</body>"))
    other = Block("Et avsnitt som siden deler opp på en annen måte.")
    moved = [BLOCKS[1], other, BLOCKS[0], *BLOCKS[2:]]
    assert order_as_printed(lines, moved) == [BLOCKS[0], BLOCKS[1], other, *BLOCKS[2:]]
