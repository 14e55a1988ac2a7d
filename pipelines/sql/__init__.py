"""``newsbeam sql``: questions to a lake in SQL."""
