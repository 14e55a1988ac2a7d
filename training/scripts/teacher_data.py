"""Texts as the teacher sees them: pieces of words, what each word may be tagged, and decoding.

numpy and tokenizers only: this runs where spaCy is not installed. A corpus is distinct words,
the numbers of its tokens, and where its documents end.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from tokenizers import Tokenizer, models, pre_tokenizers, trainers

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float32]

LANGUAGES = ("nb", "nn", "da", "sv")
LABELS = ("PER", "ORG", "GPE_LOC", "GPE_ORG", "LOC", "PROD", "EVT", "DRV")
TAGS = ("O", *(f"{position}-{label}" for label in LABELS for position in "BILU"))
SPECIAL = ("[PAD]", "[UNK]", "[MASK]", "[NL]", *(f"[{lang}]" for lang in LANGUAGES))
PAD, UNKNOWN, MASK, NEWLINE = range(4)
FIRST_LANGUAGE = 4
GLUED = "\x03"  # before a word that no space stands before
SPACE = "▁"
LONGEST_WORD = 12  # pieces
_WORD = re.compile(r"[^\W_]+(?:[-–'’./&][^\W_]+)*|\S|\x02")
_NUMBER = {tag: i for i, tag in enumerate(TAGS)}
# What a label of another corpus may be in NorNE's, and what that corpus does not annotate.
_MEANING = {"LOC": ("GPE_LOC", "LOC", "GPE_ORG"), "MISC": ("PROD", "EVT", "ORG", "LOC")}
_UNTOLD = {"uner": ("PROD", "EVT", "DRV"), "klintan": ("DRV",), "norne": ()}


@dataclass(frozen=True)
class Corpus:
    """``tokens`` index ``words``; document i is tokens ``offsets[i]`` to ``offsets[i + 1]``."""

    words: list[str]
    tokens: npt.NDArray[np.int32]
    has_space: npt.NDArray[np.bool_]  # whether a space stands before the token
    offsets: Ints
    langs: npt.NDArray[np.uint8]

    def texts(self, document: int) -> list[str]:
        begin, end = self.offsets[document : document + 2]
        return [self.words[i] for i in self.tokens[begin:end]]

    def choose(self, documents: Ints) -> Corpus:
        """The same words, these documents only."""
        sizes = np.diff(self.offsets)[documents]
        index = index_ranges(self.offsets[documents], sizes)
        offsets = np.concatenate([[0], np.cumsum(sizes)])
        langs = self.langs[documents]
        return Corpus(self.words, self.tokens[index], self.has_space[index], offsets, langs)

    def drop_words(self) -> Corpus:
        """The same documents with only the words that they have."""
        used = np.flatnonzero(np.bincount(self.tokens, minlength=len(self.words)))
        number = np.zeros(len(self.words), dtype=np.int32)
        number[used] = np.arange(len(used))
        words = [self.words[i] for i in used.tolist()]
        return Corpus(words, number[self.tokens], self.has_space, self.offsets, self.langs)


@dataclass(frozen=True)
class Pieces:
    """A corpus in pieces: ``token_of[i]`` is the token of piece i, -1 for a document's first."""

    pieces: npt.NDArray[np.uint16]
    token_of: npt.NDArray[np.int32]
    is_first: npt.NDArray[np.bool_]  # of its word
    offsets: Ints


def index_ranges(starts: Ints, sizes: Ints) -> Ints:
    """The numbers ``starts[i]`` to ``starts[i] + sizes[i] - 1``, one range after the other."""
    ends = np.cumsum(sizes)
    steps = np.arange(ends[-1] if len(ends) else 0, dtype=np.int64)
    return steps + np.repeat(np.asarray(starts) - (ends - sizes), sizes)


def make_corpus(documents: Iterable[tuple[int, Sequence[str], Sequence[bool]]]) -> Corpus:
    """A corpus of (number of the language, words, whether a space stands before each)."""
    numbers: dict[str, int] = {}
    tokens: list[int] = []
    spaces: list[bool] = []
    ends, langs = [0], []
    for lang, words, before in documents:
        tokens.extend([numbers.setdefault(word, len(numbers)) for word in words])
        spaces.extend(before)
        ends.append(len(tokens))
        langs.append(lang)
    return Corpus(
        list(numbers),
        np.array(tokens, dtype=np.int32),
        np.array(spaces, dtype=bool),
        np.array(ends, dtype=np.int64),
        np.array(langs, dtype=np.uint8),
    )


def join_corpora(parts: Sequence[Corpus]) -> Corpus:
    """One corpus of all documents in order."""
    numbers: dict[str, int] = {}
    tokens = []
    for part in parts:
        table = [numbers.setdefault(word, len(numbers)) for word in part.words]
        tokens.append(np.array(table, dtype=np.int32)[part.tokens])
    sizes = np.concatenate([np.diff(part.offsets) for part in parts])
    return Corpus(
        list(numbers),
        np.concatenate(tokens),
        np.concatenate([part.has_space for part in parts]),
        np.concatenate([[0], np.cumsum(sizes)]),
        np.concatenate([part.langs for part in parts]),
    )


