"""The words that the scripted newspaper writes with. Data only; all of it was made up for it.

Slots in braces are filled by ``stories``: {sted} a place, {org} an organisation, {a} and {b} the
full names of the two people of the story, {a_siste} and {b_siste} their surnames, {a_rolle} and
{b_rolle} what they are, {tall} {antall} {tall2} numbers (large, middling, small), {prosent} a
percentage, {kroner} millions, {dag} a weekday, {gate} a street. No line may look like the
boilerplate that the cleaning rules remove.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """Templates of one language. ``topics`` are (titles, facts), chosen by section."""

    topics: tuple[tuple[tuple[str, ...], tuple[str, ...]], ...]
    standfirsts: tuple[str, ...]
    facts: tuple[str, ...]
    statements: tuple[str, ...]
    second_statements: tuple[str, ...]
    attributions: tuple[str, ...]
    second_attributions: tuple[str, ...]
    news: tuple[str, ...]
    news_in_standfirst: tuple[str, ...]
    roles: tuple[str, ...]
    weekdays: tuple[str, ...]


FIRST_NAMES = (
    "Anne Berit Camilla Dagny Eivind Frode Guri Halvor Ingrid Jostein Kari Leif Marit Njål Oddvar "
    "Pernille Ragnhild Sigurd Torunn Unni Vegard Yngve Åse Øystein Amalie Bjørn Cecilie Didrik "
    "Elin Finn Grete Håkon Idun Jorunn Knut Liv Mona Nora Ola Per Randi Solveig Trond Ulrik Vilde "
    "Synne Petter Marte Kjersti Herman"
).split()
LAST_NAMES = (
    "Aasen Bakke Berge Brekke Dahl Eide Engen Fjeld Fossum Gjerde Grønli Hagen Haugland Hovland "
    "Iversen Kleiven Kvamme Langeland Lien Lunde Moen Myhre Nygård Opdal Rønning Sandvik Skaar "
    "Solberg Stenersen Strand Sæther Teigen Tveit Ulvestad Vatne Vik Westby Ødegård Øverland "
    "Åsheim Bråten Fauske Hjelle Krogstad Løkken Narvesen Rustad Selvik Torget Vangen"
).split()
PLACES = (
    "Alvdal Andenes Askvoll Bodø Brevik Drøbak Eidfjord Elverum Farsund Florø Fauske Gjøvik "
    "Grimstad Halden Hammerfest Harstad Hønefoss Kirkenes Kongsvinger Kragerø Levanger Lillesand "
    "Lærdal Mandal Molde Mosjøen Namsos Narvik Notodden Odda Oppdal Otta Porsgrunn Rjukan Røros "
    "Sandnessjøen Sauda Sogndal Stjørdal Svolvær Tingvoll Tynset Ulsteinvik Vadsø Vardø Volda "
    "Voss Ørsta Åndalsnes Årdal"
).split()
STREETS = tuple(
    "Bryggegata,Fjellveien,Hovedgata,Kirkeveien,Kongens gate,Lindealleen,Mølleveien,Prestegata,"
    "Sjøgata,Skolebakken,Stasjonsveien,Strandgata,Tollbugata,Øvre Elvegate".split(",")
)
ORGANISATIONS = tuple(
    "Nordlys Kraft,Fjordlinja,Vestkysten Sparebank,Statens havnetilsyn,Bygdelaget,Rederiet Havsula,"
    "Elvepuls,Kystmuseet,Sentralsykehuset,Fjellregionrådet,Idrettslaget Framtid,Meieriet Fjelltopp,"
    "Trålkompaniet,Lakseverket,Brannvesenet,Folkeuniversitetet".split(",")
)

BOKMAL = Vocabulary(
    topics=(
        (
            (
                "{org} bygger ny skole i {sted} for {kroner} millioner",
                "Stengt vei ved {sted} etter ras i {gate}",
                "{tall} innbyggere krever svar om vannet i {sted}",
                "Nå skal {sted} få ny ferge",
            ),
            (
                "Vedtaket ble gjort med {antall} mot {tall2} stemmer i kommunestyret {dag}.",
                "Prosjektet ved {gate} er beregnet til {kroner} millioner kroner.",
                "Rundt {tall} husstander ble uten vann da ledningen røk ved {gate}.",
                "Rådmannen foreslår å utsette saken til kommunestyret har fått {tall} svar.",
                "Veien forbi {sted} har vært stengt i {antall} timer og åpner tidligst {dag}.",
                "Fylket har satt av {kroner} millioner kroner til nye kaier i distriktet.",
            ),
        ),
        (
            (
                "{a_siste} avgjorde for {sted} på overtid",
                "Seier med {tall} mål for {sted}",
                "{a} gir seg etter {tall} kamper",
            ),
            (
                "Hjemmelaget lå under til pause, men snudde kampen foran {tall} tilskuere.",
                "Det var {a_siste} som satte inn det avgjørende målet etter {antall} minutter.",
                "Laget fra {sted} har nå {tall} poeng og ligger på {tall2}. plass på tabellen.",
                "Neste kamp spilles {dag}, og da mangler laget {tall} av sine faste spillere.",
                "Treneren satset på en ung keeper som aldri før har stått {antall} kamper på rad.",
            ),
        ),
        (
            (
                "Festivalen i {sted} venter {tall} gjester",
                "{a} får pris for roman fra {sted}",
                "Kystmuseet åpner utstilling med {tall} bilder",
            ),
            (
                "Utstillingen viser {tall} fotografier fra {sted}, de fleste tatt før krigen.",
                "Boken har solgt i {tall} eksemplarer siden den kom ut i høst.",
                "Konserten i {gate} ble utsolgt på {antall} minutter.",
                "Juryen valgte mellom {tall} bidrag og var enig etter to møter.",
                "Kulturhuset har plass til {tall} mennesker og ble åpnet for {antall} år siden.",
            ),
        ),
        (
            (
                "{org} taper {kroner} millioner",
                "{tall} ansatte i {sted} mister jobben",
                "Kjøper opp bedrift i {sted} for {kroner} millioner",
            ),
            (
                "Omsetningen steg med {prosent} prosent, men utgiftene økte mer enn ventet.",
                "Selskapet hadde {tall} ansatte i {sted} ved årsskiftet.",
                "Aksjen falt {prosent} prosent da tallene ble lagt fram {dag}.",
                "Styret foreslår ikke utbytte, og egenkapitalen er nå {kroner} millioner kroner.",
                "Banken krever at {kroner} millioner kroner av gjelden betales innen {dag}.",
            ),
        ),
    ),
    standfirsts=(
        "I {antall} år har innbyggerne i {sted} ventet på et svar. {dag} kom det.",
        "Beslutningen betyr mye for {sted}, mener {a_rolle} {a}.",
        "{org} har brukt {antall} måneder på saken, som fortsatt deler {sted} i to.",
        "Det begynte med et brev fra {b_rolle} {b} og endte med {kroner} millioner kroner.",
        "{a} trodde knapt sine egne ører da meldingen kom {dag} kveld.",
    ),
    facts=(
        "Saken ble kjent {dag}, da {b_rolle} {b} la fram en rapport på {antall} sider.",
        "{org} har fulgt utviklingen i {sted} i {antall} måneder.",
        "Ved {gate} møtte {tall} mennesker opp for å høre hva som skulle skje.",
        "Ifølge {org} er det {antall} år siden noe lignende hendte i {sted}.",
        "Kostnadene er så langt {kroner} millioner kroner, viser regnskapet for fjoråret.",
        "Avtalen gjelder i {antall} år og kan deretter forlenges med {antall} år av gangen.",
        "Flere av naboene i {gate} har bedt om et møte med {a_rolle} {a}.",
        "I {sted} bor det i dag {tall} færre mennesker enn for {antall} år siden.",
        "{b} flyttet til {sted} for {antall} år siden og har siden engasjert seg i saken.",
        "En undersøkelse som {org} har fått laget, viser at {prosent} prosent er positive.",
        "Arbeidet skulle etter planen være ferdig {dag}, men ble {antall} uker forsinket.",
        "Både {a_siste} og {b_siste} har vært i kontakt med departementet {antall} ganger.",
        "Om {antall} dager skal partene møtes igjen, denne gangen i lokalene til {org}.",
        "Været har gjort det vanskelig, for i {sted} kom det {antall} millimeter regn på et døgn.",
    ),
    statements=(
        "Vi har ventet på dette i {antall} år, og nå må noe skje",
        "Det er en stor dag for alle som bor i {sted}",
        "Jeg har aldri opplevd maken på {antall} år i denne jobben",
        "Pengene rekker ikke, og vi mangler fortsatt {kroner} millioner",
        "Dette skulle vært gjort for {antall} år siden",
        "Folk i {gate} fortjener et ordentlig svar før {dag}",
        "Vi kommer til å bruke de neste {antall} månedene på å finne en løsning",
        "Ingen av oss hadde regnet med at {tall} mennesker ville møte opp",
    ),
    second_statements=(
        "Men vi gir oss ikke før alle {tall} er hørt.",
        "Det koster, men det er verdt hver krone av de {kroner} millionene.",
        "Nå venter vi bare på at {org} skal svare.",
        "Så får vi se hva som skjer {dag}.",
    ),
    attributions=(
        "sier {rolle} {navn}",
        "forteller {navn}",
        "forklarer {navn}, {rolle} i {sted}",
    ),
    second_attributions=("sier {siste}", "mener {siste}", "svarer {siste}"),
    news=(
        "Ifølge nye opplysninger fra {org} dreier det seg om {tall} personer og ikke {tall2}.",
        "{dag} kveld ble det klart at {org} vil bidra med ytterligere {kroner} millioner kroner.",
        "{b_rolle} {b} har i ettertid bekreftet at {tall} av husene i {gate} er berørt.",
        "Etter det avisen erfarer, skal {tall} nye tiltak legges fram for styret {dag}.",
    ),
    news_in_standfirst=(
        "Nå er tallet steget til {tall}.",
        "Nye opplysninger fra {org} endrer bildet.",
        "{b_siste} varsler svar innen {antall} dager.",
        "Kostnaden er nå {kroner} millioner kroner.",
    ),
    roles=tuple(
        "ordfører,rektor,prosjektleder,daglig leder,brannsjef,styreleder,trener,lensmann,"
        "havnefogd,forsker,biskop,bonde".split(",")
    ),
    weekdays=tuple("mandag tirsdag onsdag torsdag fredag lørdag søndag".split()),
)

NYNORSK = Vocabulary(
    topics=(
        (
            (
                "{org} vil byggje ut i {sted} for {kroner} millionar",
                "No får {sted} ny veg gjennom fjellet",
                "{tall} sauer er komne heim til {sted}",
                "{a} vann pris for songar frå {sted}",
            ),
            (
                "Vedtaket vart gjort med {antall} mot {tall2} røyster i kommunestyret {dag}.",
                "Prosjektet ved {gate} er rekna til {kroner} millionar kroner.",
                "Om lag {tall} husstandar miste straumen då linja gjekk ned ved {gate}.",
                "Vegen forbi {sted} har vore stengd i {antall} timar og opnar tidlegast {dag}.",
                "Laget frå {sted} har no {tall} poeng og ligg på {tall2}. plass på tabellen.",
            ),
        ),
    ),
    standfirsts=(
        "I {antall} år har innbyggjarane i {sted} venta på eit svar. {dag} kom det.",
        "Avgjerda har mykje å seie for {sted}, meiner {a_rolle} {a}.",
        "{org} har brukt {antall} månader på saka, som framleis deler {sted} i to.",
    ),
    facts=(
        "Saka vart kjend {dag}, då {b_rolle} {b} la fram ein rapport på {antall} sider.",
        "{org} har følgt utviklinga i {sted} i {antall} månader.",
        "Ved {gate} møtte {tall} menneske opp for å høyre kva som skulle skje.",
        "Ifølgje {org} er det {antall} år sidan noko liknande hende i {sted}.",
        "Kostnadene er så langt {kroner} millionar kroner, viser rekneskapen for fjoråret.",
        "Avtala gjeld i {antall} år og kan deretter forlengjast med {antall} år om gongen.",
        "Fleire av naboane i {gate} har bede om eit møte med {a_rolle} {a}.",
        "I {sted} bur det i dag {tall} færre menneske enn for {antall} år sidan.",
        "{b} flytta til {sted} for {antall} år sidan og har sidan engasjert seg i saka.",
        "Ei undersøking som {org} har fått laga, viser at {prosent} prosent er positive.",
        "Arbeidet skulle etter planen vere ferdig {dag}, men vart {antall} veker forseinka.",
        "Om {antall} dagar skal partane møtast att, denne gongen i lokala til {org}.",
    ),
    statements=(
        "Vi har venta på dette i {antall} år, og no må noko skje",
        "Det er ein stor dag for alle som bur i {sted}",
        "Eg har aldri opplevd maken på {antall} år i denne jobben",
        "Pengane rekk ikkje, og vi manglar framleis {kroner} millionar",
        "Folk i {gate} fortener eit skikkeleg svar før {dag}",
    ),
    second_statements=(
        "Men vi gjev oss ikkje før alle {tall} er høyrde.",
        "No ventar vi berre på at {org} skal svare.",
        "Så får vi sjå kva som skjer {dag}.",
    ),
    attributions=(
        "seier {rolle} {navn}",
        "fortel {navn}",
        "forklarar {navn}, {rolle} i {sted}",
    ),
    second_attributions=("seier {siste}", "meiner {siste}", "svarar {siste}"),
    news=(
        "Ifølgje nye opplysningar frå {org} dreier det seg om {tall} personar og ikkje {tall2}.",
        "{dag} kveld vart det klart at {org} vil gje ytterlegare {kroner} millionar kroner.",
        "{b_rolle} {b} har i ettertid stadfesta at {tall} av husa i {gate} er råka.",
    ),
    news_in_standfirst=(
        "No har talet stige til {tall}.",
        "Nye opplysningar frå {org} endrar biletet.",
        "{b_siste} varslar svar innan {antall} dagar.",
    ),
    roles=tuple(
        "ordførar,rektor,prosjektleiar,dagleg leiar,brannsjef,styreleiar,trenar,lensmann,"
        "hamnefut,forskar,biskop,bonde".split(",")
    ),
    weekdays=tuple("måndag tysdag onsdag torsdag fredag laurdag sundag".split()),
)

VOCABULARIES = {"nb": BOKMAL, "nn": NYNORSK}
