"""API keys: shown once, kept as a hash, void once revoked."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner
from rows import migrated
from sqlalchemy import select

from sealq_producer.cli import main
from sealq_storage.api_keys import (
    ApiKeyNameError,
    ApiKeyNotFoundError,
    Scope,
    any_api_key,
    create_api_key,
    find_api_key,
    list_api_keys,
    load_api_key,
    note_use,
    revoke_api_key,
)
from sealq_storage.sql.access_tables import ApiKey
from sealq_storage.sql.engine import Sessions


def test_a_key_is_found_by_its_text_and_stored_nowhere(sessions: Sessions) -> None:
    with sessions.begin() as session:
        made = create_api_key(session, "scanner 1", Scope.SUBMIT, rate=60)
    with sessions.begin() as session:
        found = find_api_key(session, made.token)
        assert found is not None
        assert (found.name, found.scope, found.rate) == ("scanner 1", "submit", 60)
        assert load_api_key(session, found.id) is found
        assert find_api_key(session, made.token + "x") is None
        row = session.execute(select(ApiKey.__table__)).one()
    assert made.token.removeprefix("sealq_") not in str(row)
    assert len(made.token) >= 43  # 256 bits


def test_a_revoked_key_is_none_and_its_name_stays_taken(sessions: Sessions) -> None:
    with sessions.begin() as session:
        made = create_api_key(session, "scanner", Scope.READ)
        assert any_api_key(session)
        revoke_api_key(session, "scanner")
        revoke_api_key(session, "scanner")
        assert find_api_key(session, made.token) is None
        assert not any_api_key(session)
        assert [key.name for key in list_api_keys(session)] == ["scanner"]
        with pytest.raises(ApiKeyNameError, match="already"):
            create_api_key(session, "scanner", Scope.READ)
        with pytest.raises(ApiKeyNotFoundError):
            revoke_api_key(session, "nobody")


@pytest.mark.parametrize("name", ["", " a", "a\nb", "<b>", "a" * 101])
def test_an_odd_name_is_refused(sessions: Sessions, name: str) -> None:
    with sessions.begin() as session, pytest.raises(ApiKeyNameError):
        create_api_key(session, name, Scope.READ)


def test_use_is_noted_at_most_once_a_minute(sessions: Sessions) -> None:
    with sessions.begin() as session:
        create_api_key(session, "scanner", Scope.READ)
        key_id = session.scalars(select(ApiKey.id)).one()
    noted = []
    for _ in range(2):
        with sessions.begin() as session:
            note_use(session, key_id)
        with sessions.begin() as session:
            noted.append(session.scalars(select(ApiKey.last_used_at)).one())
    assert noted[0] is not None
    assert noted[0] == noted[1]


def test_each_scope_allows_what_those_before_it_do() -> None:
    assert [[one.allows(other) for other in Scope] for one in Scope] == [
        [True, False, False],
        [True, True, False],
        [True, True, True],
    ]


def test_the_command_prints_a_key_once_and_lists_none(
    sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SEALQ_DATABASE_URL", sqlite_url)
    monkeypatch.chdir(tmp_path)
    runner = CliRunner()
    with migrated(sqlite_url):
        made = runner.invoke(main, ["keys", "create", "scanner", "--scope", "submit"])
        assert made.exit_code == 0, made.output
        token = made.stdout.strip()
        assert token.startswith("sealq_")
        listed = runner.invoke(main, ["keys", "list"])
        assert "scanner" in listed.stdout
        assert token not in listed.stdout
        assert runner.invoke(main, ["keys", "revoke", "scanner"]).exit_code == 0
        again = runner.invoke(main, ["keys", "revoke", "scaner"])
        assert again.exit_code == 2
        assert "sealq keys list" in again.stderr
