"""Asking servers politely and safely; ``client`` is the way in."""
