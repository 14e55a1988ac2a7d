"""Tells people of feeds that fail and of names and stories that they watch, each once."""
