"""Teaches the recogniser of texts on seals: python -m recogniser.train --help."""