def write_text(lang: int, words: Sequence[str], has_space: Sequence[bool]) -> str:
    """A document as one line: words apart by spaces, a mark before those that had none."""
    shown = ("\x02" if word.isspace() else word for word in words)
    marked = (w if b else GLUED + w for w, b in zip(shown, has_space, strict=True))
    return f"{lang}{' '.join(marked)}\n"


def read_text(text: str) -> Corpus:
    """The corpus of many such lines."""

    def read_line() -> Iterator[tuple[int, list[str], list[bool]]]:
        for line in text.split("\n"):
            if line:
                words = line[1:].split(" ")
                before = [not word.startswith(GLUED) for word in words]
                shown = [w.lstrip(GLUED) if w != "\x02" else "\n" for w in words]
                yield int(line[0]), shown, before

    return make_corpus(read_line())


def read_plain(text: str) -> Corpus:
    """The corpus of plain documents, a line each: its language's number, then its text.

    Line breaks in it are the control character 2. Words are split about as spaCy does.
    """

    def read_line() -> Iterator[tuple[int, list[str], list[bool]]]:
        for line in text.split("\n"):
            if line:
                words: list[str] = []
                before: list[bool] = []
                for chunk in line[1:].replace("\x02", " \x02 ").split(" "):
                    found = _WORD.findall(chunk)
                    words += found
                    before += [i == 0 for i in range(len(found))]
                yield int(line[0]), [w if w != "\x02" else "\n" for w in words], before

    return make_corpus(read_line())


def spaces_before(words: Sequence[str], spaces_after: Sequence[bool]) -> list[bool]:
    """Whether a space, a line break or the beginning of the document stands before each word."""
    return [i == 0 or spaces_after[i - 1] or words[i - 1].isspace() for i in range(len(words))]


def _show_word(word: str, has_space: bool) -> str:
    clean = "".join(word.split())
    return SPACE + clean if has_space else clean


