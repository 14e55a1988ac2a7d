"""Fetching the pages of wanted entries, and keeping them in an archive."""
