"""Tables, engine, clock and migrations of the database."""
