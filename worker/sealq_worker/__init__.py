"""One process per device: fetch a page, render it, read its seals, save what was found."""
