"""``newsbeam preview``: one article, with all that a run would make of it."""
