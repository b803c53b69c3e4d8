"""What a message may hold: ids and nothing else, whoever can write into Redis."""

from __future__ import annotations

from sealq_worker.errors import WorkerError

#: Ids in one message: what `chunk_pages` and `chunk_documents` allow at most.
MOST_IDS = 1000

#: The largest id that a database gives: 64 bits with a sign.
_LARGEST_ID = (1 << 63) - 1


class MessageError(WorkerError):
    """A message holds something else than ids. It is dropped; `sealq resume` sends lost ones."""


def ids_of(message: object) -> list[int]:
    """Return the ids that a message holds.

    Raises:
        MessageError: It holds anything else.
    """
    if not isinstance(message, list) or not 0 < len(message) <= MOST_IDS:
        raise MessageError
    if not all(type(id_) is int and 0 < id_ <= _LARGEST_ID for id_ in message):
        raise MessageError
    return message
