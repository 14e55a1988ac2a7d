"""Reading files: text, HTML, JSON Lines, WARC."""
