"""Made-up articles of made-up papers, whose names, quotes and removed lines are known.

The same seed gives the same articles.
"""

from __future__ import annotations

import hashlib
import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import accumulate
from string import Formatter

from newsbeam.transforms.records import (
    Article,
    Block,
    Entity,
    Metadata,
    Provenance,
    Quote,
    QuoteKind,
    RemovedLine,
    Segment,
)

UNTIL = datetime(2026, 3, 31, 18, tzinfo=UTC)
DAYS = 150
# Paper: share of the articles, share of them for subscribers.
PAPERS = {
    "fjellposten": (30, 0.3),
    "skjergardsavisa": (22, 0.1),
    "innlandsnytt": (16, 0.0),
    "byens-tidende": (12, 0.5),
    "nordfolk": (9, 0.0),
    "havnebladet": (6, 0.2),
    "elvedalen": (4, 0.0),
    "vestkanten": (1, 0.0),
}
SILENT, FAILING = "elvedalen", "vestkanten"

GIVEN = """Aslaug Birger Cecilie Dagfinn Eldbjørg Frode Gyda Håvard Ingunn Jostein Kjersti Leif
Målfrid Njål Oddny Petter Ragnhild Sverre Torunn Ulrik Vigdis Ylva Åshild Øystein Samira Tomasz
Leyla Mikkel""".split()
FAMILY = """Brattås Dyrnes Engesvik Fuglevåg Granli Heimdal Isakstuen Jorde Kvernmo Lauvås Myklebost
Nesbakk Oppedal Rossvoll Sandvær Tveitan Utvik Vestrum Ødegaard Åmodt Hassan Kowalska""".split()
PLACES = """Storvik Nesøya Granfoss Elvestad Myrland Tangen Kråkvåg Sølvberget Ytterdalen Haugnes
Lomvik Bergseter Skarholmen Fossheim Vågneset Rypedal Torsbukt""".split()
ORGANISATIONS = """Havbruksrådet,Fjelltrygd,Nordkyst Rederi,Granfoss kommune,Elvestad sykehus,
Bondelaget Øst,Kystvakta,Studentsamskipnaden,Fagforbundet Nord,Storvik Energi,Myrland Idrettslag,
Kulturhuset Tangen,Redningsselskapet Vest,Sølvberget bibliotek,Tog og Bane,Ytterdalen Bryggeri,
Skogeierne,Lomvik barnehage,Lokalpartiet,Fossheim videregående""".replace("\n", "").split(",")
OTHER = "Kystuka,Vårmarsjen,Ysteprisen,Ferjefestivalen,Havlisten".split(",")
PLANS = """en ny gangbru,et større fjøs,flere lærlinger,lengre åpningstid,et felles brannvern,
nattbuss i helgene,billigere ferje,et varmere svømmebasseng,to nye avdelinger,et lager for salt,
en turvei langs elva,bedre lys ved skolen,en kunstisbane,felles innkjøp,et mottak for ull
""".replace("\n", "").split(",")
SUBJECTS = """Ferjekaia,Skolekorpset,Snøryddingen,Strømprisen,Isbanen,Reiselivet,Laksefisket,
Bustilbudet,Vannledningen,Ullprisen,Brannstasjonen,Kunsthallen,Torghandelen,Rasfaren
""".replace("\n", "").split(",")
TURNS = """får ny frist,skaper strid,blir dyrere enn ventet,er reddet for i år,stanses på dagen,
samler bygda,må vente til høsten,deler kommunestyret,går bedre enn fryktet,trenger flere folk
""".replace("\n", "").split(",")
LINES = [
    "{organisation} har brukt vinteren på å lage en plan for {place}, og nå skal den på høring.",
    "Saken kom opp igjen da {person} la fram tallene i {place} tirsdag kveld.",
    "For to år siden sa {organisation} nei til det samme, den gang med støtte fra {organisation}.",
    "Arbeidet skal etter planen ta fjorten måneder og koste omtrent like mye som i {place}.",
    "{person} har fulgt prosjektet siden starten og kjenner hver krok av {place}.",
    "Regnestykket holder bare hvis {organisation} og {organisation} deler på utgiftene.",
    "Under {other} ble det samlet inn mer enn noen hadde ventet, og alt går til {place}.",
    "Det er ikke bestemt hvem som skal lede arbeidet når {person} går av ved nyttår.",
    "Flere naboer har meldt fra om støy, uten at {organisation} har funnet årsaken.",
    "I {place} har en lignende ordning vart i snart ti år, med {person} som leder.",
]
SPOKEN = [
    "Vi har ventet lenge nok på {plan}",
    "Dette er ikke noe som kan gjøres på en uke",
    "Jeg skulle ønske at flere tok seg tid til å lese hele rapporten",
    "Uten {plan} kommer ungdommen til å flytte",
    "Det viktigste er at ingen blir stående alene igjen med regningen",
    "Vi tar med oss det vi har lært, og prøver en gang til",
    "Pengene finnes, det er viljen det skorter på",
    "Først må vi få {plan}, så kan vi snakke om resten",
]
CUES = ["sier", "forteller", "mener", "svarer", "forklarer", "understreker"]
ROLES = [None, None, "rektor", "styreleder", "ordfører", "daglig leder", "sauebonde"]
HEADINGS = ["Dyrere enn ventet", "Har ventet i årevis", "Uenige om veien", "Kort om saken"]
SECTIONS = ["Nyheter", "Samfunn", "Kultur", "Sport", "Næringsliv"]
BOILERPLATE = [
    ("newsletter", "Få de viktigste sakene fra {paper} på e-post hver morgen", 0.8),
    ("share", "Del saken på e-post", 0.6),
    ("caption_credit", "Foto: {person}", 0.5),
    ("read_more", "Les også: {headline}", 0.4),
    ("subscribe", "Bli abonnent i {paper} og les videre", 0.2),
    ("recurring_line", "Har du tips til redaksjonen? Ring oss", 0.3),
]


