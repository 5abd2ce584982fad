"""Articles with history, pictures and visit totals from one deployment into another."""
