"""One typed settings object, built once and passed in.

Values come, the strongest first, from the command line, the environment (`SEALQ_*`), a TOML file
(`SEALQ_CONFIG`, default `./sealq.toml` where it stands) and the defaults below.
"""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import platformdirs
from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    IPvAnyNetwork,
    ValidationError,
    field_validator,
)

from sealq_configs.errors import SettingsError
from sealq_configs.text import without_passwords

#: Where a configuration file is looked for when `SEALQ_CONFIG` names none.
DEFAULT_CONFIG_FILE = "sealq.toml"

#: Name of the database in the home folder.
HOME_DATABASE = "sealq.db"

#: Between the values of a setting that has several and no paths.
LIST_SEPARATOR = ","


class Settings(BaseModel):
    """All settings of a sealq process. Frozen: derive another with `model_copy(update=...)`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    home: Path = Field(Path("sealq-data"), description="Folder of all that `sealq run` keeps")
    database_url: str | None = Field(
        None, description="SQLAlchemy URL; default: SQLite in the home folder"
    )
    redis_url: str = Field("redis://localhost:6379/0", description="Redis that carries messages")
    objects_url: str | None = Field(
        None, description="file:///folder or s3://bucket/prefix; default: a folder in home"
    )
    s3_endpoint_url: str | None = Field(
        None, description="Endpoint of S3 object storage; default: AWS, or AWS_ENDPOINT_URL"
    )
    input_s3_endpoint_url: str | None = Field(
        None, description="Endpoint of s3:// inputs; default: s3_endpoint_url"
    )
    models_dir: Path = Field(
        default_factory=lambda: Path(platformdirs.user_cache_dir("sealq")) / "models",
        description="Cache of model files",
    )
    model_folders: tuple[Path, ...] = Field(
        (), description="Folders that hold model folders which a preset may name, ':' between them"
    )
    font: Path | None = Field(
        None, description="Font for pictures; default: the one `sealq models pull` brings"
    )
    preset: str = Field("mobile", description="Preset of jobs that name none")
    purposes_file: Path | None = Field(
        None, description="YAML of further purposes of seals; default: those that sealq knows"
    )

    dpi: int | None = Field(
        None, ge=36, le=1200, description="Resolution of PDF pages; default: the preset's"
    )
    max_page_pixels: int = Field(
        178_956_970,
        ge=1,
        description="A page with more, or with a picture of more, is refused before it is decoded",
    )
    max_document_bytes: int = Field(
        1 << 30, ge=1, description="A larger file is refused before it is opened"
    )
    max_document_pages: int = Field(
        10_000, ge=1, description="A document with more pages is refused"
    )
    max_folder_files: int = Field(
        10_000_000, ge=1, description="A folder or prefix with more files is refused"
    )
    max_folder_depth: int = Field(
        100, ge=1, description="Folders nested deeper are not entered, and named"
    )
    read_damaged: bool = Field(
        False, description="Read damaged pages as far as they go, instead of failing them"
    )
    password_file: Path | None = Field(
        None, description="File of passwords for encrypted PDFs, one a line; workers read it"
    )

    chunk_pages: int = Field(16, ge=1, le=1000, description="Pages in one message")
    chunk_documents: int = Field(64, ge=1, le=1000, description="Documents in one message")
    max_attempts: int = Field(3, ge=1, description="Attempts before a page is a dead letter")
    lease_seconds: int = Field(900, ge=5, description="A page stays claimed this long")
    visibility_timeout: int = Field(
        3600, ge=60, description="Seconds after which Redis delivers an unfinished message again"
    )
    page_seconds: int = Field(
        300, ge=1, description="Preparing or reading a page takes no longer: the process is killed"
    )
    document_seconds: int = Field(
        600, ge=1, description="Fetching and opening a document takes no longer, likewise"
    )
    worker_memory_mb: int | None = Field(
        None, ge=64, description="MiB a reading process may use; default: its share of the machine"
    )
    cpu_processes: int | None = Field(
        None, ge=1, description="Reading processes on the CPU; default: as many as it bears"
    )
    worker_threads: int | None = Field(
        None, ge=1, description="Threads of a reading process; default: its share of the cores"
    )
    pages_at_a_time: int | None = Field(
        None, ge=1, description="Pages that a process reads at a time; default: what gains"
    )
    belt_mb: int = Field(
        128,
        ge=1,
        description="MiB of pages that are read or wait for it, and of those that wait to be saved",
    )
    worker_pages: int = Field(
        0, ge=0, description="A worker process is replaced after so many pages; 0: never"
    )
    heartbeat_seconds: int = Field(
        120, ge=5, description="A reading process without a sign of life for so long is replaced"
    )
    resume_seconds: int = Field(
        60, ge=1, description="Workers look so often for work that no message covers"
    )
    stop_seconds: int = Field(
        25, ge=0, description="A worker told to stop has so long to finish the page in hand"
    )
    jpeg_quality: int = Field(88, ge=1, le=100, description="Quality of stored pictures")
    pictures: bool = Field(True, description="Store pictures beside each reading")

    web_host: str = Field(
        "127.0.0.1", description="Address that `sealq serve` binds; any but loopback wants API keys"
    )
    web_port: int = Field(8080, ge=1, le=65535, description="Port of `sealq serve`")
    web_secret_file: Path | None = Field(
        None, description="File of the secret that signs logins; default: made at each start"
    )
    web_request_bytes: int = Field(
        64 << 20, ge=1024, description="Largest request by HTTP that is no upload of files"
    )
    web_upload_bytes: int = Field(
        4 << 30, ge=1024, description="Largest upload of files by HTTP, all files together"
    )
    web_wait_seconds: int = Field(
        300, ge=1, description="POST /seal-recognition answers 504 after so long"
    )
    web_waiting: int = Field(
        64, ge=1, description="So many requests to /seal-recognition wait at once in a process"
    )
    web_pages: int = Field(
        200, ge=1, description="Most pages of a document sent to /seal-recognition"
    )
    web_sources: tuple[str, ...] = Field(
        (), description="Folders and s3:// prefixes that jobs made by HTTP may name, ',' between"
    )
    web_call_hosts: tuple[str, ...] = Field(
        (), description="Hosts that the service may call (files by URL, webhooks), ',' between"
    )
    web_call_networks: tuple[IPvAnyNetwork, ...] = Field(
        (), description="Networks that are not public and may be called all the same"
    )

    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field(
        "INFO", description="Least severe message that is logged"
    )
    log_format: Literal["text", "json"] = Field("text", description="Form of the log")

    @field_validator("model_folders", mode="before")
    @classmethod
    def _as_folders(cls, value: object) -> object:
        return list(filter(None, value.split(os.pathsep))) if isinstance(value, str) else value

    @field_validator("web_sources", "web_call_hosts", "web_call_networks", mode="before")
    @classmethod
    def _as_list(cls, value: object) -> object:
        if not isinstance(value, str):
            return value
        return list(filter(None, map(str.strip, value.split(LIST_SEPARATOR))))

    @property
    def database(self) -> str:
        """SQLAlchemy URL of the database in use."""
        return self.database_url or f"sqlite:///{self.home.absolute() / HOME_DATABASE}"

    @property
    def objects(self) -> str:
        """URL of the object store in use."""
        return self.objects_url or (self.home.absolute() / "objects").as_uri()

    @property
    def input_endpoint(self) -> str | None:
        """Endpoint at which `s3://` inputs are read, None for the S3 client's own default."""
        return self.input_s3_endpoint_url or self.s3_endpoint_url

    def environment(self) -> dict[str, str]:
        """The `SEALQ_*` variables that give a child process these settings."""
        values = self.model_dump(mode="json", exclude_none=True)
        return {f"SEALQ_{name.upper()}": as_variable(name, value) for name, value in values.items()}


