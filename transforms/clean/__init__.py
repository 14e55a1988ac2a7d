"""Taking boilerplate out, and learning what is boilerplate from what recurs."""
