"""The command line and what it calls: find documents, submit jobs, show what was read."""
