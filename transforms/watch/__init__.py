"""Judging how feeds and sources are doing."""
