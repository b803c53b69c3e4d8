"""What can be said of the deployment files without a Docker engine."""

from __future__ import annotations

import re
import subprocess
import tomllib
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import yaml

from sealq_configs.settings import RESERVED_VARIABLES, Settings, load_settings
from sealq_storage.sql.engine import open_engine

ROOT = Path(__file__).parents[2]
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
ENV_EXAMPLE = (ROOT / "deploy/env.example").read_text(encoding="utf-8")
#: Services that do one thing and end.
ONE_SHOTS = {"init", "producer"}
#: `${NAME}`, `${NAME:-default}`, `${NAME:?message}`; the second group is the modifier.
VARIABLE = re.compile(r"\$\{(\w+)(:[-?])?[^}]*\}")
#: Keys whose values are secrets.
SECRET_KEY = re.compile(r"PASSWORD|SECRET|ACCESS_KEY|AUTH|TOKEN")

every_service = pytest.mark.parametrize("name", list(SERVICES))


class Stage(NamedTuple):
    """A stage of the Dockerfile: what it is built on, and its instructions."""

    base: str
    lines: list[tuple[str, str]]


def stages() -> dict[str, Stage]:
    """Return the Dockerfile's stages by name."""
    text = (ROOT / "deploy/Dockerfile").read_text(encoding="utf-8")
    text = re.sub(r"^#.*\n", "", text, flags=re.MULTILINE).replace("\\\n", " ")
    found: dict[str, Stage] = {}
    for line in filter(None, map(str.strip, text.splitlines())):
        word, rest = line.split(maxsplit=1)
        if word == "FROM":
            base, _, name = rest.split()
            current = found[name] = Stage(base, [])
        elif found:
            current.lines.append((word, rest))
    return found


def instructions(target: str, word: str) -> list[str]:
    """Return the arguments of one kind of instruction, those of the stages below first."""
    stage = stages().get(target)
    if stage is None:
        return []
    own = [rest for instruction, rest in stage.lines if instruction == word]
    return instructions(stage.base, word) + own


TARGETS = sorted({s["build"]["target"] for s in SERVICES.values() if "build" in s})
every_target = pytest.mark.parametrize("target", TARGETS)


def filled_in(text: str) -> str:
    """Return a text of the file as it is with the required values and no others."""
    required = re.sub(r"\$\{\w+:\?[^}]+\}", "ab12", text)
    return re.sub(r"\$\{\w+:-([^}]*)\}", r"\1", required)


def mount_of(volume: str) -> list[str]:
    """Return what is mounted where, and how."""
    return filled_in(volume).split(":")


def text_of(name: str) -> str:
    return yaml.safe_dump(SERVICES[name])


@every_service
def test_a_service_that_stays_is_watched_and_comes_back(name: str) -> None:
    if name in ONE_SHOTS:
        assert SERVICES[name]["restart"] == "no"
    else:
        assert SERVICES[name]["restart"] == "unless-stopped"
        assert SERVICES[name]["healthcheck"]["test"]


@every_service
def test_a_service_starts_when_what_it_needs_is_ready_not_merely_started(name: str) -> None:
    for needed, how in SERVICES[name].get("depends_on", {}).items():
        ready = "service_completed_successfully" if needed in ONE_SHOTS else "service_healthy"
        assert how["condition"] == ready


@every_service
def test_every_published_port_is_on_loopback(name: str) -> None:
    for port in SERVICES[name].get("ports", []):
        assert port.startswith("127.0.0.1:")


@every_service
def test_every_image_is_of_one_version(name: str) -> None:
    image = SERVICES[name]["image"]
    tag = image.partition(":")[2]
    assert re.match(r"\d", tag), image


def test_our_own_images_carry_the_projects_version() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    for service in SERVICES.values():
        if "build" in service:
            assert service["image"].partition(":")[2] == project["version"]


@every_service
def test_no_secret_has_a_value_or_a_default_in_the_file(name: str) -> None:
    for key, value in SERVICES[name].get("environment", {}).items():
        if SECRET_KEY.search(key):
            assert re.fullmatch(r"\$\{\w+:\?[^}]+\}", value), key
    assert not re.search(r"//\w*:[^@\s]+@|--requirepass\s+(- )?[^\s$-]", text_of(name))


@every_service
def test_a_variable_without_a_default_says_how_to_set_it(name: str) -> None:
    for variable, modifier in VARIABLE.findall(text_of(name)):
        assert modifier, variable


def test_the_example_names_every_variable_and_gives_required_ones_no_value() -> None:
    used = dict(VARIABLE.findall((ROOT / "docker-compose.yml").read_text(encoding="utf-8")))
    shown = dict(re.findall(r"^#?(\w+)=(.*)$", ENV_EXAMPLE, flags=re.MULTILINE))
    assert set(shown) == set(used)
    for variable, modifier in used.items():
        assert (shown[variable] == "") == (modifier == ":?"), variable


