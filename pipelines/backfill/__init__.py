"""``newsbeam backfill``: a source's past, as far as its site lists it."""
