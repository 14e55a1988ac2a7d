"""Asking servers politely and safely; ``http_client`` is the way in."""