@dataclass(slots=True)
class Draft:
    """An article being written: its blocks, and where in their joined text what stands."""

    pick: random.Random
    names: Names
    people: list[str]
    blocks: list[Block] = field(default_factory=list)
    entities: list[Entity] = field(default_factory=list)
    quotes: list[Quote] = field(default_factory=list)
    at: int = 0
    line: str = ""

    def say(self, text: str) -> None:
        self.line += text
        self.at += len(text)

    def name(self, name: str, label: str) -> None:
        self.entities.append(Entity(name, label, self.at, self.at + len(name), name))
        self.say(name)

    def template(self, template: str) -> None:
        for text, slot, _, _ in Formatter().parse(template):
            self.say(text)
            if slot == "person":
                self.name(self.pick.choice(self.people), "PER")
            elif slot == "plan":
                self.say(self.pick.choice(PLANS))
            elif slot:
                self.name(*self.names.draw(slot, self.pick))

    def end(self, *, heading: bool = False) -> None:
        self.blocks.append(Block(self.line, "heading" if heading else "paragraph"))
        self.line = ""
        self.at += 1

    def quote(self) -> None:
        """A paragraph with a quote: by dash, in guillemets, or interrupted; seldom by nobody."""
        pick = self.pick
        kind: QuoteKind = pick.choice(("dash", "dash", "guillemet"))
        self.say("– " if kind == "dash" else "«")
        start = self.at
        self.template(pick.choice(SPOKEN))
        first_end = end = self.at
        if pick.random() < 0.1 and kind == "dash":
            self.say(".")
            self.quotes.append(Quote(self._since(start, end), start, end, kind))
            self.end()
            return
        self.say(", " if kind == "dash" else "», ")
        cue, role, speaker = pick.choice(CUES), pick.choice(ROLES), pick.choice(self.people)
        self.say(f"{cue} {role} " if role else f"{cue} ")
        mention = self.at
        self.name(speaker, "PER")
        segments: tuple[Segment, ...] = ()
        if kind == "dash" and pick.random() < 0.2:
            self.say(", og ")
            second = self.at
            self.template(pick.choice(SPOKEN))
            end = self.at
            segments = (Segment(start, first_end), Segment(second, end))
        self.say(".")
        self.quotes.append(
            Quote(self._since(start, end), start, end, kind, speaker, speaker, mention, cue,
                  speaker_role=role, segments=segments)
        )  # fmt: skip
        self.end()

    def _since(self, start: int, end: int) -> str:
        line_start = self.at - len(self.line)
        return self.line[start - line_start : end - line_start]


