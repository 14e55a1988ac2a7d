"""Adding entities and quotes to articles."""
