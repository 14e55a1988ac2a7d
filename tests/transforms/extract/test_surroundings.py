"""What stands behind and before an element, lazily: as XPath's axes have it."""

from __future__ import annotations

from itertools import islice

from hypothesis import given
from hypothesis import strategies as st
from lxml import html

from newsbeam.transforms.extract.surroundings import iterate_before, iterate_behind

TREES = st.recursive(
    st.sampled_from(["<i></i>", "<b>x</b>", "<?note?>"]),
    lambda inner: st.lists(inner, max_size=4).map(lambda parts: f"<div>{''.join(parts)}</div>"),
    max_leaves=12,
)


@given(TREES, st.integers(0, 30))
def test_the_axes_are_those_of_xpath(body: str, number: int) -> None:
    elements = list(html.document_fromstring(f"<body><p>x</p>{body}</body>").iter("*"))
    element = elements[number % len(elements)]
    assert list(iterate_behind(element)) == element.xpath("following::*")
    assert list(iterate_behind(element, "i", "p")) == element.xpath("following::i|following::p")
    assert list(iterate_before(element)) == element.xpath("preceding::*")[::-1]
    assert list(islice(iterate_behind(element), 2)) == element.xpath("following::*")[:2]
