"""What the training of the locator raises on purpose."""

from __future__ import annotations


class LocatorError(Exception):
    """The locator could not be trained, exported or compared."""


class CacheError(LocatorError):
    """The cache of training views can't be used. Remove it, or give another folder."""


class ShippedError(LocatorError):
    """The shipped model can't be learned on from. Give the folder of one that this code wrote."""
