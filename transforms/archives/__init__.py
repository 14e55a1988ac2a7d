"""WARC archives: writing what was fetched, reading them again."""
