"""What the clusters of our own share: their processes, their downloads, machines of their own."""
