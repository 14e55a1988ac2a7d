"""``newsbeam people``: who is in a lake."""
