"""A Spark cluster of our own, for tests."""
