"""A made-up newspaper whose boilerplate is known: templates planted among articles' own prose."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass

FIRST = "Anne Kari Ola Per Ingrid Lars Marit Jonas Sunniva Erik Hanne Tor Aisha Bjørn Siv".split()
LAST = "Berg Dahl Hauge Lie Moen Nygård Solheim Strand Aasen Vik Haugen Khan Eide Bakken".split()
PLACES = "Bodø Hamar Voss Førde Ålesund Kirkenes Halden Vadsø Molde Narvik Gjøvik Skien".split()
MONTHS = "januar februar mars april mai juni juli august september oktober november".split()
WHO = """kommunen fylket ordføreren politiet rektoren legen foreningen bedriften naboene laget
treneren biskopen bonden fiskeren styret velforeningen brannvesenet museet biblioteket koret
butikken havna flyplassen sykehuset barnehagen kirka teatret verftet skolen speiderne""".split()
DID = """bygde solgte kjøpte stengte åpnet flyttet reparerte malte fant mistet ønsket krevde utsatte
vedtok droppet hentet lånte ryddet tegnet filmet testet savnet roste kritiserte planla""".split()
WHAT = """brua hallen skolebussen kaia tunnelen løypa scena orgelet båten låven stadion rådhuset
gatelysene parken museumsskipet fjøset torget turstien svømmehallen bussholdeplassen taket
kunstgresset varmesentralen fyrlykta møllehjulet lekeplassen dansegulvet kornsiloen""".split()
WHEN = """i går,forrige uke,før jul,etter sommeren,i all stillhet,uten å varsle,for tredje gang,
sent på kvelden,under møtet,midt i ferien,mot alle odds,på rekordtid,etter lang debatt,
i siste liten,sammen med elevene,til stor jubel,under tvil,i øsende regn""".replace("\n", "")
WHY = """fordi pengene tok slutt,selv om mange protesterte,etter at rapporten kom,mens andre ventet,
for å spare strøm,siden ingen svarte,da snøen smeltet,før noen rakk å klage,slik planen sa,
uten at det hjalp stort,for første gang på tretti år,til tross for rådene""".replace("\n", "")
SAID = "sier,forteller,mener,forklarer,understreker,svarer".split(",")
HEADINGS = ["Bakgrunn", "Kritisk til forslaget", "Veien videre", "Dette vet vi", "Får støtte"]
ANSWERS = ["– Ja.", "Nei.", "– Nei.", "– Det stemmer.", "– Ingen kommentar.", "– Hvorfor det?"]


@dataclass(frozen=True)
class Planted:
    """A template: how to make a line, where it goes, and in which share of the articles."""

    make: Callable[[random.Random], str]
    place: str  # first, middle or last
    share: float


@dataclass(frozen=True)
class Newspaper:
    """Articles as (title, lines), the planted lines by template, and all other lines."""

    articles: list[tuple[str, list[str]]]
    planted: list[set[str]]
    prose: set[str]


def name(pick: random.Random) -> str:
    return f"{pick.choice(FIRST)} {pick.choice(LAST)}"


def day(pick: random.Random) -> str:
    return f"{pick.randint(1, 28)}. {pick.choice(MONTHS)} {pick.randint(2015, 2026)}"


TEMPLATES: list[tuple[str, Callable[[random.Random], str]]] = [
    ("last", lambda p: "Vil du ha Fjordposten levert på døra? Bestill avisa her."),
    ("last", lambda p: "Fjordposten følger Vær Varsom-plakatens regler for god presseskikk."),
    ("last", lambda p: f"Saken er skrevet av {name(p)} og lest av vaktsjefen før trykk."),
    ("first", lambda p: f"Av {name(p)}"),
    ("first", lambda p: f"Tekst og bilder: {name(p)}"),
    ("middle", lambda p: "Denne teksten er lagd sammen med en av våre samarbeidspartnere."),
    ("middle", lambda p: f"Stod i papirutgaven av Fjordposten {day(p)}"),
    ("last", lambda p: f"Redaksjonen rettet en feil i teksten {day(p)}."),
    ("middle", lambda p: f"Følg {name(p)} på X: @{p.choice(LAST).lower()}{p.randint(1, 99)}"),
    ("last", lambda p: "Fant du en feil? Send en e-post til retting@fjordposten.no."),
    ("middle", lambda p: f"Les flere artikler av {name(p)} hos Fjordposten"),
    ("last", lambda p: f"{name(p)} er journalist i Fjordposten og dekker næringsliv."),
    ("middle", lambda p: "Prøv Fjordposten gratis i en måned"),
    ("last", lambda p: f"Kontakt journalisten på telefon 40 12 {p.randint(1000, 9999)}."),
    ("middle", lambda p: "Hør siste episode av podkasten vår der du hører på podkast."),
    ("last", lambda p: "Støtt lokaljournalistikken: Vipps valgfritt beløp til 123456."),
    ("first", lambda p: f"Først trykt {day(p)}"),
    ("middle", lambda p: "Bli med i lesergruppa vår på Facebook."),
    ("last", lambda p: f"Se alle {p.randint(3, 90)} bildene fra {day(p)} i galleriet"),
    ("last", lambda p: "Copyright Fjordposten. Kopiering uten avtale er ulovlig."),
]  # fmt: skip


def sentence(pick: random.Random) -> str:
    subject = pick.choice(
        [pick.choice(WHO).capitalize(), f"{pick.choice(WHO).capitalize()} i {pick.choice(PLACES)}"]
    )
    words = [subject, pick.choice(DID), pick.choice(WHAT), pick.choice(WHEN.split(","))]
    if pick.random() < 0.6:
        words.append(pick.choice(WHY.split(",")))
    if pick.random() < 0.4:
        words.append(f"og {pick.choice(DID)} {pick.choice(WHAT)}")
    return " ".join(words) + "."


def paragraph(pick: random.Random) -> str:
    kind = pick.random()
    if kind < 0.25:
        return f"– {sentence(pick)[:-1]}, {pick.choice(SAID)} {name(pick)}."
    return " ".join(sentence(pick) for _ in range(pick.choice([1, 2, 2, 3])))


def story(pick: random.Random) -> list[str]:
    lines = [paragraph(pick) for _ in range(pick.randint(6, 14))]
    if pick.random() < 0.5:
        lines.insert(pick.randrange(2, len(lines)), pick.choice(HEADINGS))
    for _ in range(pick.choice([0, 0, 1, 2])):
        lines.insert(pick.randrange(1, len(lines)), pick.choice(ANSWERS))
    return lines


def live_report(pick: random.Random) -> list[str]:
    lines = []
    for hour in range(9, 9 + pick.randint(4, 8)):
        lines += [pick.choice(["{}:{:02}", "Kl. {}.{:02}"]).format(hour, pick.randint(0, 59))]
        lines += [sentence(pick)]
    return lines


def make_newspaper(seed: int, count: int = 200, templates: int = 12) -> Newspaper:
    """A newspaper of ``count`` articles with ``templates`` planted in them, the same for a seed.

    Three stories are told several times: one nearly word for word, two by follow-ups that repeat
    some paragraphs.
    """
    pick = random.Random(seed)
    bodies = [story(pick) if pick.random() < 0.92 else live_report(pick) for _ in range(count)]
    places = list(range(count))
    pick.shuffle(places)
    copied = story(pick)
    for at in places[:9]:
        bodies[at] = [line for line in copied if pick.random() < 0.9] + [paragraph(pick)]
    for start in (9, 19):
        who, what = pick.choice(WHO), f"{pick.choice(LAST)}-saken i {pick.choice(PLACES)}"
        told = [f"{sentence(pick)} Det skjedde i {what}." for _ in range(4)]
        for at in places[start : start + 10]:
            told_here = pick.sample(told, 3)
            bodies[at] = [f"Nytt i {what}: {sentence(pick)} {who.capitalize()} følger {what}."]
            bodies[at] += [paragraph(pick) for _ in range(5)]
            for line in told_here:
                bodies[at].insert(pick.randrange(1, len(bodies[at])), line)
    prose = {line for body in bodies for line in body}
    planted: list[set[str]] = []
    for number, (place, make) in enumerate(pick.sample(TEMPLATES, templates)):
        share = pick.uniform(0.055, 0.10) if number % 3 == 0 else pick.uniform(0.15, 0.95)
        lines: set[str] = set()
        for body in pick.sample(bodies, round(share * count)):
            line = make(pick)
            lines.add(line)
            at = {"first": 0, "last": len(body), "middle": pick.randrange(1, max(2, len(body)))}[
                place
            ]
            body.insert(at, line)
        planted.append(lines)
    titles = [
        f"{pick.choice(WHO).capitalize()} {pick.choice(DID)} {pick.choice(WHAT)} {n}"
        for n in range(count)
    ]
    return Newspaper(list(zip(titles, bodies, strict=True)), planted, prose)
