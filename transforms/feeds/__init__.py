"""Reading feeds: RSS, Atom, JSON Feed and sitemaps; ``parse`` is the way in."""
