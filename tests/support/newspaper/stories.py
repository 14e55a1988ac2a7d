"""Writes the paper's articles: the same seed gives the same words."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from random import Random

from tests.support.newspaper.words import (
    FIRST_NAMES,
    LAST_NAMES,
    ORGANISATIONS,
    PLACES,
    STREETS,
    VOCABULARIES,
    Vocabulary,
)

_SENTENCE_START = re.compile(r"^\w|(?<=[a-zæøå]\. )\w")


@dataclass(frozen=True, slots=True)
class Story:
    """What an article says. ``quotes`` are (words, speaker's full name), in the text's order."""

    title: str
    standfirst: str
    author: str
    language: str
    paragraphs: tuple[str, ...]
    quotes: tuple[tuple[str, str], ...]
    place: str

    @property
    def lines(self) -> tuple[str, ...]:
        """The standfirst and the paragraphs: every line that is the article's own text."""
        return (self.standfirst, *self.paragraphs)


def write_story(seed: str, language: str, topic: int) -> Story:
    """Return the story of ``seed``: 4 to 12 paragraphs in ``language`` ("nb" or "nn").

    Every paragraph but the shortest quotes holds names and numbers drawn for it, so two
    stories hardly ever share one. ``topic`` is any number; it chooses what the story is about.
    """
    random = Random(seed)
    words = VOCABULARIES[language]
    titles, topic_facts = words.topics[topic % len(words.topics)]
    cast = _draw_cast(random, words)
    paragraphs: list[str] = []
    quotes: list[tuple[str, str]] = []
    facts = random.sample([*topic_facts, *words.facts], k=len(topic_facts) + len(words.facts))
    for number in range(random.randint(4, 12)):
        if number % 3 == 1:
            paragraph, words_said, speaker = _write_quote(random, words, cast)
            quotes.append((words_said, speaker))
        else:
            some = [facts.pop() for _ in range(random.randint(2, 3)) if facts]
            paragraph = " ".join(_fill(random, fact, words, cast) for fact in some)
        if paragraph:
            paragraphs.append(paragraph)
    return Story(
        title=_fill(random, random.choice(titles), words, cast),
        standfirst=_fill(random, random.choice(words.standfirsts), words, cast),
        author=f"{random.choice(FIRST_NAMES)} {random.choice(LAST_NAMES)}",
        language=language,
        paragraphs=tuple(paragraphs),
        quotes=tuple(quotes),
        place=cast["sted"],
    )


def revise_story(story: Story, seed: str) -> Story:
    """Return ``story`` after an edit: a sentence more in the standfirst, a new paragraph.

    Every other edit gives it a new title, too.
    """
    random = Random(seed)
    words = VOCABULARIES[story.language]
    cast = _draw_cast(random, words) | {"sted": story.place}
    paragraphs = list(story.paragraphs)
    paragraphs.insert(
        random.randint(1, len(paragraphs)),
        " ".join(_fill(random, line, words, cast) for line in random.sample(words.news, k=2)),
    )
    news = _fill(random, random.choice(words.news_in_standfirst), words, cast)
    title = story.title
    if random.random() < 0.5:
        title = _fill(random, random.choice(words.topics[0][0]), words, cast)
    return replace(
        story, title=title, standfirst=f"{story.standfirst} {news}", paragraphs=tuple(paragraphs)
    )


def _draw_cast(random: Random, words: Vocabulary) -> dict[str, str]:
    cast = {"sted": random.choice(PLACES), "org": random.choice(ORGANISATIONS)}
    surnames = random.sample(LAST_NAMES, k=2)
    roles = random.sample(words.roles, k=2)
    for who, surname, role in zip("ab", surnames, roles, strict=True):
        cast[who] = f"{random.choice(FIRST_NAMES)} {surname}"
        cast[f"{who}_siste"], cast[f"{who}_rolle"] = surname, role
    return cast


def _fill(random: Random, template: str, words: Vocabulary, cast: dict[str, str]) -> str:
    drawn = {
        "tall": str(random.randint(100, 9_800)),
        "antall": str(random.randint(12, 90)),
        "tall2": str(random.randint(3, 11)),
        "prosent": f"{random.randint(5, 90)},{random.randint(1, 9)}",
        "kroner": f"{random.randint(1, 990)},{random.randint(1, 9)}",
        "dag": random.choice(words.weekdays),
        "gate": random.choice(STREETS),
    }
    text = template.format_map(drawn | cast)
    return _SENTENCE_START.sub(lambda found: found[0].upper(), text)


def _write_quote(random: Random, words: Vocabulary, cast: dict[str, str]) -> tuple[str, str, str]:
    """Return a paragraph with a dash quote, the words said first, and who said them."""
    who = random.choice("ab")
    said = _fill(random, random.choice(words.statements), words, cast)
    clause = random.choice(words.attributions).format(
        rolle=cast[f"{who}_rolle"], navn=cast[who], sted=cast["sted"]
    )
    paragraph = f"– {said}, {clause}."
    if random.random() < 0.5:
        paragraph += " " + _fill(random, random.choice(words.second_statements), words, cast)
    return paragraph, said, cast[who]
