"""The description of the interface (OpenAPI) and the service agree, whatever is sent.

SEALQ_SCHEMA_EXAMPLES=2000 pytest tests/integration/test_web_api_schema.py sends more.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import requests
import schemathesis
from fakes import tiff
from hypothesis import HealthCheck, settings
from rows import new_job, new_pages
from schemathesis.specs.openapi.checks import allow_header_conformance, positive_data_acceptance
from web import listening, new_key, sessions_of, web_settings

from sealq_configs.settings import Settings
from sealq_storage.api_keys import Scope
from sealq_web.app import create_app

#: Requests to each route.
EXAMPLES = int(os.environ.get("SEALQ_SCHEMA_EXAMPLES", "6"))


@dataclass(frozen=True)
class Service:
    """A service, and the headers that it wants."""

    url: str
    headers: dict[str, str]


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory, redis_server: str) -> Iterator[Service]:
    """A service with a job, without workers; nobody waits long there."""
    home: Path = tmp_path_factory.mktemp("schema")
    config = web_settings(home, f"sqlite:///{home / 'sealq.db'}", redis_server, web_wait_seconds=1)
    with sessions_of(config) as sessions:
        new_pages(sessions, new_job(sessions))
    token = new_key(config, Scope.ADMIN)
    with listening(config) as url:
        service = Service(url, {"Authorization": f"Bearer {token}"})
        files = [("files", ("a.tif", tiff(1)))]
        upload = f"{url}/api/v1/jobs/upload"
        requests.post(upload, files=files, headers=service.headers, timeout=60).raise_for_status()
        yield service


#: What looks right may still name nothing: a cursor, a folder, bytes that are no picture. And where
#: two routes share a path, Starlette's answer to a third method names but one.
EXCLUDED = [positive_data_acceptance, allow_header_conformance]

#: Prometheus's text has a test of its own, and pages are for people.
DESCRIBED = schemathesis.openapi.from_dict(create_app(Settings()).openapi()).exclude(
    path="/metrics"
)


@DESCRIBED.parametrize()
@settings(
    max_examples=EXAMPLES,
    deadline=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
)
def test_no_request_gets_an_answer_that_is_not_described(
    case: schemathesis.Case[Any], service: Service
) -> None:
    case.call_and_validate(base_url=service.url, headers=service.headers, excluded_checks=EXCLUDED)


def test_every_route_of_the_interface_is_described_with_its_key(
    service: Service,
) -> None:
    paths = requests.get(f"{service.url}/openapi.json", timeout=60).json()["paths"]
    assert len(paths) >= 18
    for path, operations in paths.items():
        for operation in operations.values():
            is_public = path in {"/health", "/healthz", "/readyz"}
            assert ("security" in operation) != is_public, path
            assert operation["operationId"]
            assert operation.get("summary"), path
