"""``newsbeam source``: new news sources, and whether known ones still work."""
