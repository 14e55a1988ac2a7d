"""The street: poll, fetch or read, extract, clean, enrich, lake; one folder a stage."""
