"""From a page's HTML to its metadata and its lines."""
