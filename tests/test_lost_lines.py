"""Lines that an extractor lost come back in their place, and others do not."""

from __future__ import annotations

from lxml import html

from transforms.pages.lost_lines import restore_lost_line
from transforms.records import Block

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
    return [b.text for b in restore_lost_line(html.document_fromstring(page), blocks)]


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
    linked = f"<p><a href='/x'>{'Les mer her. ' * 10}</a></p>"
    assert restore(f"{foreign}{prose}<p>Kort.</p>{linked}<h2>Les også</h2>", BLOCKS) == LINES
