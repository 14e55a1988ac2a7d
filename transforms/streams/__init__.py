"""What a stream adds to the stages: visits that go on for ever, and panes to commit."""
