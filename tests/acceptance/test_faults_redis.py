"""Redis flushed, stopped, restarted empty, cut off; messages that come twice or late."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from breakable_redis import BreakableRedis, breakable_redis
from fakes import count_documents_waiting, open_runtime, settings_for, take_messages
from fault_stack import TESTS, FaultStack, fault_stack, null_spec, patiently
from faulty_pages import harmless
from installed import command

from sealq_producer.sources import Source
from sealq_producer.stack import open_stack
from sealq_producer.submit import submit
from sealq_storage.errors import BrokerUnreachableError
from sealq_storage.jobs import NewJob, cancel_job
from sealq_storage.transport import Transport, make_celery

#: Documents of a submit that is broken off, and where: a producer takes up to 32 of them ahead.
DOCUMENTS, BROKEN_AT = 50, 40
#: The same token, the same job.
AGAIN = "t"

#: Submits the documents of a folder with a token, and dies at one of them.
DYING_PRODUCER = """
import os, signal, sys
from pathlib import Path
from fault_stack import null_spec
from sealq_configs.settings import load_settings
from sealq_producer.sources import Source
from sealq_producer.stack import open_stack
from sealq_producer.submit import submit
from sealq_storage.jobs import NewJob

def sources():
    for number, path in enumerate(sorted(Path(sys.argv[1]).iterdir())):
        if number == int(sys.argv[2]):
            os.kill(os.getpid(), signal.SIGKILL)
        yield Source(str(path), path, path.stat().st_size)

with open_stack(load_settings().settings) as stack:
    submit(stack, NewJob(name="test", spec=null_spec(), client_token="t"), sources(), print)
