"""The jobs people start: the ingest graph, the command line, the report."""
