"""A worker's host is cut off from the servers: others take over, and what it says late is void."""

from __future__ import annotations

import itertools
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from cuttable import Cuttable, address_of, cuttable
from fakes import settings_for
from fault_stack import FaultStack, fault_stack, patiently
from faulty_pages import harmless
from sqlalchemy import make_url

from sealq_worker.count import PARTS

#: Seconds that every page takes: a lease is longer, a chunk of pages is not.
SLOW = "0.2"
#: Seconds of a lease, and of silence until a process is replaced; a busy machine needs several.
SHORT = 15
#: Addresses of the two ends of a wire between hosts; the range is set aside for such tests.
HERE, THERE = "198.18.77.1", "198.18.77.2"

#: Names of network namespaces; the kernel takes 15 characters for the end of a wire.
_names = (f"sealq{os.getpid()}n{number}" for number in itertools.count())


@dataclass(frozen=True)
class Servers:
    """Where the three servers are, seen from the tests."""

    database: str
    redis: str
    s3: str

    @contextmanager
    def behind(self, host: str) -> Iterator[tuple[dict[str, str], Sequence[Cuttable]]]:
        """Give variables that name them at an address, and the networks in between."""
        socket = f"{make_url(self.database).query['host']}/.s.PGSQL.5432"
        with ExitStack() as stack:
            ways = [
                stack.enter_context(cuttable(server, host))
                for server in (socket, address_of(self.redis), address_of(self.s3))
            ]
            database, redis, s3 = (way.port for way in ways)
            url = make_url(self.database).set(host=host, port=database)
            url = url.update_query_dict({"host": host})
            yield (
                {
                    "SEALQ_DATABASE_URL": url.render_as_string(hide_password=False),
                    "SEALQ_REDIS_URL": f"redis://{host}:{redis}/0",
                    "SEALQ_S3_ENDPOINT_URL": f"http://{host}:{s3}",
                },
                ways,
            )


@dataclass(frozen=True)
class Host:
    """A host for workers, and its way to the servers."""

    cut: Callable[[], object]
    heal: Callable[[], object]
    variables: Mapping[str, str]
    #: What a command is begun with to run there.
    prefix: Sequence[str] = field(default=())


@contextmanager
def behind_a_proxy(servers: Servers) -> Iterator[Host]:
    """Connections stay and are silent; what was sent arrives late."""
    with servers.behind("127.0.0.1") as (variables, ways):

        def cut() -> None:
            for way in ways:
                way.cut()

        def heal() -> None:
            for way in ways:
                way.heal()

        yield Host(cut, heal, variables)


@contextmanager
def in_a_namespace(servers: Servers) -> Iterator[Host]:
    """A network of its own on this machine; its wire can be pulled."""
    if sys.platform != "linux" or os.geteuid() != 0 or shutil.which("ip") is None:
        pytest.skip("only root on Linux, with iproute2, makes network namespaces")
    name = next(_names)
    if subprocess.run(["ip", "netns", "add", name], capture_output=True, check=False).returncode:
        pytest.skip("this machine lets nobody make network namespaces")
    try:
        inside = ["ip", "-n", name]
        wire = ["type", "veth", "peer", "name", "wire", "netns", name]
        for command in (
            ["ip", "link", "add", name, *wire],
            ["ip", "address", "add", f"{HERE}/30", "dev", name],
            ["ip", "link", "set", name, "up"],
            [*inside, "address", "add", f"{THERE}/30", "dev", "wire"],
            [*inside, "link", "set", "wire", "up"],
            [*inside, "link", "set", "lo", "up"],
        ):
            subprocess.run(command, check=True)

        def turn(state: str) -> Callable[[], object]:
            return lambda: subprocess.run(["ip", "link", "set", name, state], check=True)

        with servers.behind(HERE) as (variables, _):
            yield Host(turn("down"), turn("up"), variables, ["ip", "netns", "exec", name])
    finally:
        subprocess.run(["ip", "netns", "delete", name], check=True)


@pytest.fixture(params=[behind_a_proxy, in_a_namespace])
def host(
    request: pytest.FixtureRequest, postgres_url: str, redis_url: str, s3_server: str
) -> Iterator[Host]:
    with request.param(Servers(postgres_url, redis_url, s3_server)) as made:
        yield made


@pytest.fixture
def stack(
    tmp_path: Path, postgres_url: str, redis_url: str, s3_server: str, s3_bucket: str
) -> Iterator[FaultStack]:
    settings = settings_for(
        tmp_path / "home",
        postgres_url,
        redis_url,
        objects_url=f"s3://{s3_bucket}",
        s3_endpoint_url=s3_server,
        lease_seconds=SHORT,
        heartbeat_seconds=SHORT,
        resume_seconds=1,
        chunk_pages=8 * PARTS,
    )
    with fault_stack(settings) as made:
        yield made


def test_others_take_over_what_a_host_held_that_is_cut_off(stack: FaultStack, host: Host) -> None:
    stack.add("a.tif", harmless(24))
    stack.submit("a.tif")
    with stack.working(prefix=host.prefix, FAULTY_SLOW=SLOW, **host.variables):
        patiently(lambda: stack.states()["done"] >= 2)
        host.cut()
        with stack.working():
            stack.until_all_is_final()
        read = stack.rows(), stack.stored(), stack.attempts()
        host.heal()
        # Its supervisor says what it held, and its successor works again.
        stack.add("b.tif", harmless(1, first=200))
        stack.submit("b.tif")
        patiently(lambda: len(stack.attempts()) == 25 and not stack.states()["claimed"])
        stack.until_all_is_final()
    assert stack.attempts()[:24] == read[2]
    # The pages of the message in hand when it was cut were begun by both.
    assert set(read[2]) == {1, 2}
    assert read[2].count(2) <= stack.settings.chunk_pages // PARTS
    for table, rows in read[0].items():
        assert all(row in stack.rows()[table] for row in rows)
    assert read[1].items() <= stack.stored().items()
