"""From a page's HTML to an article: its metadata and its lines."""
