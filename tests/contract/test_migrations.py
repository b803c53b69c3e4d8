"""The database's versions: how a database gets to the head, and what refuses to work before."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from threading import Barrier

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, inspect, make_url, text
from sqlalchemy.exc import IntegrityError

from sealq_storage.errors import DatabaseUnreachableError, DatabaseVersionError
from sealq_storage.sql.engine import open_engine, open_sessions
from sealq_storage.sql.migrate import (
    alembic_config,
    current_version,
    head_version,
    require_current,
    upgrade,
)
from sealq_storage.sql.schema import METADATA
from sealq_storage.sql.search_tables import POSTGRES_INDEX, SQLITE_INDEX
from sealq_storage.sql.tables import FIELD_CHARACTERS, Document, Field, Job, Pipeline

#: A program that waits for a line on its input before it upgrades the database of its argument.
UPGRADE_AT_A_SIGN = """
import sys
import alembic.command
from sealq_storage.sql.engine import open_engine
from sealq_storage.sql.migrate import upgrade
engine = open_engine(sys.argv[1])
print("ready", flush=True)
sys.stdin.readline()
upgrade(engine)
"""


#: What sealq of version 0001 stored of a page and of a picture of nothing but a seal.
ROWS_OF_0001 = """
INSERT INTO pipelines VALUES ('p', 'mobile', '{}', '2026-03-31 22:15:04');
INSERT INTO readings VALUES
(1, 'a', 1, 'd', 'p', 600, 800, 144, 'layout', '{}', 'o', '[]', '{}', 'cpu', '2026-03-31 22:15:04'),
(2, 'b', 1, 'd', 'p', 60, 80, 144, 'whole', '{}', 'o', '[]', '{}', 'cpu', '2026-03-31 22:15:04');
INSERT INTO regions VALUES
(1, 1, 1, 'page', 1.5, 2, 3, 4, 0.9),
(2, 2, 1, 'page', 2.5, 2, 3, 4, NULL);
INSERT INTO lines VALUES (1, 1, 1, '公章', 0.5, '[]')
"""


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    opened = open_engine(database_url)
    yield opened
    opened.dispose()


@pytest.fixture
def nobodys_engine(postgres_url: str) -> Iterator[Engine]:
    """A user that may enter the database, but not make tables in it."""
    admin = open_engine(postgres_url)
    with admin.begin() as connection:
        connection.execute(text("CREATE ROLE nobody LOGIN"))
    opened = open_engine(
        make_url(postgres_url).set(username="nobody").render_as_string(hide_password=False)
    )
    yield opened
    opened.dispose()
    with admin.begin() as connection:
        connection.execute(text("DROP ROLE nobody"))
    admin.dispose()


def tables_of(engine: Engine) -> set[str]:
    """The tables of a database without those that SQLite keeps an index in."""
    names = set(inspect(engine).get_table_names()) - {"alembic_version"}
    return {name for name in names if not name.startswith(SQLITE_INDEX)}


def sqlalchemy_has_words_for(name: str | None, *_: object) -> bool:
    """Say whether a table or index is no part of the search, which tests/integration proves."""
    return not str(name).startswith((SQLITE_INDEX, POSTGRES_INDEX))


def upgrade_to(engine: Engine, version: str) -> None:
    with engine.begin() as connection:
        command.upgrade(alembic_config(connection), version)


def set_version(engine: Engine, version: str) -> None:
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = :v"), {"v": version})


def test_an_empty_database_is_brought_to_the_head(engine: Engine) -> None:
    assert current_version(engine) is None
    upgrade(engine)
    assert current_version(engine) == head_version()
    assert tables_of(engine) == set(METADATA.tables)


def test_migrations_and_tables_agree(engine: Engine) -> None:
    upgrade(engine)
    with engine.connect() as connection:
        opts = {"compare_server_default": True, "include_name": sqlalchemy_has_words_for}
        context = MigrationContext.configure(connection, opts=opts)
        assert compare_metadata(context, METADATA) == []


def test_migrations_and_tables_agree_in_primary_keys(engine: Engine) -> None:
    """Alembic's own comparison passes over them."""
    upgrade(engine)
    inspector = inspect(engine)
    for table in METADATA.sorted_tables:
        made = inspector.get_pk_constraint(table.name)
        columns = [column.name for column in table.primary_key]
        assert (made["name"], made["constrained_columns"]) == (table.primary_key.name, columns)


def test_rows_number_themselves(engine: Engine) -> None:
    """A BIGINT key would refuse a row without a number on SQLite."""
    upgrade(engine)
    with open_sessions(engine).begin() as session:
        session.add(Pipeline(id="p", preset="mobile", spec={}))
        session.flush()
        session.add(Job(id="j", name="", pipeline_id="p", priority=5, tags={}))
        session.flush()
        documents = [Document(job_id="j", source=name, location=name) for name in "ab"]
        session.add_all(documents)
        session.flush()
        assert sorted(document.id for document in documents) == [1, 2]


