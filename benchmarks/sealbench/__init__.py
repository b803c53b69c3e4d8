"""Pages with seals whose truth is known, and the figures that say how well seals are found."""
