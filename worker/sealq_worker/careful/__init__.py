"""The careful reader: takes the picture of one seal apart and reads it piece by piece."""

from sealq_worker.careful.observation import Candidate, Geometry, Observation

__all__ = ["Candidate", "Geometry", "Observation"]
