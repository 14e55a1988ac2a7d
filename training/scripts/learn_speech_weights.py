"""Learn ``speech_weights``, by which ``enrich/quotes/speech.py`` tells speech from narration.

The treebank's news label themselves: where a reporting clause closes a turn ("– Ja, sier Hansen."),
the turn's lines (one sentence each) are speech, and the plain lines behind the clause narration. A
logistic regression with a ridge penalty learns from them what words tell. Prints YAML for both
standards: ``python scripts/learn_speech_weights.py DATA_FOLDER``. What ``quotes/dev.jsonl`` beside
that folder holds is left out, so that scores on it stay honest.
"""

from __future__ import annotations

import json
import lzma
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from importlib.resources import files
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import yaml
from convert import Style, detokenize, read_chunk

from newsbeam.transforms.enrich.quotes import find_quotes
from newsbeam.transforms.enrich.quotes.sentences import Segmentation
from newsbeam.transforms.enrich.quotes.speech import NAME, NUMBER, classify_token
from newsbeam.transforms.records import Heading
from newsbeam.transforms.settings.lexicon import Lexicon
from newsbeam.transforms.text.characters import DASHES, OPENING_MARKS

# Function words and a few that comment or report, chosen by hand: words of content would tell
# what these papers wrote about.
VOCABULARY = {
    "nb": """jeg vi meg oss min mitt vår våre du noen dette jo man det være bare får må hadde mye
    gjøre er denne både ikke vil noe hvor har nå helt litt veldig kanskje så eller men kan skal blir
    nok selv når alle også ble med siden over etter der han hun hans hennes ham sier sa mener mente
    de sin da ved ifølge her tror synes håper selvfølgelig egentlig ja nei hvis folk bra viktig dere
    deres fikk kom gikk tok ville skulle slik sånn at om på var""",
    "nn": """eg vi me meg oss min mitt vår våre du her veldig folk heilt nok det må då dette når
    denne kan litt mykje alle andre er ville heile eller vil har så men ikkje no også om etter ved
    over seier sa meiner meinte han ho hans hennar hadde vart blei fekk kom gjekk tok skulle slik
    trur synest håpar kanskje ja nei viss dersom bra viktig jo berre noko nokon desse dei sin
    ifølgje medan sidan at der til få både de dykk på var""",
}
CLASSES = {NAME, NUMBER, ":", "!", "?"}
# Files of newspapers; the others hold blogs, reports and speeches, whose dashes open no speech.
NEWSPAPERS = ("ap", "bt", "db", "kk", "sp", "vg", "dot", "firda", "vtb")
NARRATION = 3  # lines behind the clause at most: further off, a quote without dash may follow
SUPPORT = 12  # sentences that a word must occur in
RIDGE = 3.0
FOLDS = 5
ROUNDS = 25  # of Newton's method, which needs fewer than ten here
SMALLEST = 0.35  # weights below it are left out

Matrix = npt.NDArray[np.float64]
Document = list[tuple[str, bool]]  # lines, and whether each is a heading


class Example(NamedTuple):
    """A sentence's kinds of tokens, and whether it is speech. A turn's first line has a dash."""

    kinds: frozenset[str]
    is_speech: bool
    has_dash: bool


def select_news(lines: Iterable[str]) -> Iterator[str]:
    """Drop the files of other genres, and the headers that cut a text into chunks."""
    current, wanted = "", False
    for line in lines:
        if line.startswith("# file"):
            name = line.partition("=")[2].strip().rpartition("_")[0]
            if name == current:
                continue
            current, wanted = name, name.startswith(NEWSPAPERS)
        if wanted:
            yield line


def read_document(path: Path) -> Iterator[Document]:
    """Yield the texts of the newspapers in a training file of NorNE."""
    style = Style("«", "»", "-")
    with lzma.open(path, "rt", encoding="utf-8") as lines:
        for chunk in read_chunk(select_news(lines)):
            yield [(detokenize(s, style)[0], s.is_headline) for s in chunk if s.tokens]


def reduce_line(line: str) -> str:
    """The letters and digits of a line, by which it is known whatever its spaces and marks."""
    return "".join(filter(str.isalnum, line))


