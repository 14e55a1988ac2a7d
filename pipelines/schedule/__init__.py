"""``newsbeam schedule``: the loop, and the files of other schedulers."""
