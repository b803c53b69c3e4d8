"""A real browser in front of a real service: one of each for all tests."""

from __future__ import annotations

import os
import shutil
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from browsing import Site, Watched, served
from page_cases import cases
from playwright.sync_api import Browser, sync_playwright
from web import sessions_of, web_settings

from sealq_configs.model_cache import ModelCache
from sealq_configs.settings import load_settings
from sealq_storage.objects import open_objects

#: Nothing that Chromium does by itself: no sandbox within a container, no calls home.
_ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
_FONTS = """<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "urn:fontconfig:fonts.dtd">
<fontconfig><include ignore_missing="yes">/etc/fonts/fonts.conf</include><dir>{folder}</dir>
<cachedir>{cache}</cachedir></fontconfig>"""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory, redis_server: str) -> Iterator[Site]:
    home = tmp_path_factory.mktemp("site")
    settings = web_settings(home, f"sqlite:///{home / 'sealq.db'}", redis_server)
    with sessions_of(settings) as sessions, served(settings, _free_port()) as base:
        objects = open_objects(settings.objects)
        yield Site(base, sessions, objects, cases(sessions, objects, name="三月发票"))


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """Start the system's Chromium, with a font that has Chinese characters.

    For a module alone: Playwright keeps an event loop, beside which no other test could run one.
    """
    path = shutil.which("chromium") or shutil.which("chromium-browser")
    if path is None:
        assert "NEED_CHROMIUM" not in os.environ, "There is no chromium, and it is needed."
        pytest.skip("There is no chromium on the PATH: `apt-get install chromium` brings it.")
    folder = tmp_path_factory.mktemp("fonts")
    font = ModelCache(load_settings().settings.models_dir).font()
    file = folder / "fonts.conf"
    file.write_text(_FONTS.format(folder=font.parent, cache=folder), encoding="utf-8")
    environment: dict[str, str | float | bool] = {**os.environ, "FONTCONFIG_FILE": str(file)}
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=path, args=_ARGUMENTS, env=environment)
        yield opened
        opened.close()


@pytest.fixture
def watched(site: Site, browser: Browser) -> Iterator[Watched]:
    """A window whose requests and complaints are kept; at the end there were no complaints."""
    window = Watched(site, browser)
    yield window
    window.close()


@pytest.fixture(scope="module")
def screens() -> Path:
    """Folder of the screenshots that a person can look at."""
    folder = Path(__file__).parents[2] / ".cache" / "screens"
    folder.mkdir(parents=True, exist_ok=True)
    return folder
