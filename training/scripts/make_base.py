"""Make the blank pipeline whose tokenizer everything else uses."""

from __future__ import annotations

import sys

import spacy

# Party names that end a sentence far more often than they abbreviate anything: as exceptions
# they would swallow the full stop ("sa Sp." -> one token, which no gold entity ends at).
NOT_ABBREVIATION = frozenset({"Frp.", "frp.", "Sp.", "sp."})


def main(base: str) -> None:
    """Write a blank bokmål pipeline without those exceptions to the folder ``base``."""
    nlp = spacy.blank("nb")
    rules = nlp.tokenizer.rules
    nlp.tokenizer.rules = {
        text: rule for text, rule in rules.items() if text not in NOT_ABBREVIATION
    }
    nlp.to_disk(base)


if __name__ == "__main__":
    main(*sys.argv[1:])
