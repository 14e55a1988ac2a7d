"""The pipeline's component: names in texts, each with a score, by one look at every token.

It only reads: ``training/`` learns its weights. ``span._.score`` is the probability of a name's
least sure token, from 0 to 1.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
from spacy.language import Language
from spacy.pipeline import Pipe
from spacy.scorer import get_ner_prf
from spacy.tokens import Doc, Span
from spacy.util import minibatch
from spacy.vocab import Vocab

from nb_newsbeam.decode import choose_tags, read_entities
from nb_newsbeam.features import describe_words, look_beside
from nb_newsbeam.network import Network, Shape, WordCache, as_weights, round_columns
from nb_newsbeam.stops import split_stops
from nb_newsbeam.threads import one_thread

FACTORY = "newsbeam_ner"
WEIGHTS, CONFIG = "model", "cfg"  # the files of a component's folder
# Words kept: 25 MB of a process at a width of 128. A newspaper's day has 30,000 different ones.
_KEPT_WORDS = 16_384

if not Span.has_extension("score"):
    Span.set_extension("score", default=None)


class Recognizer(Pipe):  # type: ignore[misc]
    """Sets ``doc.ents`` and the score of each."""

    def __init__(self, vocab: Vocab, name: str = "ner", domain: str = "") -> None:
        self.vocab = vocab
        self.name = name
        self.domain = domain
        self.network: Network | None = None  # as it is stored
        self._chosen: Network | None = None  # as it annotates
        self._cache: WordCache | None = None

    @property
    def labels(self) -> tuple[str, ...]:
        """The labels that it gives."""
        return self.network.shape.labels if self.network is not None else ()

    @property
    def label_data(self) -> tuple[str, ...]:
        """What spaCy writes of them."""
        return self.labels

    def use(self, network: Network) -> Recognizer:
        """Take another network. Returns itself. Raises ``ValueError``: it lacks the domain."""
        self.network, self._chosen = network, network.choose(self.domain)
        self._cache = WordCache(network.weights["mix_bias"].shape[0], _KEPT_WORDS)
        return self

    def __call__(self, doc: Doc) -> Doc:
        """Find the names of one text."""
        self._annotate([doc])
        return doc

    def pipe(self, stream: Iterable[Doc], *, batch_size: int = 32) -> Iterator[Doc]:
        """Find the names of many, ``batch_size`` at once."""
        for docs in minibatch(stream, size=batch_size):
            self._annotate(docs)
            yield from docs

    def _annotate(self, docs: Sequence[Doc]) -> None:
        if self._chosen is None:
            raise ValueError(f"The component {self.name!r} has no weights: load it from a folder.")
        for doc in docs:
            split_stops(doc)
        texts = np.repeat(np.arange(len(docs)), [len(doc) for doc in docs])
        if not len(texts):
            for doc in docs:
                doc.ents = ()
            return
        with one_thread():
            scores = self._chosen.score_tags(*self._read(docs, texts), texts)
        tags = choose_tags(scores, texts)
        chances = np.exp(scores[np.arange(len(tags)), tags])
        found: list[list[Span]] = [[] for _ in docs]
        begins = np.searchsorted(texts, np.arange(len(docs))).tolist()
        owners = texts.tolist()
        for start, end, label, score in read_entities(tags, chances):
            owner = owners[start]
            begin = begins[owner]
            span = Span(docs[owner], start - begin, end - begin, label=self.labels[label])
            span._.score = round(score, 4)
            found[owner].append(span)
        for doc, spans in zip(docs, found, strict=True):
            doc.set_ents(spans)

    def _read(self, docs: Sequence[Doc], texts: Any) -> tuple[Any, Any, Any]:
        """Of each token: what its word gives the network, what its name has beside it, its stem."""
        assert self._chosen is not None and self._cache is not None
        orths = np.concatenate([doc.to_array("ORTH").reshape(-1) for doc in docs])
        different, which = np.unique(orths, return_inverse=True)
        words = different.tolist()
        if missing := self._cache.find_missing(words):
            strings = [self.vocab.strings[word] for word in missing]
            known = describe_words(strings, self.vocab, self._chosen.shape.tables)
            self._cache.add(missing, self._chosen.mix_words(known), known.bits, known.stems)
        mixed, bits, stems = self._cache.gather(words, which)
        return mixed, look_beside(bits, stems, texts), stems

    def score(self, examples: Iterable[Any], **_: Any) -> dict[str, Any]:
        """spaCy's figures for entities (``nlp.evaluate``)."""
        found: dict[str, Any] = get_ner_prf(examples)
        return found

    def to_disk(self, path: str | Path, *, exclude: Iterable[str] = ()) -> None:
        """Write the weights: tables as bytes, the rest as float16. Raises ``OSError``."""
        folder = Path(path)
        folder.mkdir(parents=True, exist_ok=True)
        (folder / CONFIG).write_text(self._write_config(), encoding="utf-8")
        (folder / WEIGHTS).write_bytes(self._write_weights())

    def from_disk(self, path: str | Path, *, exclude: Iterable[str] = ()) -> Recognizer:
        """Read them. Raises ``OSError``, ``ValueError``."""
        folder = Path(path)
        return self._load(
            (folder / CONFIG).read_text(encoding="utf-8"), (folder / WEIGHTS).read_bytes()
        )

    def to_bytes(self, *, exclude: Iterable[str] = ()) -> bytes:
        """Both files in one, as spaCy sends a pipeline to another process."""
        config = self._write_config().encode()
        return len(config).to_bytes(4, "big") + config + self._write_weights()

    def from_bytes(self, data: bytes, *, exclude: Iterable[str] = ()) -> Recognizer:
        """Read what ``to_bytes`` gave. Raises ``ValueError``."""
        end = 4 + int.from_bytes(data[:4], "big")
        return self._load(data[4:end].decode(), data[end:])

    def _write_config(self) -> str:
        return json.dumps(asdict(self.network.shape)) if self.network is not None else "{}"

    def _write_weights(self) -> bytes:
        stored: dict[str, Any] = {}
        for name, weight in (self.network.weights if self.network is not None else {}).items():
            if name.startswith("table"):
                stored[name], stored[f"{name}.steps"] = round_columns(weight)
            else:
                stored[name] = weight.astype("float16")
        out = BytesIO()
        np.savez(out, **stored)
        return out.getvalue()

    def _load(self, config: str, weights: bytes) -> Recognizer:
        fields = json.loads(config)
        if not fields:
            return self
        for name in ("labels", "dilations", "domains"):
            fields[name] = tuple(fields[name])
        fields["tables"] = tuple(tuple(table) for table in fields["tables"])
        with np.load(BytesIO(weights), allow_pickle=False) as arrays:
            return self.use(Network(Shape(**fields), as_weights(dict(arrays))))


@Language.factory(
    FACTORY,
    default_config={"domain": ""},
    assigns=["doc.ents"],
    default_score_weights={"ents_f": 1.0, "ents_per_type": None},
)
def make_recognizer(nlp: Language, name: str, domain: str) -> Recognizer:
    """What spaCy calls to make the component; ``domain`` is one of the network's, or ""."""
    return Recognizer(nlp.vocab, name, domain)
