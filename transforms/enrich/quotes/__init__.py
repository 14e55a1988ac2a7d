"""Direct quotes, reported statements and who said them: ``find_speech``.

How it works: docs/quotes.md.
"""

from newsbeam.transforms.enrich.quotes.persons import find_persons
from newsbeam.transforms.enrich.quotes.reading import Speech, find_quotes, find_speech

__all__ = ["Speech", "find_persons", "find_quotes", "find_speech"]
