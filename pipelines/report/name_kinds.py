"""Four kinds of names for readers, whatever the entity model's labels are."""

from __future__ import annotations

from newsbeam.transforms.records import PERSON_LABELS

# Norwegian models say GPE_ORG and GPE_LOC for countries and towns that act or lie somewhere, and
# tell the two apart two times out of three: for readers a country is a place.
NAME_KINDS = {
    "person": PERSON_LABELS,
    "organisation": frozenset({"ORG"}),
    "place": frozenset({"LOC", "GPE", "GPE_LOC", "GPE_ORG", "FAC", "placeName"}),
}
OTHER_KIND = "other"
# The report's lists of names, and the kind that each is of.
NAME_LISTS = {"people": "person", "organisations": "organisation", "places": "place"}
_KIND_OF = {label: kind for kind, labels in NAME_KINDS.items() for label in labels}


def tell_name_kind(label: str) -> str:
    """One of ``NAME_KINDS`` or ``OTHER_KIND``."""
    return _KIND_OF.get(label, OTHER_KIND)
