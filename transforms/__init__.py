"""What happens to a document on its way: one module a stage, pure functions first."""
