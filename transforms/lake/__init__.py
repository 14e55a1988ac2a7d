"""The lake: its tables, what is known of them, and how rows get into them once."""