def learn_pieces(words: Iterable[tuple[str, bool, int]], size: int) -> Tokenizer:
    """Byte pair encoding learned from words, whether a space stands before, and their number."""
    tokenizer = Tokenizer(models.BPE(unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    trainer = trainers.BpeTrainer(
        vocab_size=size, special_tokens=list(SPECIAL), limit_alphabet=220, show_progress=False
    )

    def repeat_word() -> Iterator[str]:
        for word, has_space, count in words:
            # The logarithm would lose what is common; a tenth of the numbers is as good as all.
            yield " ".join([_show_word(word, has_space)] * max(1, min(count // 10, 3000)))

    tokenizer.train_from_iterator(repeat_word(), trainer)
    return tokenizer


def encode_corpus(corpus: Corpus, tokenizer: Tokenizer) -> Pieces:
    """Every document as the piece of its language and the pieces of its words."""
    keys = corpus.tokens.astype(np.int64) * 2 + corpus.has_space
    used = np.flatnonzero(np.bincount(keys))
    number = np.zeros(2 * len(corpus.words), dtype=np.int64)
    number[used] = np.arange(len(used))
    key_of = number[keys]
    shown = [_show_word(corpus.words[key // 2], bool(key % 2)) for key in used.tolist()]
    encoded = [
        found.ids[:LONGEST_WORD] if text.strip(SPACE) else [NEWLINE]
        for text, found in zip(shown, tokenizer.encode_batch(shown), strict=True)
    ]
    encoded = [ids or [UNKNOWN] for ids in encoded]
    sizes = np.array([len(ids) for ids in encoded], dtype=np.int64)
    table = np.array([i for ids in encoded for i in ids], dtype=np.uint16)
    starts = np.cumsum(sizes) - sizes
    # A piece of its language before each document: as a token of its own, number -1.
    size_of = sizes[key_of]
    begins = corpus.offsets[:-1]
    size_of = np.insert(size_of, begins, 1)
    start_of = np.insert(starts[key_of], begins, 0)
    number_of = np.insert(np.arange(len(keys), dtype=np.int32), begins, -1)
    pieces = table[index_ranges(start_of, size_of)]
    firsts = np.cumsum(size_of) - size_of
    is_lang = number_of == -1
    pieces[firsts[is_lang]] = FIRST_LANGUAGE + corpus.langs
    is_first = np.zeros(len(pieces), dtype=bool)
    is_first[firsts] = True
    offsets = np.append(firsts[is_lang], len(pieces))
    return Pieces(pieces, np.repeat(number_of, size_of), is_first, offsets)


def allow_tag(tag: str, labels: str) -> tuple[int, int]:
    """The tags (as bits) that a gold tag may mean, and those that its corpus does not annotate.

    No bits at all: nothing is said of this word.
    """
    if tag == "-" or (labels == "norne" and tag.endswith("MISC")):
        return 0, 0
    if tag == "O":
        untold = [f"{p}-{label}" for label in _UNTOLD[labels] for p in "BILU"]
        return 1, sum(1 << _NUMBER[t] for t in untold)
    position, _, label = tag.partition("-")
    meanings = (label,) if labels == "norne" else _MEANING.get(label, (label,))
    return sum(1 << _NUMBER[f"{position}-{meaning}"] for meaning in meanings), 0


@dataclass(frozen=True)
class Gold:
    """An annotated corpus: tags as they stand, and per token the bits of ``allow_tag``."""

    corpus: Corpus
    tags: list[str]
    hard: Ints
    soft: Ints


def read_gold(path: Path) -> Gold:
    """Read a file of ``gather_corpora.py``."""
    with path.open(encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines]
    corpus = make_corpus(
        (LANGUAGES.index(r["lang"]), r["words"], spaces_before(r["words"], r["spaces"]))
        for r in rows
    )
    allowed = [allow_tag(tag, row["labels"]) for row in rows for tag in row["tags"]]
    bits = np.array(allowed, dtype=np.int64).reshape(-1, 2)
    return Gold(corpus, [tag for row in rows for tag in row["tags"]], bits[:, 0], bits[:, 1])


def _make_steps() -> Floats:
    """What may follow what (tags x tags; the last row: the beginning): 0, or far below it."""
    steps = np.full((len(TAGS) + 1, len(TAGS)), -1e4, dtype=np.float32)
    for i, before in enumerate((*TAGS, "O")):
        for j, after in enumerate(TAGS):
            if before[0] in "BI":
                fits = after[0] in "IL" and after[2:] == before[2:]
            else:
                fits = after[0] in "OBU"
            if fits:
                steps[i, j] = 0
    return steps


def decode_tags(probabilities: Floats, offsets: Ints) -> Ints:
    """The best sequence of tags of each document (Viterbi over tokens x tags)."""
    steps = _make_steps()
    sizes = np.diff(offsets)
    count, longest = len(sizes), int(sizes.max(initial=0))
    scores = np.zeros((count, longest, len(TAGS)), dtype=np.float32)
    where = np.repeat(np.arange(count), sizes), index_ranges(np.zeros_like(sizes), sizes)
    scores[where] = np.log(np.maximum(probabilities, 1e-7))
    ends_well = np.array([tag[0] in "OLU" for tag in TAGS])
    best = scores[:, 0] + steps[-1]
    back = np.zeros((count, longest, len(TAGS)), dtype=np.int64)
    final = best.copy()
    for i in range(1, longest):
        all_ways = best[:, :, None] + steps[None, :-1]
        back[:, i] = all_ways.argmax(1)
        best = all_ways.max(1) + scores[:, i]
        final[i < sizes] = best[i < sizes]
    tag = np.where(ends_well, final, -1e9).argmax(1)
    found = np.zeros((count, longest), dtype=np.int64)
    for i in range(longest - 1, -1, -1):
        inside = i < sizes
        found[inside, i] = tag[inside]
        tag = np.where(inside & (i > 0), back[np.arange(count), i, tag], tag)
    return found[where]


def find_spans(tags: Sequence[str], offsets: Ints) -> set[tuple[int, int, str]]:
    """The entities (first token, token after the last, label) of BILUO tags."""
    spans: set[tuple[int, int, str]] = set()
    begins = set(offsets[:-1].tolist())
    start = -1
    for i, tag in enumerate(tags):
        if tag[0] in "BU":
            start = i
        elif tag[0] not in "IL" or i in begins:
            start = -1
        if tag[0] in "LU" and start >= 0:
            spans.add((start, i + 1, tag[2:]))
            start = -1
    return spans


FOLDED = {"GPE_LOC": "LOC", "GPE_ORG": "LOC"}


def score_spans(
    gold: set[tuple[int, int, str]],
    found: set[tuple[int, int, str]],
    silent: set[int],
    three: bool,
) -> tuple[float, float, float]:
    """Precision, recall and F, without what was found on ``silent`` tokens.

    ``three``: of PER, ORG and LOC only.
    """
    if three:
        gold, found = (
            {(b, e, FOLDED.get(label, label)) for b, e, label in spans} for spans in (gold, found)
        )
        gold, found = ({s for s in x if s[2] in {"PER", "ORG", "LOC"}} for x in (gold, found))
    found = {s for s in found if not silent.intersection(range(s[0], s[1]))}
    hits = len(gold & found)
    precision, recall = hits / max(1, len(found)), hits / max(1, len(gold))
    return precision, recall, 2 * precision * recall / max(1e-9, precision + recall)