@dataclass(frozen=True, slots=True)
class Names:
    """Names by how often they come up: the few are in the news, the many seldom."""

    people: list[str]
    slots: dict[str, tuple[list[str], list[str], list[float]]]

    @staticmethod
    def make(pick: random.Random) -> Names:
        people = [f"{given} {family}" for given in GIVEN for family in FAMILY]
        pick.shuffle(people)
        slots = {}
        for slot, names, labels in (
            ("organisation", ORGANISATIONS, ["ORG"]),
            ("place", PLACES, ["GPE_LOC", "GPE_LOC", "LOC", "GPE_ORG"]),
            ("other", OTHER, ["EVT", "PROD", "MISC"]),
        ):
            slots[slot] = (list(names), labels, weigh(len(names)))
        return Names(people, slots)

    def draw(self, slot: str, pick: random.Random) -> tuple[str, str]:
        names, labels, weights = self.slots[slot]
        return pick.choices(names, cum_weights=weights)[0], pick.choice(labels)


def weigh(count: int) -> list[float]:
    """Cumulative weights that fall by rank (Zipf)."""
    return list(accumulate(1 / (rank + 2) for rank in range(count)))


def make_articles(
    count: int, seed: int = 8, until: datetime = UNTIL
) -> Iterator[tuple[Article, str | None]]:
    """``count`` articles, each with the key of the story that it belongs to, if any."""
    pick = random.Random(seed)
    names = Names.make(pick)
    weights = weigh(len(names.people))
    papers, shares = list(PAPERS), list(accumulate(share for share, _ in PAPERS.values()))
    made = 0
    while made < count:
        at = until - timedelta(minutes=int(pick.random() ** 1.15 * DAYS * 24 * 60))
        draft = write_text(Draft(pick, names, pick.choices(names.people, cum_weights=weights, k=4)))
        title = f"{pick.choice(SUBJECTS)} i {pick.choice(PLACES)} {pick.choice(TURNS)}"
        copies = pick.randint(2, 6) if pick.random() < 0.02 else 1
        key = hashlib.sha256(f"{seed}/{made}".encode()).hexdigest()[:32]
        for paper in dict.fromkeys(pick.choices(papers, cum_weights=shares, k=copies)):
            if made == count:
                return
            published = at + timedelta(minutes=pick.randint(0, 300)) if copies > 1 else at
            if paper == SILENT and published > until - timedelta(days=40):
                published -= timedelta(days=60)
            yield (
                finish(draft, title, paper, made, min(published, until)),
                (key if copies > 1 else None),
            )
            made += 1


def write_text(draft: Draft) -> Draft:
    pick = draft.pick
    for section in range(pick.randint(2, 4)):
        if section:
            draft.say(pick.choice(HEADINGS))
            draft.end(heading=True)
        for _ in range(pick.randint(2, 4)):
            for sentence in range(pick.randint(1, 3)):
                draft.say(" " if sentence else "")
                draft.template(pick.choice(LINES))
            draft.end()
            if pick.random() < 0.6:
                draft.quote()
    return draft


def finish(draft: Draft, title: str, paper: str, number: int, published: datetime) -> Article:
    pick = draft.pick
    url = f"https://{paper}.example/sak/{number}"
    fill = {"paper": paper, "person": pick.choice(draft.people), "headline": title}
    removed = tuple(
        RemovedLine(rule, line.format(**fill))
        for rule, line, share in BOILERPLATE
        if pick.random() < share
    )  # fmt: skip
    lead = draft.blocks[0].text
    return Article(
        Provenance(paper, url, url, hashlib.sha256(f"{title}{number}".encode()).hexdigest(),
                   url, published + timedelta(minutes=20)),
        Metadata(
            url=url,
            title=title,
            lead=lead if pick.random() < 0.7 else None,
            authors=tuple(pick.sample(draft.people, pick.randint(0, 2))),
            published_at=published,
            published_at_from=pick.choice(("jsonld", "meta", "time_tag", "feed")),
            modified_at=published + timedelta(hours=2) if pick.random() < 0.2 else None,
            section=pick.choice(SECTIONS),
            tags=tuple(pick.sample(SUBJECTS, pick.randint(0, 3))),
            paywalled=pick.random() < PAPERS[paper][1],
        ),
        tuple(draft.blocks),
        pick.choice(("nb", "nb", "nb", "nn")),
        removed,
        tuple(draft.entities),
        tuple(draft.quotes),
    )  # fmt: skip