@dataclass(frozen=True)
class LoadedSettings:
    """Settings and, for each name, where its value came from."""

    settings: Settings
    origins: Mapping[str, str]


def load_settings(
    environment: Mapping[str, str] | None = None, **overrides: object
) -> LoadedSettings:
    """Merge all sources into settings.

    Args:
        environment: Variables to read; default: the process's own.
        overrides: Values from the command line. None means "not given".

    Raises:
        SettingsError: A name is unknown or a value can't be used; names the source and the remedy.
    """
    environment = os.environ if environment is None else environment
    layers = {
        **_file_layer(environment),
        "environment": _environment_layer(environment),
        "command line": {name: value for name, value in overrides.items() if value is not None},
    }
    origins = dict.fromkeys(Settings.model_fields, "default")
    values: dict[str, Any] = {}
    for origin, layer in layers.items():
        _refuse_unknown(origin, layer)
        values.update(layer)
        origins.update(dict.fromkeys(layer, origin))
    return LoadedSettings(_validated(values, origins), origins)


def as_variable(name: str, value: object) -> str:
    """Return the value of a setting as its `SEALQ_*` variable has it."""
    if isinstance(value, list | tuple):
        separator = os.pathsep if name == "model_folders" else LIST_SEPARATOR
        return separator.join(map(str, value))
    return str(value).lower() if isinstance(value, bool) else str(value)


