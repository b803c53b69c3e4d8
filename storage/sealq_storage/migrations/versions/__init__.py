"""One file per version, named by its number: `0002_what_it_does.py` follows `0001_first.py`."""
