"""Which articles are the same story, printed by many papers."""
