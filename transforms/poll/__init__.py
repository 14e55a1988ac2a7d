"""What polls of feeds mean, and which of their entries are wanted."""
