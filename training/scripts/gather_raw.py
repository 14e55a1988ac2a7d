"""Gather the raw text of all languages, and choose and tokenize the part that the teacher labels.

Documents are paragraphs and their neighbours up to 250 words, as an article's text would be. Only
the chosen ones need the pipeline's own tokens, which cost more time than all the rest.
"""

from __future__ import annotations

import lzma
import re
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from multiprocessing import Pool
from pathlib import Path

import numpy as np
import numpy.typing as npt
import spacy
from spacy.attrs import ORTH, SPACY
from spacy.language import Language

LANGUAGES = ("nb", "nn", "da", "sv")
SOURCES = (
    ("da", "words/da-folketinget.txt.xz"),
    ("sv", "words/sv-riksdagen.txt.xz"),
    ("nb", "ner/norec.txt.xz"),
)
LONGEST = 250  # words a document
NYNORSK = frozenset({"ikkje", "eg", "ein", "frå", "berre", "dei", "korleis", "noko", "vere"})
BOKMAL = frozenset({"ikke", "jeg", "fra", "bare", "de", "hvordan", "noe", "være"})
SILVER = {"nb": 3_400_000, "nn": 700_000, "da": 1_000_000, "sv": 1_200_000}  # words
# A capital after a small letter is a name, not the beginning of a sentence.
_NAME = re.compile(r"[a-zæøåäöé,] [A-ZÆØÅÄÖÉ]")


@dataclass(frozen=True)
class Document:
    """A text, the number of its language, its words, and its names a word."""

    text: str
    lang: int
    words: int
    names: float


# Words, the tokens' words, whether a space follows each, and tokens a document.
Batch = tuple[list[str], npt.NDArray[np.int64], npt.NDArray[np.bool_], list[int]]


def read_text(lines: Iterable[str]) -> Iterator[str]:
    """Yield paragraphs joined by line breaks, up to about ``LONGEST`` words."""
    kept: list[str] = []
    words = 0
    for line in lines:
        text = " ".join(line.split())
        size = text.count(" ") + 1
        if kept and (words + size > LONGEST or (not text and words > LONGEST // 2)):
            yield "\n".join(kept)
            kept, words = [], 0
        if text:
            kept.append(text)
            words += size
    if kept:
        yield "\n".join(kept)


def guess_standard(words: list[str]) -> str:
    """Bokmål or nynorsk, by words that only one of them has."""
    nynorsk = sum(word in NYNORSK for word in words)
    return "nn" if nynorsk > sum(word in BOKMAL for word in words) else "nb"


def read_document(folder: Path) -> Iterator[Document]:
    """Yield every document of the raw text."""
    for lang, name in SOURCES:
        with lzma.open(folder / name, "rt", encoding="utf-8") as lines:
            for text in read_text(lines):
                words = text.split()
                found = guess_standard(words) if lang == "nb" else lang
                names = len(_NAME.findall(text)) / max(20, len(words))
                yield Document(text, LANGUAGES.index(found), len(words), names)


def choose_silver(documents: list[Document], wanted: int, seed: int) -> set[int]:
    """Which documents to label: half of the words from those richest in names, half at random."""
    sizes = np.array([document.words for document in documents])
    names = np.array([document.names for document in documents])
    chosen = np.zeros(len(documents), dtype=bool)
    for order, share in (
        (np.argsort(-names, kind="stable"), 0.5),
        (np.random.default_rng(seed).permutation(len(documents)), 1.0),
    ):
        rest = order[~chosen[order]]
        budget = wanted * share - sizes[chosen].sum()
        chosen[rest[np.cumsum(sizes[rest]) <= budget]] = True
    return set(np.flatnonzero(chosen).tolist())


def batch_text(texts: Iterator[str]) -> Iterator[tuple[str, ...]]:
    """Yield the texts by the thousand."""
    while batch := tuple(islice(texts, 1000)):
        yield batch


_NLP: list[Language] = []  # of a worker


def load_worker(base: str) -> None:
    _NLP.append(spacy.load(base))


def tokenize_batch(texts: tuple[str, ...]) -> Batch:
    """Tokens of some documents, as numbers of the batch's own words."""
    strings = _NLP[0].vocab.strings
    docs = _NLP[0].tokenizer.pipe(texts, batch_size=len(texts))
    arrays = [doc.to_array([ORTH, SPACY]) for doc in docs]
    keys = np.concatenate(arrays)
    orths, tokens = np.unique(keys[:, 0], return_inverse=True)
    shown = ["\n" if (word := strings[int(o)]).isspace() else word for o in orths]
    return shown, tokens, keys[:, 1] != 0, [len(a) for a in arrays]


def main(base: str, source: str, target: str, processes: str = "2") -> None:
    """Write the chosen documents' tokens (silver_*) and the others' text (raw_rest.txt).

    A line of raw_rest.txt is a document: the number of its language, then its text, its line breaks
    as the control character 2.
    """
    out = Path(target)
    by_lang: dict[int, list[Document]] = {i: [] for i in range(len(LANGUAGES))}
    for document in read_document(Path(source)):
        by_lang[document.lang].append(document)
    chosen: list[Document] = []
    with (out / "raw_rest.txt").open("w", encoding="utf-8") as rest:
        for lang, documents in by_lang.items():
            kept = choose_silver(documents, SILVER[LANGUAGES[lang]], seed=lang)
            chosen += [documents[i] for i in sorted(kept)]
            for i, document in enumerate(documents):
                if i not in kept:
                    rest.write(f"{lang}{document.text}".replace("\n", "\x02") + "\n")
            sums = [sum(d.words for d in ds) for ds in (documents, chosen)]
            print(LANGUAGES[lang], len(documents), "documents; words and words chosen so far", sums)
    sys.stdout.flush()
    write_silver(out, base, chosen, int(processes))


def write_silver(out: Path, base: str, documents: list[Document], processes: int) -> None:
    """Tokenize and write the arrays, each whole or not at all; the words last."""
    numbers: dict[str, int] = {"\n": 0}
    tokens, spaces, sizes = [], [], []
    with Pool(processes, load_worker, (base,)) as pool:
        for found in pool.imap(tokenize_batch, batch_text(d.text for d in documents)):
            table = [numbers.setdefault(word, len(numbers)) for word in found[0]]
            tokens.append(np.array(table, dtype=np.int32)[found[1]])
            spaces.append(found[2])
            sizes += found[3]
    arrays = {
        "tokens": np.concatenate(tokens),
        "spaces": np.concatenate(spaces).astype(np.uint8),
        "docs": np.concatenate([[0], np.cumsum(sizes)]),
        "lang": np.array([d.lang for d in documents], dtype=np.uint8),
    }
    for part, values in arrays.items():
        np.save(out / f"silver_{part}.part.npy", values)
        (out / f"silver_{part}.part.npy").rename(out / f"silver_{part}.npy")
    text = "\n".join(word.replace("\n", "\\n") for word in numbers) + "\n"
    (out / "silver_words.part").write_text(text, encoding="utf-8")
    (out / "silver_words.part").rename(out / "silver_words.txt")
    print(len(arrays["tokens"]), "tokens in", len(documents), "documents,", len(numbers), "words")


if __name__ == "__main__":
    main(*sys.argv[1:])