"""


@pytest.fixture
def redis(tmp_path: Path, free_port: int) -> Iterator[BreakableRedis]:
    with breakable_redis(tmp_path, free_port) as server:
        yield server


@pytest.fixture
def stack(tmp_path: Path, sqlite_url: str, redis: BreakableRedis) -> Iterator[FaultStack]:
    settings = settings_for(
        tmp_path / "home",
        sqlite_url,
        redis.url,
        resume_seconds=1,
        chunk_pages=2,
        chunk_documents=1,
    )
    with fault_stack(settings) as made:
        yield made


def test_reading_survives_all_that_happens_to_redis(
    stack: FaultStack, redis: BreakableRedis
) -> None:
    """Flushed; its connections cut; killed, away for a while, and back without its memory."""
    stack.add("a.tif", harmless(40))
    stack.submit("a.tif")
    with stack.working(FAULTY_SLOW="0.1"):
        patiently(lambda: stack.states()["done"] >= 4)
        redis.flush()
        patiently(lambda: stack.states()["done"] >= 8)
        assert redis.cut() > 0
        patiently(lambda: stack.states()["done"] >= 12)
        redis.stop()
        # Celery says so where it takes messages, sealq where it sends some: whoever meets it first.
        missed = ("Redis can't be reached", "reconnect", "Cannot connect to redis")
        patiently(lambda: any(stack.has_said(words) for words in missed))
        redis.start()
        stack.until_all_is_final()
    assert stack.attempts() == [1] * 40
    stack.check_nothing_is_lost_or_doubled()


def test_a_submit_that_loses_redis_lists_all_documents_and_workers_publish_them(
    stack: FaultStack, redis: BreakableRedis
) -> None:
    """The same token gives the same job, in which nothing is added."""
    paths = [stack.add(f"{number}.tif", harmless(1, number)) for number in range(DOCUMENTS)]

    def sources(stop_at: int | None) -> Iterator[Source]:
        for number, path in enumerate(paths):
            if number == stop_at:
                redis.stop()
            yield Source(str(path), path, path.stat().st_size)

    new = NewJob(name="test", spec=null_spec(), client_token=AGAIN)
    with open_stack(stack.settings) as opened:
        submitted = submit(opened, new, sources(stop_at=BROKEN_AT), lambda _: None)
        assert submitted.documents == stack.states()["listed"] == DOCUMENTS
        assert isinstance(submitted.unpublished, BrokerUnreachableError)
        redis.start()
    with stack.working():
        stack.until_all_is_final()
    assert stack.attempts() == [1] * DOCUMENTS
    stack.check_nothing_is_lost_or_doubled()


def test_the_command_that_loses_redis_ends_well_and_says_what_comes_next(
    stack: FaultStack, redis: BreakableRedis
) -> None:
    names = [str(stack.add(f"{number}.tif", harmless(1, number))) for number in range(DOCUMENTS)]
    with subprocess.Popen(
        command("submit", "--preset", TESTS / "null.yaml", "-"),
        env=stack.environment(),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdin
        process.stdin.write("".join(f"{name}\n" for name in names[:BROKEN_AT]))
        process.stdin.flush()
        patiently(lambda: stack.states()["listed"])
        redis.stop()
        said, talk = process.communicate("".join(f"{name}\n" for name in names[BROKEN_AT:]))
    assert process.returncode == 0, talk
    job_id = said.strip()
    assert "Redis can't be reached" in talk
    assert f"`sealq resume {job_id}`" in talk
    assert stack.states()["listed"] == DOCUMENTS


def test_a_submit_that_is_killed_is_completed_by_the_same_token(stack: FaultStack) -> None:
    for number in range(DOCUMENTS):
        stack.add(f"{number:02}.tif", harmless(1, number))
    done = subprocess.run(
        [sys.executable, "-c", DYING_PRODUCER, str(stack.folder), str(BROKEN_AT)],
        env=stack.environment(),
        check=False,
    )
    assert done.returncode == -9
    assert 0 < stack.states()["listed"] < DOCUMENTS
    names = [f"{number:02}.tif" for number in range(DOCUMENTS)]
    assert stack.submit(*names, client_token=AGAIN) == stack.submit(*names, client_token=AGAIN)
    with stack.working():
        stack.until_all_is_final()
    assert stack.attempts() == [1] * DOCUMENTS
    stack.check_nothing_is_lost_or_doubled()


def test_messages_twice_and_late_change_nothing(stack: FaultStack) -> None:
    """Late: when all is read, and when the job was cancelled."""
    stack.add("a.tif", harmless(3))
    stack.add("cancelled.tif", harmless(3, first=150))
    stack.add("last.tif", harmless(1, first=200))
    stack.submit("a.tif", priority=9)
    cancelled = stack.submit("cancelled.tif", priority=9)
    with open_runtime(stack.settings) as runtime:
        messages = count_documents_waiting(runtime)
    with stack.sessions.begin() as session:
        cancel_job(session, cancelled)
    transport = Transport(make_celery(stack.settings))
    for message in messages * 3:
        transport.send_read(message.ids, priority=message.priority, device_kind=None)
    stack.submit("last.tif", priority=0)
    with stack.working():
        stack.until_all_is_final()
    assert take_messages(stack.settings) == []
    states = {page: (state, attempts) for page, (state, _, attempts) in stack.pages().items()}
    assert states == {
        **{("a.tif", number): ("done", 1) for number in (1, 2, 3)},
        **{("cancelled.tif", number): ("cancelled", 0) for number in (1, 2, 3)},
        ("last.tif", 1): ("done", 1),
    }


def test_a_message_that_redis_delivers_again_after_its_visibility_timeout_is_read_once(
    stack: FaultStack, redis: BreakableRedis
) -> None:
    """The hour of waiting is taken off in Redis' own book of when it delivered what."""
    stack.add("a.tif", harmless(2))
    stack.submit("a.tif")
    with stack.working(FAULTY_SLOW="15"):
        patiently(lambda: stack.states()["claimed"] == 2)
        (tag,) = redis.unacknowledged()
        redis.age(tag, stack.settings.visibility_timeout)
        # Celery looks for such messages when a worker connects, and seldom later.
        with stack.working():
            patiently(lambda: tag not in redis.unacknowledged())
            assert stack.states()["done"] < 2  # delivered again, not acknowledged
            stack.until_all_is_final()
    assert take_messages(stack.settings) == []
    assert stack.attempts() == [1, 1]
    stack.check_nothing_is_lost_or_doubled()