def test_a_second_upgrade_changes_nothing(engine: Engine) -> None:
    upgrade(engine)
    with open_sessions(engine).begin() as session:
        session.add(Pipeline(id="p", preset="mobile", spec={}))
    upgrade(engine)
    with open_sessions(engine).begin() as session:
        assert session.get_one(Pipeline, "p").preset == "mobile"
    assert current_version(engine) == head_version()


def test_processes_that_upgrade_at_once_do_not_collide(database_url: str) -> None:
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", UPGRADE_AT_A_SIGN, database_url],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(2)
    ]
    for process in processes:
        assert process.stdout
        assert process.stdout.readline() == "ready\n"
    for process in processes:
        assert process.stdin
        process.stdin.write("go\n")
        process.stdin.flush()
    errors = [process.communicate()[1] for process in processes]
    assert errors == ["", ""]


def test_threads_that_upgrade_at_once_do_not_collide(database_url: str) -> None:
    """As many processes would; all begin within microseconds."""
    together = Barrier(8)

    def upgrade_together() -> str | None:
        engine = open_engine(database_url)
        together.wait()
        try:
            upgrade(engine)
            return current_version(engine)
        finally:
            engine.dispose()

    with ThreadPoolExecutor(8) as pool:
        upgrades = [pool.submit(upgrade_together) for _ in range(8)]
    assert [done.result() for done in upgrades] == [head_version()] * 8


def test_an_upgrade_waits_for_who_opened_the_sqlite_file_first(tmp_path: Path) -> None:
    """SQLite's own waiting does not cover the switch to WAL, which every first opener makes."""
    engine = open_engine(f"sqlite:///{tmp_path / 'new.db'}")
    with (
        closing(sqlite3.connect(tmp_path / "new.db", isolation_level=None)) as first,
        ThreadPoolExecutor(1) as pool,
    ):
        first.execute("BEGIN IMMEDIATE")
        second = pool.submit(upgrade, engine)
        with pytest.raises(TimeoutError):
            second.result(timeout=0.5)
        first.execute("COMMIT")
        second.result()
    require_current(engine)
    engine.dispose()


def test_a_failed_upgrade_leaves_the_database_as_it_was(engine: Engine) -> None:
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE fields (id INTEGER)"))  # in the way of the last one
    with pytest.raises(Exception, match="fields"):
        upgrade(engine)
    assert current_version(engine) is None
    assert tables_of(engine) == {"fields"}


class TestLabelsAndFields:
    """Version 0002 finds rows of 0001, keeps them, and says of them what is known."""

    @pytest.fixture
    def filled(self, engine: Engine) -> Engine:
        """A database of version 0001: a page that was searched and a picture taken as one seal."""
        upgrade_to(engine, "0001")
        with engine.begin() as connection:
            for statement in ROWS_OF_0001.split(";"):
                connection.execute(text(statement))
        return engine

    def rows(self, engine: Engine, query: str) -> list[tuple[object, ...]]:
        with engine.connect() as connection:
            return [tuple(row) for row in connection.execute(text(query))]

    def test_rows_stay_and_learn_what_they_are_and_how_they_were_found(
        self, filled: Engine
    ) -> None:
        upgrade(filled)
        said = (
            "SELECT id, x1, score, label, found_by, shape, ink, rotation FROM regions ORDER BY id"
        )
        assert self.rows(filled, said) == [
            (1, 1.5, 0.9, "seal", "layout", None, None, None),
            (2, 2.5, None, "seal", "whole", None, None, None),
        ]
        assert self.rows(filled, "SELECT region_id, text FROM lines") == [(1, "公章")]
        assert self.rows(filled, "SELECT id, looked, empty_score FROM readings ORDER BY id") == [
            (1, "layout", None),
            (2, "whole", None),
        ]
        require_current(filled)

    def test_the_way_back_keeps_what_the_older_version_can_say(self, filled: Engine) -> None:
        upgrade(filled)
        with filled.begin() as connection:
            connection.execute(text("UPDATE regions SET label = 'tax_mark' WHERE id = 2"))
            command.downgrade(alembic_config(connection), "0001")
        assert self.rows(filled, "SELECT * FROM regions") == [
            (1, 1, 1, "page", 1.5, 2.0, 3.0, 4.0, 0.9)
        ]
        upgrade(filled)
        require_current(filled)

    def test_a_field_as_long_as_may_be_fits_the_index_and_a_longer_one_is_refused(
        self, filled: Engine
    ) -> None:
        """Characters of four bytes, no two alike: PostgreSQL can't compress them."""
        upgrade(filled)
        longest = "".join(chr(0x20000 + number * 7) for number in range(FIELD_CHARACTERS))
        add = text(
            "INSERT INTO fields (id, region_id, name, text, state, alternatives) "
            "VALUES (:id, 1, :name, :said, 'read', '[]')"
        )
        with filled.begin() as connection:
            connection.execute(add, {"id": 1, "name": "owner", "said": longest})
        with pytest.raises(IntegrityError, match="ck_fields_text_length"), filled.begin() as one:
            one.execute(add, {"id": 2, "name": "purpose", "said": f"{longest}x"})

    def test_a_region_has_a_field_once_and_takes_it_along(self, filled: Engine) -> None:
        upgrade(filled)
        with open_sessions(filled).begin() as session:
            session.add(Field(region_id=1, name="owner", state="unreadable", alternatives=[]))
        with pytest.raises(IntegrityError), open_sessions(filled).begin() as session:
            session.add(Field(region_id=1, name="owner", state="unreadable", alternatives=[]))
        with filled.begin() as connection:
            connection.execute(text("DELETE FROM regions WHERE id = 1"))
        assert self.rows(filled, "SELECT * FROM fields") == []

    def test_an_owner_s_seals_are_found_by_the_index(self, filled: Engine) -> None:
        upgrade(filled)
        plans = {"sqlite": "EXPLAIN QUERY PLAN ", "postgresql": "EXPLAIN "}
        explain = plans[filled.dialect.name]
        query = "SELECT region_id FROM fields WHERE name = 'owner' AND text = '某某有限公司'"
        with filled.connect() as connection:
            if filled.dialect.name == "postgresql":
                # An empty table is cheapest read from end to end.
                connection.execute(text("SET enable_seqscan = off"))
            plan = "\n".join(str(row) for row in connection.execute(text(explain + query)))
        assert "ix_fields_name_text" in plan


