"""What ``import newsbeam`` offers: the functions of the command line, for Python."""
