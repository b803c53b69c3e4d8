"""The interface for programs: jobs, what was read, exports, verdicts, dead letters."""

#: Before every path of the interface.
PREFIX = "/api/v1"