def test_every_sealq_variable_is_a_setting() -> None:
    known = {f"SEALQ_{name.upper()}" for name in Settings.model_fields} | RESERVED_VARIABLES
    for file in ("docker-compose.yml", "deploy/Dockerfile", "deploy/env.example"):
        named = re.findall(r"\bSEALQ_[A-Z_0-9]+", (ROOT / file).read_text(encoding="utf-8"))
        assert set(named) <= known, file


@pytest.mark.parametrize("name", ["init", "producer", "web", "worker-cpu", "worker-gpu"])
def test_our_services_get_settings_that_sealq_accepts(name: str) -> None:
    filled = {key: filled_in(value) for key, value in SERVICES[name]["environment"].items()}
    settings = load_settings(filled).settings
    assert open_engine(settings.database).url.host == "postgres"
    assert settings.redis_url.endswith("@redis:6379/0")
    assert settings.objects == "s3://sealq"


@pytest.mark.parametrize("name", ["init", "producer", "web", "worker-cpu", "worker-gpu"])
def test_models_of_ones_own_lie_where_workers_load_them_and_nobody_writes(name: str) -> None:
    """At one path: whoever makes a job looks into the folder that the worker will load."""
    mounted = {
        target for source, target, *mode in map(mount_of, SERVICES[name]["volumes"]) if "ro" in mode
    }
    assert SERVICES[name]["environment"]["SEALQ_MODEL_FOLDERS"] in mounted


@every_service
def test_a_volume_that_is_no_folder_of_the_host_is_declared(name: str) -> None:
    for source, *_ in map(mount_of, SERVICES[name].get("volumes", [])):
        assert source.startswith((".", "/")) or source in COMPOSE["volumes"], source


@every_target
def test_a_target_that_compose_builds_stands_in_the_dockerfile(target: str) -> None:
    assert target in stages()


@every_target
def test_no_image_runs_as_root(target: str) -> None:
    assert instructions(target, "USER")[-1:] == ["sealq"]


@every_target
def test_an_image_says_whether_it_is_well_or_that_it_ends_by_itself(target: str) -> None:
    (check,) = instructions(target, "HEALTHCHECK")
    assert (check == "NONE") == (target == "producer")


def test_compose_and_the_images_run_the_same_health_check() -> None:
    for name in ("web", "worker-cpu", "worker-gpu"):
        check = SERVICES[name]["healthcheck"]
        (image,) = instructions(name, "HEALTHCHECK")
        assert " ".join(check["test"][1:]) == " ".join(re.findall(r'"([^"]+)"', image))
        for option in ("interval", "timeout", "start_period", "start_interval", "retries"):
            assert f"--{option.replace('_', '-')}={check[option]}" in image.split()


@every_target
def test_every_library_is_installed_from_a_lock_with_hashes(target: str) -> None:
    lock = f"requirements/{target.partition('-')[0]}.lock"
    installs = instructions(f"build-{target}", "RUN")
    assert any(f"--require-hashes -r {lock}" in command for command in installs)


def test_whatever_is_copied_from_the_checkout_is_there_and_not_ignored() -> None:
    allowed = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    for stage in stages().values():
        for word, rest in stage.lines:
            if word == "COPY" and not rest.startswith("--from"):
                for source in rest.split()[:-1]:
                    assert (ROOT / source).exists(), source
                    assert {f"!{source}", f"!{source.partition('/')[0]}"} & set(allowed), source


def test_make_env_fills_every_secret_anew_and_overwrites_nothing(tmp_path: Path) -> None:
    command = ["sh", str(ROOT / "deploy/make-env.sh")]
    files = [tmp_path / "one", tmp_path / "two"]
    for file in files:
        subprocess.run([*command, str(file)], check=True, capture_output=True)
    written = [
        dict(re.findall(r"^(\w+)=(.*)$", file.read_text(encoding="utf-8"), flags=re.MULTILINE))
        for file in files
    ]
    secrets = [value for values in written for value in values.values()]
    assert set(written[0]) == set(re.findall(r"^(\w+)=$", ENV_EXAMPLE, flags=re.MULTILINE))
    assert all(re.fullmatch(r"[0-9a-f]{48}", secret) for secret in secrets)
    assert len(set(secrets)) == len(secrets)
    assert files[0].stat().st_mode & 0o077 == 0
    before = files[0].read_bytes()
    again = subprocess.run([*command, str(files[0])], check=False, capture_output=True)
    assert again.returncode != 0
    assert files[0].read_bytes() == before
