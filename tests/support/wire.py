"""Makes wire stories, the versions of them that papers print, and other stories on the topic.

All texts are invented words: what counts for near-duplicates is which runs of words two texts
share. Words follow Zipf's law, as in real text, over a common core of Norwegian function words.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

MORNING = datetime(2026, 11, 20, 5, 0, tzinfo=UTC)
PAPERS = tuple(f"avis{i:02}" for i in range(30))
_CORE = (
    "og i det på som er til å av for at en har de med ikke den om et han var fra men vi seg "
    "hun sier etter ved kan skal vil ble opp også over må ut bare blitt nå dette mot eller når"
).split()
_ONSETS = "b d f g h j k l m n p r s t v bl br dr fl fr gr kl kr sk sl sn sp st tr".split()
_VOWELS = "a e i o u y æ ø å ei au".split()
_CODAS = "d g k l m n r s t nd ng nk rd rk rn rt sk st".split()


@dataclass(frozen=True)
class Story:
    """A story as its agency sent it: paragraphs, of which some are quotes."""

    topic: str
    paragraphs: tuple[str, ...]
    quotes: tuple[str, ...]
    background: tuple[str, ...]


@dataclass(frozen=True)
class Printed:
    """What a paper printed. ``story`` numbers the texts that a reader would call the same."""

    source: str
    key: str
    text: str
    published_at: datetime
    story: int


class Newsroom:
    """Invents texts. The same seed gives the same texts."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        words: dict[str, None] = {}
        while len(words) < 6000:
            words[self._word(self.random.choice((1, 2, 2, 3)))] = None
        self._words = [*_CORE, *words]
        self._weights = [1 / (rank + 3) for rank in range(len(self._words))]

    def write_story(self, paragraphs: int | None = None) -> Story:
        """A story with names of its own, quotes and background."""
        names = [self._word(2).title() + " " + self._word(2).title() for _ in range(4)]
        count = paragraphs or self.random.randint(6, 14)
        quotes = [f"– {self._sentences(names, 2)} sier {names[0]}." for _ in range(3)]
        background = [self._sentences(names, 3) for _ in range(2)]
        body = [self._sentences(names, self.random.randint(1, 3)) for _ in range(count - 5)]
        mixed = [*body[2:], *quotes, *background[:1]]
        self.random.shuffle(mixed)
        # As agencies write: what is new first, what was known before last.
        told = (*body[:2], *mixed, *background[1:])
        return Story(names[0], told, tuple(quotes), tuple(background))

    def write_rival(self, story: Story, shared: int) -> Story:
        """Another story on the topic: ``shared`` quotes or background paragraphs are the same."""
        own = self.write_story(self.random.randint(max(7, 3 * shared), 13))
        common = self.random.sample([*story.quotes, *story.background], shared)
        kept = [*own.paragraphs[: len(own.paragraphs) - shared], *common]
        head, tail = kept[:2], kept[2:]
        self.random.shuffle(tail)
        named = [p.replace(own.topic, story.topic) for p in (*head, *tail)]
        return Story(story.topic, tuple(named), own.quotes, own.background)

    def edit(self, paragraphs: Sequence[str], heaviness: float = 1.0) -> list[str]:
        """A paper's version: cut, reordered, edited, signed, with something local."""
        luck, kept = self.random.random, list(paragraphs)
        if luck() < 0.6 * heaviness:
            kept = self._cut(kept)
        if luck() < 0.3 * heaviness:
            head, tail = kept[:1], kept[1:]
            self.random.shuffle(tail)
            kept = head + tail
        if luck() < 0.5 * heaviness:
            kept = [self._copy_edit(p, self.random.uniform(0.005, 0.03)) for p in kept]
        if luck() < 0.3:
            kept = [p.replace("– ", "«").replace(" sier", "», sier") for p in kept]
        if luck() < 0.3 and len(kept) > 4:
            kept[2:4] = [" ".join(kept[2:4])]
        if luck() < 0.4:
            kept[0] = f"{self.random.choice(PAPERS).upper()} (NTB): {kept[0]}"
        if luck() < 0.4:
            kept.insert(0, f"Av {self._word(2).title()} {self._word(2).title()}, NTB")
        if luck() < 0.25 * heaviness:
            kept.insert(0, self._sentences([], 2))  # what it means here
        if luck() < 0.3:
            kept.insert(self.random.randrange(1, len(kept) + 1), self._sentences([], 1)[:30])
        if luck() < 0.3:
            kept.append("(©NTB)")
        return kept

    def translate(self, paragraphs: Sequence[str]) -> list[str]:
        """The story in the other written standard: about every third word differs."""
        changed = {w: w + "a" for w in self._words if hash_word(w) % 3 == 0}
        return [" ".join(changed.get(w, w) for w in p.split()) for p in paragraphs]

    def _cut(self, paragraphs: list[str]) -> list[str]:
        count = len(paragraphs)
        if self.random.random() < 0.6:  # from the end, as papers do
            return paragraphs[: self.random.randint(max(4, count // 3), count)]
        keep = self.random.randint(max(4, count // 2), count)
        return [paragraphs[i] for i in sorted(self.random.sample(range(count), keep))]

    def _copy_edit(self, paragraph: str, share: float) -> str:
        words = []
        for word in paragraph.split():
            luck = self.random.random()
            if luck < share / 3:
                continue
            words.append(self._word(2) if luck < share * 2 / 3 else word)
            if luck > 1 - share / 3:
                words.append(self.random.choice(_CORE))
        return " ".join(words)

    def _sentences(self, names: Sequence[str], count: int) -> str:
        return " ".join(self._sentence(names) for _ in range(count))

    def _sentence(self, names: Sequence[str]) -> str:
        words = self.random.choices(self._words, self._weights, k=self.random.randint(8, 22))
        if names and self.random.random() < 0.4:
            words[self.random.randrange(len(words))] = self.random.choice(names)
        return " ".join(words).capitalize() + "."

    def _word(self, syllables: int) -> str:
        choose = self.random.choice
        return "".join(choose(_ONSETS) + choose(_VOWELS) for _ in range(syllables)) + choose(_CODAS)


def hash_word(word: str) -> int:
    """A number that is the same in every process."""
    return sum(ord(letter) * (at + 1) for at, letter in enumerate(word))


def print_papers(seed: int, stories: int = 40, hours: int = 48) -> list[Printed]:
    """``stories`` wire stories as papers print them, each with stories on its topic beside it."""
    room = Newsroom(seed)
    printed: list[Printed] = []
    number = 0

    def publish(paragraphs: Sequence[str], at: datetime, story: int) -> None:
        source = room.random.choice(PAPERS)
        text = "\n".join(paragraphs)
        printed.append(Printed(source, f"{source}/{len(printed)}", text, at, story))

    for _ in range(stories):
        story = room.write_story()
        began = MORNING + timedelta(minutes=room.random.randint(0, 1200))
        versions = room.random.randint(2, 15)
        for _ in range(versions):
            later = timedelta(minutes=room.random.randint(0, hours * 60))
            publish(room.edit(story.paragraphs), began + later, number)
        number += 1
        for _ in range(room.random.randint(1, 3)):
            rival = room.write_rival(story, room.random.randint(1, 3))
            for _ in range(room.random.choice((1, 1, 2, 4))):
                later = timedelta(minutes=room.random.randint(0, hours * 60))
                publish(room.edit(rival.paragraphs, 0.5), began + later, number)
            number += 1
        if room.random.random() < 0.3:
            publish(room.translate(story.paragraphs), began + timedelta(hours=1), number)
            number += 1
    return printed
