"""The commands that this part brings to the command line."""
