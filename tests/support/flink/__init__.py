"""A Flink cluster of our own, for tests and benchmarks, and streams that run on it."""
