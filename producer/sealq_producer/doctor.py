"""What of the stack is reachable, what is not, and what to do about it."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from sqlalchemy import make_url

from sealq_configs.errors import SealqError
from sealq_configs.model_cache import FONT, ModelCache
from sealq_configs.parameters import PredictParameters
from sealq_configs.presets import load_preset
from sealq_configs.settings import Settings
from sealq_configs.terminal import count_of
from sealq_producer.local_stack import redis_server, require_engine, require_worker
from sealq_storage.objects import open_objects
from sealq_storage.sql.opening import open_database
from sealq_storage.transport import Transport, make_celery

#: Seconds a device may take to show itself.
PROBE_SECONDS = 180


@dataclass(frozen=True)
class Finding:
    """What one check found."""

    part: str
    ok: bool
    detail: str
    #: Whether `submit` and workers can't do without it; `run` brings its own Redis.
    needed: bool = True


def examine(settings: Settings, devices: Sequence[str]) -> Iterator[Finding]:
    """Check one part after the other.

    Args:
        settings: The settings in force.
        devices: Devices to look for on this host; none: those that are found.
    """
    yield _finding("database", lambda: _database(settings))
    yield _finding("redis", lambda: _redis(settings))
    yield _finding("objects", lambda: _objects(settings))
    yield _finding("models", lambda: _models(settings), needed=False)
    yield _finding("worker", _worker, needed=False)
    yield _finding("redis of run", lambda: str(redis_server()), needed=False)
    yield _finding("devices", lambda: _devices(devices), needed=False)


def _finding(part: str, check: Callable[[], str], *, needed: bool = True) -> Finding:
    try:
        return Finding(part, ok=True, detail=check(), needed=needed)
    except SealqError as exc:
        return Finding(part, ok=False, detail=str(exc), needed=needed)


def _database(settings: Settings) -> str:
    with open_database(settings.database) as database:
        return database.engine.url.render_as_string(hide_password=True)


def _redis(settings: Settings) -> str:
    transport = Transport(make_celery(settings))
    transport.ping()
    shown = make_url(settings.redis_url).render_as_string(hide_password=True)
    return f"{shown}, {count_of(transport.waiting(), 'message')} waiting"


def _objects(settings: Settings) -> str:
    objects = open_objects(settings.objects, s3_endpoint_url=settings.s3_endpoint_url)
    objects.check()
    return objects.url


def _models(settings: Settings) -> str:
    cache = ModelCache(settings.models_dir)
    spec = load_preset(settings.preset).spec(PredictParameters())
    require_engine(spec)
    missing = [model.model_name for model in cache.preset_models(spec) if not model.here]
    missing += [status.name for status in cache.status([FONT]) if not status.here]
    if missing:
        raise SealqError(
            f"preset {settings.preset}: not here: {', '.join(missing)}. Run `sealq models pull`, "
            "or let the first worker fetch them."
        )
    return f"preset {settings.preset}: all here, catalogued ones in {cache.folder}"


def _worker() -> str:
    require_worker()
    # OpenCV is the one that is installed and still may not load (a missing system library).
    command = [sys.executable, "-c", "import cv2, onnxruntime; print(onnxruntime.__version__)"]
    done = _run(command)
    if done.returncode != 0:
        reason = done.stderr.strip().splitlines()[-1]
        raise SealqError(f"installed, but not loadable: {reason}. Install sealq[worker] anew.")
    return f"installed, onnxruntime {done.stdout.strip()}"


def _devices(devices: Sequence[str]) -> str:
    named = [part for device in devices for part in ("--device", device)]
    require_worker()
    done = _run([sys.executable, "-m", "sealq_worker", "--probe", *named])
    if done.returncode != 0:
        raise SealqError(done.stderr.strip())
    return ", ".join(done.stdout.splitlines())


def _run(command: Sequence[str]) -> subprocess.CompletedProcess[str]:
    try:
        return subprocess.run(  # noqa: S603 (our own commands)
            command, capture_output=True, text=True, timeout=PROBE_SECONDS, check=False
        )
    except subprocess.TimeoutExpired as exc:
        raise SealqError(f"no answer within {PROBE_SECONDS} s") from exc
