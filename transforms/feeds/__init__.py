"""Reading feeds: RSS, Atom, JSON Feed and news sitemaps; ``parsing`` is the way in."""
