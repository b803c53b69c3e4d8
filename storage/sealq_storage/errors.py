"""What the storage raises."""

from __future__ import annotations

from sealq_configs.errors import SealqError, StackUnreachableError, WrongUseError


class StorageError(SealqError):
    """The storage could not do what was asked."""


class ObjectNotFoundError(StorageError):
    """There is no object under this key."""


class ObjectStoreError(StackUnreachableError):
    """The object store can't be reached or refuses. Check its URL, credentials and bucket."""


class InvalidKeyError(StorageError):
    """An object key may not be empty, absolute, or climb out of the store."""


class NoDatabaseError(StackUnreachableError):
    """There is no database yet."""


class DatabaseUnreachableError(StackUnreachableError):
    """The database can't be reached. Check SEALQ_DATABASE_URL and that the server runs."""


class DatabaseVersionError(StackUnreachableError):
    """The database's tables are not those of this sealq. Run `sealq db upgrade`."""


class BrokerUnreachableError(StackUnreachableError):
    """Redis can't be reached. Check SEALQ_REDIS_URL and that the server runs."""


class JobNotFoundError(WrongUseError):
    """There is no such job. `sealq status` lists the jobs."""


class TokenConflictError(WrongUseError):
    """The client token belongs to a job that asks for something else."""
