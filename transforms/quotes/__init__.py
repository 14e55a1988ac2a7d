"""Direct quotes and who said them: ``find_quotes``. How it works: docs/quotes.md."""

from transforms.quotes.reading import find_quotes

__all__ = ["find_quotes"]