def test_readings_of_version_0002_stay_and_are_not_called_damaged(engine: Engine) -> None:
    upgrade_to(engine, "0001")
    with engine.begin() as connection:
        for statement in ROWS_OF_0001.split(";"):
            connection.execute(text(statement))
    upgrade_to(engine, "0002")
    upgrade(engine)
    with engine.connect() as connection:
        said = connection.execute(text("SELECT id, damage FROM readings ORDER BY id")).all()
    assert [tuple(row) for row in said] == [(1, None), (2, None)]
    require_current(engine)


def test_downgrade_to_base_leaves_no_table(engine: Engine) -> None:
    upgrade(engine)
    with engine.begin() as connection:
        command.downgrade(alembic_config(connection), "base")
    assert tables_of(engine) == set()
    assert current_version(engine) is None
    upgrade(engine)
    require_current(engine)


def test_the_head_is_alembics_one_head(engine: Engine) -> None:
    """`head_version` goes by file names; Alembic by the revisions in them."""
    with engine.connect() as connection:
        scripts = ScriptDirectory.from_config(alembic_config(connection))
    assert scripts.get_heads() == [head_version()]
    assert all(
        script.path.rpartition("/")[2].startswith(f"{script.revision}_")
        for script in scripts.walk_revisions()
    )


def test_a_current_database_is_accepted(engine: Engine) -> None:
    upgrade(engine)
    require_current(engine)


def test_an_empty_database_is_refused_with_both_versions_and_the_remedy(engine: Engine) -> None:
    with pytest.raises(
        DatabaseVersionError, match=rf"version none.*needs {head_version()}.*`sealq db upgrade`"
    ):
        require_current(engine)


def test_a_newer_database_is_refused_with_both_versions_and_the_remedy(engine: Engine) -> None:
    upgrade(engine)
    set_version(engine, "9999")
    for use in (require_current, upgrade):
        with pytest.raises(
            DatabaseVersionError, match=rf"version 9999.*version {head_version()}.*Upgrade sealq"
        ):
            use(engine)
    assert current_version(engine) == "9999"


def test_an_error_shows_no_password(postgres_url: str) -> None:
    url = make_url(postgres_url).set(password="hush")  # noqa: S106
    engine = open_engine(url.render_as_string(hide_password=False))
    with pytest.raises(DatabaseVersionError) as caught:
        require_current(engine)
    engine.dispose()
    assert "hush" not in str(caught.value)


def test_a_user_that_may_not_make_tables_is_told_what_to_grant(nobodys_engine: Engine) -> None:
    with pytest.raises(DatabaseUnreachableError, match="GRANT CREATE"):
        upgrade(nobodys_engine)


def test_require_current_does_without_alembic(sqlite_url: str) -> None:
    """Every command asks; Alembic would take a second of each."""
    code = (
        "import sys; from sealq_storage.sql.engine import open_engine;"
        "from sealq_storage.sql.migrate import require_current\n"
        "try: require_current(open_engine(sys.argv[1]))\n"
        "except Exception: sys.exit('alembic' in sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code, sqlite_url], check=True)
