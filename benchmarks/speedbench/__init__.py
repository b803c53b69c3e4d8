"""How fast sealq is: what surrounds reading, and queries, over large databases."""
