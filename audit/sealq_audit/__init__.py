"""Verdicts on documents, questions to what was read, exports and reports."""
