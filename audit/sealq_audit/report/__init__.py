"""The morning report of a job: one HTML file that needs nothing else, and the same as text."""
