"""Configuration as objects: a source, a language, and what they are made of."""
