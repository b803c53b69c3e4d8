"""What the training of the recogniser raises on purpose."""

from __future__ import annotations


class RecogniserError(Exception):
    """The recogniser could not be trained or judged."""


class CacheError(RecogniserError):
    """The cache of strips can't be used. Remove it, or give another folder."""


class GraphError(RecogniserError):
    """The model can't learn: it holds an operator, or lacks a node, that this code knows."""