def _file_layer(environment: Mapping[str, str]) -> dict[str, dict[str, Any]]:
    named = environment.get("SEALQ_CONFIG")
    path = Path(named or DEFAULT_CONFIG_FILE)
    if not path.is_file():
        if named:
            raise SettingsError(
                f"SEALQ_CONFIG names {path}, which is not a file. Mend or unset it."
            )
        return {}
    try:
        return {f"file {path}": tomllib.loads(path.read_text(encoding="utf-8"))}
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as exc:
        raise SettingsError(f"{path} is no valid TOML: {exc}. Mend the line it names.") from exc


def _environment_layer(environment: Mapping[str, str]) -> dict[str, Any]:
    return {
        name.removeprefix("SEALQ_").lower(): value
        for name, value in environment.items()
        if name.startswith("SEALQ_") and value and not _is_reserved(name, value)
    }


def _is_reserved(name: str, value: str) -> bool:
    return name in RESERVED_VARIABLES or _SERVICE_LINK.fullmatch(f"{name}={value}") is not None


def _refuse_unknown(origin: str, layer: Mapping[str, object]) -> None:
    unknown = sorted(set(layer) - set(Settings.model_fields))
    if unknown:
        known = ", ".join(sorted(Settings.model_fields))
        raise SettingsError(f"Unknown setting {', '.join(unknown)} ({origin}). Known: {known}.")


def _validated(values: Mapping[str, Any], origins: Mapping[str, str]) -> Settings:
    try:
        return Settings(**values)
    except ValidationError as exc:
        problems = [
            f"{name} = {without_passwords(repr(error['input']))} ({origins[name]}): {error['msg']}"
            for error in exc.errors()
            for name in [str(error["loc"][0])]
        ]
        raise SettingsError("Can't use " + "; ".join(problems) + ".") from exc


#: `SEALQ_*` variables that are no settings: the file's name, and what a worker tells its child.
RESERVED_VARIABLES = frozenset(
    {"SEALQ_CONFIG", "SEALQ_DEVICE", "SEALQ_WORKER_NAME", "SEALQ_ACTIVITY_FILE"}
)

#: Kubernetes puts such variables into every pod for a service whose name starts with `sealq-`.
_SERVICE_LINK = re.compile(
    r"SEALQ_\w*(SERVICE_HOST=.*|SERVICE_PORT(_\w+)?=\d+|PORT=\w+://.*|PORT_\d+_[A-Z]+(_\w+)?=.*)"
)
