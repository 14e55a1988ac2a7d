"""A source's past: where its old articles are listed, and what is still to be asked for."""
