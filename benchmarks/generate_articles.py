"""Writes made-up Norwegian news articles, the same for the same seed.

usage: python benchmarks/generate_articles.py FOLDER --count 300 [--words 500] [--seed 1]
       [--format txt|html|jsonl]

The articles hold names, quotes in their usual forms, subheadings and boilerplate, in amounts that
resemble a newspaper's. They serve speed and robustness, not quality.
"""

from __future__ import annotations

import argparse
import json
import random
from collections.abc import Iterator
from dataclasses import dataclass
from html import escape
from pathlib import Path

FIRST = "Anne Kari Ola Per Ingrid Lars Marit Jonas Sunniva Erik Hanne Tor Aisha Mohammed".split()
LAST = "Berg Dahl Hauge Lie Moen Nygård Solheim Strand Aasen Vik Haugen Khan Eide Bakken".split()
PLACES = "Oslo Bergen Trondheim Tromsø Bodø Hamar Voss Førde Ålesund Kirkenes Halden".split()
BODIES = ["Stortinget", "Kystverket", "Røde Kors", "NHO", "Helse Vest", "Equinor", "Politiet"]
ROLES = ["ordfører", "professor", "politiker", "forsker", "daglig leder", "rektor", "lensmann"]
VERBS = ["sier", "forteller", "mener", "forklarer", "understreker", "sa", "svarer"]
FACTS = [
    "Det skal bygges {number} nye boliger i {place} de neste årene.",
    "{body} har fått kritikk for hvordan saken er blitt håndtert.",
    "Innbyggerne i {place} har ventet på en avklaring siden i fjor høst.",
    "Tallene viser en økning på {number} prosent sammenliknet med samme tid i fjor.",
    "Saken skal opp til behandling i kommunestyret allerede neste uke.",
    "Ifølge {body} er det for tidlig å si noe om årsaken.",
    "Prosjektet er beregnet å koste {number} millioner kroner, men kan bli dyrere.",
    "Flere av dem som var til stede, beskriver møtet som langt og krevende.",
]
SAYINGS = [
    "Dette er en god dag for {place}, og vi har ventet lenge på den",
    "Vi må ta inn over oss at situasjonen er alvorlig, og at det haster",
    "Jeg har aldri opplevd noe liknende i løpet av {number} år i dette yrket",
    "Det viktigste nå er at alle får den hjelpen de trenger",
    "Vi kommer til å bruke den tiden som skal til for å finne ut av dette",
]
NOISE = [
    "Artikkelen fortsetter under annonsen",
    "Les også: Slik blir været i {place} i helgen",
    "Folk på torget i {place}. Foto: {name} / NTB",
]


@dataclass(frozen=True)
class Story:
    """A made-up article: its title and its lines."""

    title: str
    lines: tuple[str, ...]


def make_story(number: int, words: int, seed: int) -> Story:
    """The story ``number`` of a series, of about ``words`` words."""
    pick = random.Random(f"{seed}:{number}")

    def fill(text: str) -> str:
        return text.format(
            place=pick.choice(PLACES),
            body=pick.choice(BODIES),
            number=pick.randint(2, 90),
            name=f"{pick.choice(FIRST)} {pick.choice(LAST)}",
        )

    people = [(pick.choice(FIRST), pick.choice(LAST), pick.choice(ROLES)) for _ in range(3)]
    lines: list[str] = []
    introduced: set[int] = set()
    while sum(len(line.split()) for line in lines) < words:
        who = pick.randrange(len(people))
        first, last, role = people[who]
        if who not in introduced:
            introduced.add(who)
            lines.append(f"{first} {last} er {role} i {pick.choice(PLACES)}. " + fill(FACTS[0]))
        saying, verb = fill(pick.choice(SAYINGS)), pick.choice(VERBS)
        lines.append(" ".join(fill(fact) for fact in pick.sample(FACTS, 3)))
        lines.append(
            pick.choice(
                [
                    f"– {saying}, {verb} {last}.",
                    f"– {saying}. {fill(pick.choice(SAYINGS))}, {verb} {first} {last}.",
                    f"«{saying}», {verb} {last} til {pick.choice(BODIES)}.",
                ]
            )
        )
        if pick.random() < 0.25:
            lines.append(fill(pick.choice(NOISE)))
        if pick.random() < 0.1:
            lines.append(f"Uro i {pick.choice(PLACES)}")
    return Story(f"Sak {number}: " + fill("Strid om {number} boliger i {place}"), tuple(lines))


def write_stories(folder: Path, count: int, words: int, seed: int, kind: str) -> None:
    """Write ``count`` stories into ``folder``, a file each, or all in one for jsonl."""
    folder.mkdir(parents=True, exist_ok=True)
    stories = (make_story(number, words, seed) for number in range(count))
    if kind == "jsonl":
        with (folder / "stories.jsonl").open("w", encoding="utf-8") as file:
            for number, story in enumerate(stories):
                item = {"id": str(number), "title": story.title, "text": "\n".join(story.lines)}
                file.write(json.dumps(item, ensure_ascii=False) + "\n")
        return
    for number, story in enumerate(stories):
        content = "".join(_render(story, kind))
        (folder / f"story-{number:06}.{kind}").write_text(content, encoding="utf-8")


def _render(story: Story, kind: str) -> Iterator[str]:
    if kind == "txt":
        yield story.title + "\n\n" + "\n".join(story.lines) + "\n"
        return
    yield f"<!doctype html><html lang=nb><meta charset=utf-8><title>{escape(story.title)}</title>"
    yield f"<body><article><h1>{escape(story.title)}</h1>"
    yield from (f"<p>{escape(line)}</p>\n" for line in story.lines)
    yield "</article></body></html>"


def main() -> None:
    """Read the arguments and write the stories."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--count", type=int, required=True)
    parser.add_argument("--words", type=int, default=500)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--format", choices=("txt", "html", "jsonl"), default="txt")
    options = parser.parse_args()
    write_stories(options.folder, options.count, options.words, options.seed, options.format)


if __name__ == "__main__":
    main()
