"""The command line of ``newsbeam``, one module a command."""
