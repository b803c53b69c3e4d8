"""Messages are ids in JSON. Anything else is refused before it can do anything."""

from __future__ import annotations

from pathlib import Path

import pytest
from kombu.entity import Queue
from kombu.exceptions import ContentDisallowed
from kombu.messaging import Producer

from sealq_configs.settings import Settings
from sealq_storage.transport import COUNT_QUEUE, make_celery
from sealq_worker.messages import MOST_IDS, MessageError, ids_of


class Hostile:
    """Makes a file when it is unpickled."""

    def __init__(self, file: Path) -> None:
        self._file = file

    def __reduce__(self) -> tuple[object, tuple[Path]]:
        return Path.touch, (self._file,)


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    return sqlite_url


@pytest.mark.parametrize("serializer", ["pickle", "yaml"])
def test_a_message_that_is_no_json_is_refused_and_not_loaded(
    settings: Settings, tmp_path: Path, serializer: str
) -> None:
    app = make_celery(settings)
    body = Hostile(tmp_path / "done") if serializer == "pickle" else [[1]]
    with app.connection_for_write() as connection:
        queue = Queue(COUNT_QUEUE, channel=connection.default_channel)
        producer = Producer(connection)
        producer.publish(body, serializer=serializer, routing_key=COUNT_QUEUE, declare=[queue])
        message = queue.get(no_ack=True, accept=app.conf.accept_content)
        assert message is not None
        with pytest.raises(ContentDisallowed):
            message.decode()
    assert not (tmp_path / "done").exists()


@pytest.mark.parametrize("message", [[1], [7, 2**63 - 1], list(range(1, MOST_IDS + 1))])
def test_ids_are_taken(message: list[int]) -> None:
    assert ids_of(message) == message


@pytest.mark.parametrize(
    "message",
    [
        None,
        1,
        "12",
        {"id": 1},
        [],
        ["1"],
        [1.0],
        [True],
        [[1]],
        [0],
        [-1],
        [2**63],  # no database has such an id
        [1] * (MOST_IDS + 1),
        ["1); DROP TABLE jobs; --"],
        ["s3://endpoint.example.com/bucket"],
    ],
)
def test_anything_else_is_refused(message: object) -> None:
    with pytest.raises(MessageError, match="something else than ids"):
        ids_of(message)
