"""Running a graph: options, the local runner and its workers, Flink, progress, log."""
