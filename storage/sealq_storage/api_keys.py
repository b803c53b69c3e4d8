"""API keys: made, found by the key itself, revoked. Only the sha256 of a key is stored.

A key is 256 random bits: nobody guesses or tries them, as they do with passwords that people think
up. So a quick hash is enough, and every request can afford it; a slow one would only slow us down.
"""

from __future__ import annotations

import hashlib
import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import or_, select, update
from sqlalchemy.orm import Session

from sealq_configs.errors import WrongUseError
from sealq_storage.sql.access_tables import ApiKey
from sealq_storage.sql.clock import database_now
from sealq_storage.sql.engine import dialect_of

#: What a key begins with, so that it is known for one where it should not be: in logs, in git.
TOKEN_PREFIX = "sealq_"  # noqa: S105 (no secret)
_TOKEN_BYTES = 32

#: Names are for people; they stand in logs and beside what somebody decided.
_NAME = re.compile(r"[^\W_][\w .@+-]{0,99}")

#: Seconds between two notes that a key was used: not every request shall write.
_NOTE_SECONDS = 60


class Scope(StrEnum):
    """What a key allows; each allows what the one before it does."""

    READ = "read"  # look at jobs, results, pictures, metrics
    SUBMIT = "submit"  # make jobs, cancel and retry them
    ADMIN = "admin"  # requeue dead letters of any job

    def allows(self, wanted: Scope) -> bool:
        """Whether a key of this scope may do what that scope is needed for."""
        order = list(Scope)
        return order.index(self) >= order.index(wanted)


class ApiKeyNameError(WrongUseError):
    """A name of an API key can't be used."""


class ApiKeyNotFoundError(WrongUseError):
    """There is no such API key. `sealq keys list` lists them."""


@dataclass(frozen=True)
class NewApiKey:
    """A key that was just made."""

    name: str
    #: The key itself: shown now and never again.
    token: str


def create_api_key(session: Session, name: str, scope: Scope, rate: int | None = None) -> NewApiKey:
    """Make a key.

    Args:
        session: Where it is stored.
        name: For people.
        scope: What it allows.
        rate: Requests a minute; None: no limit.

    Raises:
        ApiKeyNameError: The name is taken, also by a revoked key, or has odd characters.
    """
    if not _NAME.fullmatch(name):
        raise ApiKeyNameError(
            f"{name!r} can't name a key: take 1 to 100 letters, digits, spaces and .@+-_, the "
            "first a letter or digit."
        )
    token = TOKEN_PREFIX + secrets.token_urlsafe(_TOKEN_BYTES)
    values = {"name": name, "token_sha256": _hash(token), "scope": scope, "rate": rate}
    made = session.scalar(
        dialect_of(session)
        .insert(ApiKey)
        .values(**values)
        .on_conflict_do_nothing(index_elements=["name"])
        .returning(ApiKey.id)
    )
    if made is None:
        raise ApiKeyNameError(
            f"There is a key {name!r} already, or was: names are kept, since they stand beside "
            "what was done. Take another."
        )
    return NewApiKey(name, token)


def list_api_keys(session: Session) -> Sequence[ApiKey]:
    """Return all keys, the revoked ones too, in the order in which they were made."""
    return session.scalars(select(ApiKey).order_by(ApiKey.id)).all()


def revoke_api_key(session: Session, name: str) -> None:
    """End a key for good; ending it again changes nothing.

    Raises:
        ApiKeyNotFoundError: There is none of this name.
    """
    if session.scalar(select(ApiKey.id).where(ApiKey.name == name)) is None:
        raise ApiKeyNotFoundError(
            f"{name}: there is no such key. `sealq keys list` lists the keys."
        )
    session.execute(
        update(ApiKey)
        .where(ApiKey.name == name, ApiKey.revoked_at.is_(None))
        .values(revoked_at=database_now())
    )


def find_api_key(session: Session, token: str) -> ApiKey | None:
    """Return the key whose text this is; None where there is none, or it was revoked."""
    # The database compares hashes: how long that takes tells nothing of a key.
    query = select(ApiKey).where(ApiKey.token_sha256 == _hash(token))
    return session.scalar(query.where(ApiKey.revoked_at.is_(None)))


def load_api_key(session: Session, key_id: int) -> ApiKey | None:
    """Return a key by its row; None where there is none, or it was revoked."""
    return session.scalar(select(ApiKey).where(ApiKey.id == key_id, ApiKey.revoked_at.is_(None)))


def any_api_key(session: Session) -> bool:
    """Whether there is a key that was not revoked."""
    key = select(ApiKey.id).where(ApiKey.revoked_at.is_(None)).limit(1)
    return session.scalar(key) is not None


def ever_had_keys(session: Session) -> bool:
    """Whether a key was ever made: who revokes the last one does not open the doors by it."""
    return session.scalar(select(ApiKey.id).limit(1)) is not None


def note_use(session: Session, key_id: int) -> None:
    """Note that a key is in use, at most once a minute."""
    session.execute(
        update(ApiKey)
        .where(
            ApiKey.id == key_id,
            or_(
                ApiKey.last_used_at.is_(None),
                ApiKey.last_used_at < database_now(-_NOTE_SECONDS),
            ),
        )
        .values(last_used_at=database_now())
    )


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
