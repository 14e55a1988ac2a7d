"""What newsbeam knows of each language, and what it does not."""
