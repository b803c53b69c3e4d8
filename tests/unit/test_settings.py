"""Settings: where each value comes from, which wins, and what is refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from sealq_configs.errors import SettingsError
from sealq_configs.settings import Settings, load_settings


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Start every test in an empty folder, away from any sealq.toml."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def config_file(text: str) -> dict[str, str]:
    """Write a configuration file; return the environment that names it."""
    path = Path("my.toml")
    path.write_text(text, encoding="utf-8")
    return {"SEALQ_CONFIG": str(path)}


def test_a_setting_that_nobody_gives_has_the_origin_default() -> None:
    assert set(load_settings({}).origins.values()) == {"default"}


def test_a_setting_names_the_file_it_comes_from() -> None:
    loaded = load_settings(config_file("max_attempts = 7"))
    assert (loaded.settings.max_attempts, loaded.origins["max_attempts"]) == (7, "file my.toml")


def test_sealq_toml_in_the_current_folder_is_read_without_being_named() -> None:
    Path("sealq.toml").write_text("max_attempts = 7", encoding="utf-8")
    loaded = load_settings({})
    assert (loaded.settings.max_attempts, loaded.origins["max_attempts"]) == (7, "file sealq.toml")


def test_the_environment_is_stronger_than_the_file_and_the_command_line_than_both() -> None:
    environment = config_file("max_attempts = 2\nchunk_pages = 2\njpeg_quality = 2")
    environment |= {"SEALQ_CHUNK_PAGES": "3", "SEALQ_JPEG_QUALITY": "3"}
    loaded = load_settings(environment, jpeg_quality=4)
    settings, origins = loaded.settings, loaded.origins
    assert (settings.max_attempts, origins["max_attempts"]) == (2, "file my.toml")
    assert (settings.chunk_pages, origins["chunk_pages"]) == (3, "environment")
    assert (settings.jpeg_quality, origins["jpeg_quality"]) == (4, "command line")


@pytest.mark.parametrize(
    ("environment", "overrides"),
    [
        ({"SEALQ_PRESET": ""}, {}),  # an empty variable is how a shell or compose file says "unset"
        ({}, {"preset": None}),  # an option that was not given
    ],
)
def test_what_was_not_given_leaves_the_default(
    environment: dict[str, str], overrides: dict[str, Any]
) -> None:
    loaded = load_settings(environment, **overrides)
    assert (loaded.settings.preset, loaded.origins["preset"]) == ("mobile", "default")


@pytest.mark.parametrize("source", ["file", "environment", "command line"])
def test_an_unknown_setting_is_refused_with_its_source_and_the_known_names(source: str) -> None:
    environment = {
        "file": config_file("chunk_sizes = 3"),
        "environment": {"SEALQ_CHUNK_SIZES": "3"},
    }.get(source, {})
    overrides = {"chunk_sizes": 3} if source == "command line" else {}
    with pytest.raises(SettingsError) as error:
        load_settings(environment, **overrides)
    for part in ("chunk_sizes", source, "chunk_pages", "redis_url"):
        assert part in str(error.value)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("CHUNK_PAGES", "many"),
        ("CHUNK_PAGES", "0"),  # a message with no page
        ("JPEG_QUALITY", "101"),
        ("DPI", "20"),  # nothing is legible below 36
        ("LOG_LEVEL", "LOUD"),
        ("PICTURES", "perhaps"),
    ],
)
def test_a_wrong_value_is_refused_with_its_name_value_and_source(name: str, value: str) -> None:
    with pytest.raises(SettingsError) as error:
        load_settings({f"SEALQ_{name}": value})
    for part in (name.lower(), value, "environment"):
        assert part in str(error.value)


def test_a_wrong_value_is_shown_without_its_password() -> None:
    with pytest.raises(SettingsError, match=r"redis://:\*\*\*@cache") as error:
        load_settings(config_file('redis_url = ["redis://:planted@cache"]'))
    assert "planted" not in str(error.value)


def test_a_configuration_file_that_is_named_must_be_there() -> None:
    with pytest.raises(SettingsError, match=r"SEALQ_CONFIG names gone\.toml"):
        load_settings({"SEALQ_CONFIG": "gone.toml"})


@pytest.mark.parametrize("content", [b"preset = ", b"preset = '\xff'"])
def test_a_broken_configuration_file_is_named(content: bytes) -> None:
    Path("my.toml").write_bytes(content)
    with pytest.raises(SettingsError, match=r"my\.toml is no valid TOML"):
        load_settings({"SEALQ_CONFIG": "my.toml"})


def test_variables_that_kubernetes_sets_for_a_service_named_sealq_are_no_settings() -> None:
    environment = {
        "SEALQ_SERVICE_HOST": "10.0.0.9",
        "SEALQ_REDIS_SERVICE_HOST": "10.0.0.1",
        "SEALQ_REDIS_SERVICE_PORT": "6379",
        "SEALQ_REDIS_SERVICE_PORT_REDIS": "6379",
        "SEALQ_REDIS_PORT": "tcp://10.0.0.1:6379",
        "SEALQ_REDIS_PORT_6379_TCP": "tcp://10.0.0.1:6379",
        "SEALQ_REDIS_PORT_6379_TCP_PROTO": "tcp",
    }
    assert set(load_settings(environment).origins.values()) == {"default"}


def test_a_misspelt_setting_that_ends_in_port_is_still_refused() -> None:
    with pytest.raises(SettingsError, match="redis_port"):
        load_settings({"SEALQ_REDIS_PORT": "6379"})


def test_variables_of_other_programs_are_left_alone() -> None:
    assert load_settings({"PATH": "/bin", "XSEALQ_PRESET": "server"}).settings.preset == "mobile"


@given(
    preset=st.text(st.characters(exclude_categories=["C", "Z"]), min_size=1),
    dpi=st.none() | st.integers(36, 1200),
    pictures=st.booleans(),
    max_attempts=st.integers(1, 99),
)
def test_a_child_process_gets_the_same_settings_from_the_environment(
    preset: str, dpi: int | None, *, pictures: bool, max_attempts: int
) -> None:
    settings = Settings(preset=preset, dpi=dpi, pictures=pictures, max_attempts=max_attempts)
    assert load_settings(settings.environment()).settings == settings


def test_all_is_kept_in_the_home_folder_unless_said_otherwise(folder: Path) -> None:
    settings = Settings(home=Path("mine"))
    assert settings.database == f"sqlite:///{folder}/mine/sealq.db"
    assert settings.objects == f"file://{folder}/mine/objects"


def test_a_database_and_object_store_that_are_named_win_over_the_home_folder() -> None:
    settings = Settings(database_url="postgresql+psycopg://db/x", objects_url="s3://bucket/p")
    assert settings.database == "postgresql+psycopg://db/x"
    assert settings.objects == "s3://bucket/p"


def test_inputs_are_read_at_the_object_store_s_endpoint_unless_they_have_their_own() -> None:
    assert Settings().input_endpoint is None
    assert Settings(s3_endpoint_url="http://a").input_endpoint == "http://a"
    both = Settings(s3_endpoint_url="http://a", input_s3_endpoint_url="http://b")
    assert both.input_endpoint == "http://b"


def test_settings_can_t_be_changed_in_place() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        Settings().preset = "server"  # type: ignore[misc]