def label_sentence(
    document: Document, lexicon: Lexicon, excluded: frozenset[str], vocabulary: frozenset[str]
) -> Iterator[Example]:
    """Yield the sentences of turns that a clause closes, and of the narration behind them."""
    text = "\n".join(line for line, _ in document)
    cut = Segmentation(text)

    def make_example(line: int, start: int, end: int, label: str) -> Iterator[Example]:
        if reduce_line(document[line][0]) not in excluded:
            tokens = Segmentation(text[start:end]).tokens
            kinds = {classify_token(token, opens=not index) for index, token in enumerate(tokens)}
            yield Example(frozenset(kinds & vocabulary), label != "narration", label == "first")

    headings = [
        Heading(text[line.start : line.end], line.start, line.end)
        for line, (_, is_heading) in zip(cut.lines, document, strict=True)
        if is_heading
    ]
    for quote in find_quotes(text, lexicon, (), headings):
        mention = quote.mention_start
        if quote.kind != "dash" or quote.is_heading or not quote.cue:
            continue
        if mention is None or mention < quote.end:
            continue
        first, last, clause = map(cut.line_at, (quote.start, quote.end, mention))
        for at in range(first, last + 1):
            span = max(cut.lines[at].start, quote.start), min(cut.lines[at].end, quote.end)
            yield from make_example(at, *span, "first" if at == first else "speech")
        for at in range(clause + 1, min(clause + 1 + NARRATION, len(document))):
            sentence, is_heading = document[at]
            if is_heading or sentence[0] in DASHES + OPENING_MARKS + "*":
                break
            yield from make_example(at, cut.lines[at].start, cut.lines[at].end, "narration")


def fit_weight(x: Matrix, y: Matrix) -> Matrix:
    """The weight of each column of ``x`` (examples in rows); the last is a constant.

    Newton's method on the log loss plus a ridge, both classes of ``y`` weighing the same.
    """
    balance = np.where(y == 1, 0.5 / y.mean(), 0.5 / (1 - y.mean()))
    ridge = np.array([RIDGE] * (x.shape[1] - 1) + [1e-3])
    w = np.zeros(len(ridge))
    for _ in range(ROUNDS):
        p = 1 / (1 + np.exp(-x @ w))
        hessian = (x * (balance * p * (1 - p))[:, None]).T @ x + np.diag(ridge)
        w -= np.linalg.solve(hessian, x.T @ (balance * (p - y)) + ridge * w)
    return w


def cross_validate(x: Matrix, y: Matrix) -> npt.NDArray[np.bool_]:
    """Whether each example is told right by the others; the folds are neighbouring documents."""
    right = []
    for fold in np.array_split(np.arange(len(y)), FOLDS):
        w = fit_weight(np.delete(x, fold, axis=0), np.delete(y, fold))
        right.append((x[fold] @ w > 0) == (y[fold] == 1))
    return np.concatenate(right)


def main(data: str) -> None:
    """Print the weights of both standards, learnt from the training files in ``data``."""
    excluded: frozenset[str] = frozenset()
    test = Path(data).parent / "quotes" / "dev.jsonl"
    if test.exists():
        rows = map(json.loads, test.read_text(encoding="utf-8").splitlines())
        excluded = frozenset(reduce_line(line) for r in rows for line in r["text"].splitlines())
    for language, words in VOCABULARY.items():
        source = files("newsbeam.configs.languages").joinpath(f"{language}.yaml")
        section = yaml.safe_load(source.read_text(encoding="utf-8"))["quotes"]
        # The labels must not follow from earlier weights.
        lexicon = Lexicon.model_validate_json(json.dumps(section | {"speech_weights": []}))
        vocabulary = frozenset(words.split()) | CLASSES
        examples = [
            example
            for document in read_document(Path(data) / f"{language}-train.ndt.conll.xz")
            for example in label_sentence(document, lexicon, excluded, vocabulary)
        ]
        count = Counter(kind for example in examples for kind in example.kinds)
        kinds = sorted(kind for kind in vocabulary if count[kind] >= SUPPORT)
        x = np.array([[*(kind in e.kinds for kind in kinds), True] for e in examples], float)
        y = np.array([e.is_speech for e in examples], float)
        plain = np.array([not e.has_dash for e in examples])
        share = cross_validate(x, y)[plain].mean()
        print(f"# {language}: {len(y)} sentences, {y.sum():.0f} of them speech; {share:.1%} of the")
        print(f"# {plain.sum()} without dash told right in {FOLDS}-fold cross-validation")
        print("speech_weights: [")
        for weight, kind in sorted(zip(fit_weight(x, y), kinds, strict=False), reverse=True):
            if abs(weight) >= SMALLEST:
                print(f"  [{json.dumps(kind, ensure_ascii=False)}, {weight:.1f}],")
        print("]")


if __name__ == "__main__":
    main(*sys.argv[1:])
