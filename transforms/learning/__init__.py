"""Learning what is boilerplate from what recurs."""
