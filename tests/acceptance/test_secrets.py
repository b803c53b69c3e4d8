"""Planted secrets come out nowhere: not in what is said or logged, kept, or shown of processes."""

from __future__ import annotations

from pathlib import Path

import psutil
import pytest
from installed import PATIENCE, SAMPLES, Sealq
from odd_files import encrypted_pdf
from waiting import until

#: Stands in every secret.
PLANTED = "planted"

#: Nobody listens there.
NOWHERE = "127.0.0.1:9"

SECRETS = {
    "SEALQ_DATABASE_URL": f"postgresql://me:{PLANTED}-db@{NOWHERE}/sealq?connect_timeout=3",
    "SEALQ_REDIS_URL": f"redis://:{PLANTED}-redis@{NOWHERE}/0",
    "SEALQ_OBJECTS_URL": "s3://bucket/prefix",
    "SEALQ_S3_ENDPOINT_URL": f"http://{NOWHERE}",
    "AWS_ACCESS_KEY_ID": f"{PLANTED}-id",
    "AWS_SECRET_ACCESS_KEY": f"{PLANTED}-key",
    "AWS_SESSION_TOKEN": f"{PLANTED}-token",
}

#: Every command that works with the stack.
COMMANDS = (
    ("status",),
    ("status", "last"),
    ("results", "last"),
    ("submit", str(SAMPLES)),
    ("submit", "s3://bucket/in/"),
    ("cancel", "last"),
    ("retry", "last"),
    ("resume",),
    ("doctor",),
    ("config", "show"),
    ("config", "show", "--format", "json"),
    ("db", "upgrade"),
    ("worker", "--device", "cpu"),
)


@pytest.fixture
def home(sealq: Sealq) -> Sealq:
    """Return the command with an empty database in its home."""
    assert sealq("db", "upgrade").code == 0
    return sealq


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_no_command_repeats_a_secret_when_nothing_can_be_reached(
    sealq: Sealq, words: tuple[str, ...]
) -> None:
    said = sealq(*words, **SECRETS, SEALQ_LOG_LEVEL="DEBUG")
    assert said.code in {0, 2, 3}, said.err
    assert PLANTED not in said.out + said.err


@pytest.mark.parametrize("words", [("submit", str(SAMPLES)), ("resume",), ("doctor",)])
def test_no_command_repeats_a_secret_when_only_the_database_can_be_reached(
    home: Sealq, words: tuple[str, ...]
) -> None:
    secrets = {name: value for name, value in SECRETS.items() if "DATABASE" not in name}
    said = home(*words, **secrets, SEALQ_LOG_LEVEL="DEBUG")
    assert PLANTED not in said.out + said.err


@pytest.mark.parametrize("name", ["SEALQ_DATABASE_URL", "SEALQ_REDIS_URL", "SEALQ_OBJECTS_URL"])
@pytest.mark.parametrize("words", [("status",), ("submit", "."), ("doctor",), ("config", "show")])
def test_a_mistyped_url_is_refused_without_its_password(
    sealq: Sealq, name: str, words: tuple[str, ...]
) -> None:
    said = sealq(*words, **{name: f"postgres//me:{PLANTED}@db:port/x"})
    assert PLANTED not in said.out + said.err


def test_a_worker_shows_no_secret_in_its_log_nor_in_the_list_of_processes(home: Sealq) -> None:
    log = home.folder / "log"
    secrets = {name: value for name, value in SECRETS.items() if "DATABASE" not in name}
    running = Sealq(home.folder, secrets).start("worker", "--device", "cpu", log=log)
    seen: set[str] = set()

    def connects() -> bool:
        for process in psutil.Process(running.pid).children(recursive=True):
            seen.update(process.cmdline())
        return NOWHERE in log.read_text("utf-8")

    try:
        until(lambda: "usable with" in log.read_text("utf-8"))  # its imports take their time
        until(connects)
    finally:
        running.terminate()
        running.wait(PATIENCE)
    assert any("celery" in word for word in seen)
    assert not [word for word in seen if PLANTED in word]
    assert PLANTED not in log.read_text("utf-8")


class TestPasswords:
    @pytest.fixture
    def locked(self, sealq: Sealq) -> Sealq:
        """A folder with an encrypted document and the password of it."""
        (sealq.folder / "locked.pdf").write_bytes(encrypted_pdf(PLANTED, "owner"))
        (sealq.folder / "passwords").write_text(f"another\n{PLANTED}\n", "utf-8")
        return sealq

    def test_run_opens_encrypted_documents_and_keeps_no_password(self, locked: Sealq) -> None:
        said = locked("run", "locked.pdf", "--password-file", "passwords", "--format", "json")
        assert said.code == 0, said.err
        assert "1 document, 1 page read" in said.err
        assert PLANTED not in said.out + said.err
        kept = [file for file in locked.home.rglob("*") if file.is_file()]
        assert not [file for file in kept if PLANTED.encode() in file.read_bytes()]

    def test_a_password_file_that_is_not_there_is_wrong_use(self, locked: Sealq) -> None:
        said = locked("run", "locked.pdf", "--password-file", "gone")
        assert said.code == 2
        assert "'gone' does not exist" in said.err

    def test_submit_says_where_passwords_belong(self, locked: Sealq) -> None:
        said = locked("submit", "locked.pdf", "--password-file", "passwords")
        assert said.code == 2
        assert "SEALQ_PASSWORD_FILE" in said.err


def test_a_web_address_is_refused_with_the_remedy_and_makes_nothing(sealq: Sealq) -> None:
    said = sealq("run", f"https://me:{PLANTED}@example.com/a.pdf")
    assert said.code == 2
    assert "https://me:***@example.com/a.pdf is not taken" in said.err
    assert PLANTED not in said.err
    assert not Path(sealq.home).exists()
