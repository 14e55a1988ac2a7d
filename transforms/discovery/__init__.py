"""What a site tells of itself: its feeds, its name, what its pages repeat."""
