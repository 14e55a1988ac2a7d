"""Pure functions about text: characters, dates, encodings, languages, bylines."""
