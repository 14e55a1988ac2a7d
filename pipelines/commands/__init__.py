"""The commands of ``newsbeam``: each module adds its parser and does its work."""
