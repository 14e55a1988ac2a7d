"""What a stream adds to the stages: visits without end, and a ledger of commits."""
