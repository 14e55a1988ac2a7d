"""``newsbeam status``: reads the lake, judges, reports."""
