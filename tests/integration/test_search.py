"""Rules of the search: what is found in what seals say, and by which index."""

from __future__ import annotations

from typing import Any

import pytest
from alembic import command
from read_seals import read_document, seal
from rows import new_job
from sqlalchemy import delete, event, select, text
from sqlalchemy.orm import Session

from sealq_storage.readings import NewRegion
from sealq_storage.search import Within, find_regions, says, searchable
from sealq_storage.sql.engine import Sessions, open_engine
from sealq_storage.sql.migrate import alembic_config, upgrade
from sealq_storage.sql.search_tables import POSTGRES_INDEX, SealText
from sealq_storage.sql.tables import Reading, Region

OWNER = "天津君和缘商贸有限公司"


def read(sessions: Sessions, *seals: NewRegion, job_id: str | None = None) -> list[int]:
    """Read a document with these seals; return their regions' ids."""
    return read_document(sessions, job_id or new_job(sessions), "a.pdf", seals)


def found(sessions: Sessions, wanted: str, within: Within | None = None) -> list[int]:
    with sessions.begin() as session:
        return sorted(find_regions(session, wanted, 100, within or Within()))


class TestFinding:
    @pytest.mark.parametrize(
        "wanted",
        [
            OWNER,
            "君和缘",  # as long as a trigram
            "天津",  # shorter, at the beginning
            "公司",  # at the end: no trigram begins there in the text itself
            "司",  # one character, the last
            "缘",
            "天津 君和缘",  # spaces do not count
            "１２０１abc",  # wide forms and capitals neither
            "(集团)",
            "100%_'\"\\ &|:*",  # what queries, patterns and literals are written with
        ],
    )
    def test_a_part_of_what_a_seal_says_is_enough(self, sessions: Sessions, wanted: str) -> None:
        one, _ = read(
            sessions,
            seal(OWNER, "1201ABC", "上海（集团）", "100% _'\"\\&|:*"),
            seal("北京其他机构", "1310"),
        )
        assert found(sessions, wanted) == [one]

    @pytest.mark.parametrize("wanted", ["", " ", "南京", "天津缘和君", "津君和天津", "%", "司发"])
    def test_what_none_says_is_not_found(self, sessions: Sessions, wanted: str) -> None:
        read(sessions, seal("天津君和天", "公司", "发票"))
        assert found(sessions, wanted) == []

    def test_trigrams_that_stand_apart_are_no_match(self, sessions: Sessions) -> None:
        read(sessions, seal("一二三甲二三四", "二三四"))
        assert found(sessions, "一二三四") == []

    def test_fields_are_searched_too(self, sessions: Sessions) -> None:
        (region,) = read(sessions, seal("公章", fields={"owner": OWNER}))
        assert found(sessions, "君和") == [region]

    def test_it_can_be_kept_to_a_job_and_to_regions_with_a_field(self, sessions: Sessions) -> None:
        job = new_job(sessions)
        mine, careful = read(sessions, seal(OWNER), seal(fields={"owner": OWNER}), job_id=job)
        other = read(sessions, seal(OWNER))
        assert found(sessions, OWNER, Within(job_id=job)) == [mine, careful]
        assert found(sessions, OWNER, Within(field="owner")) == [careful]
        assert found(sessions, OWNER, Within(field="serial")) == []
        assert found(sessions, OWNER) == sorted([mine, careful, *other])

    def test_no_more_are_returned_than_asked_for(self, sessions: Sessions) -> None:
        read(sessions, *(seal(OWNER) for _ in range(5)))
        with sessions.begin() as session:
            assert len(find_regions(session, "天津君", 3)) == 3
            assert len(find_regions(session, "天", 3)) == 3


class TestSays:
    @pytest.mark.parametrize("few", [0, 1000])
    def test_the_condition_holds_alike_for_few_and_for_many(
        self, sessions: Sessions, few: int, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("sealq_storage.search._FEW", few)
        one, _, three = read(sessions, seal(OWNER), seal("北京"), seal("天津"))
        with sessions.begin() as session:
            for wanted, expected in (("天津", [one, three]), ("君和缘", [one]), ("南", [])):
                query = select(Region.id).where(says(session, wanted)).order_by(Region.id)
                assert list(session.scalars(query)) == expected

    def test_nothing_is_said_by_all(self, sessions: Sessions) -> None:
        read(sessions, seal(OWNER), seal())
        with sessions.begin() as session:
            assert len(session.scalars(select(Region.id).where(says(session, " "))).all()) == 2


class TestIndex:
    def test_what_is_deleted_is_found_no_more(self, sessions: Sessions) -> None:
        """Regions go with their reading, without any function being asked."""
        read(sessions, seal(OWNER))
        with sessions.begin() as session:
            session.execute(text("UPDATE pages SET reading_id = NULL"))
            session.execute(delete(Reading))
        assert found(sessions, "君和缘") == []
        assert found(sessions, "君和") == []
        with sessions.begin() as session:
            if session.get_bind().dialect.name == "sqlite":
                check = "INSERT INTO seal_search (seal_search, rank) VALUES ('integrity-check', 1)"
                session.execute(text(check))

    def test_a_region_that_says_nothing_has_no_row(self, sessions: Sessions) -> None:
        read(sessions, seal(), seal(" "))
        with sessions.begin() as session:
            assert session.scalars(select(SealText)).all() == []

    @pytest.mark.parametrize("wanted", ["君和缘商贸", "君和", "君"])
    def test_it_serves_long_and_short_texts(self, sessions: Sessions, wanted: str) -> None:
        read(sessions, seal(OWNER))
        with sessions.begin() as session:
            if session.get_bind().dialect.name == "sqlite":
                plan = plan_of(session, wanted)
                assert "VIRTUAL TABLE INDEX" in plan
                assert "SCAN seal_texts" not in plan
            else:
                # A small table is cheapest read from end to end.
                session.execute(text("SET LOCAL enable_seqscan = off"))
                assert POSTGRES_INDEX in plan_of(session, wanted)

    def test_seals_of_an_older_database_are_found_after_the_upgrade(
        self, database_url: str
    ) -> None:
        engine = open_engine(database_url)
        with engine.begin() as connection:
            command.upgrade(alembic_config(connection), "0004")
            for statement in OLD_ROWS.split(";"):
                connection.execute(text(statement))
        upgrade(engine)
        with Session(engine) as session:
            assert find_regions(session, "发票", 9) == [7]
            assert find_regions(session, OWNER, 9) == [7]
            assert find_regions(session, "另一", 9) == [3007]
        engine.dispose()


#: A page with a seal, as version 0004 kept it, and a seal far behind it.
OLD_ROWS = """
INSERT INTO pipelines VALUES ('p', 'mobile', '{}', '2026-03-31 22:15:04');
INSERT INTO readings VALUES
(1, 'a', 1, 'd', 'p', 600, 800, 144, 'layout', '{}', 'o', '[]', '{}', 'cpu',
'2026-03-31 22:15:04', NULL, NULL);
INSERT INTO regions (id, reading_id, number, frame, x1, y1, x2, y2) VALUES
(7, 1, 1, 'page', 1, 2, 3, 4), (3007, 1, 2, 'page', 1, 2, 3, 4), (3008, 1, 3, 'page', 1, 2, 3, 4);
INSERT INTO lines VALUES (1, 7, 1, '发票专用章', 0.5, '[]'), (2, 3007, 1, '另一', 0.5, '[]');
INSERT INTO fields VALUES (1, 7, 'owner', '天津君和缘商贸有限公司', 0.5, 'read', '[]')
"""


def plan_of(session: Session, wanted: str) -> str:
    """Return how the database goes about a search."""
    explain = {"sqlite": "EXPLAIN QUERY PLAN ", "postgresql": "EXPLAIN "}
    asked: list[tuple[str, Any]] = []

    def record(*of_event: Any) -> None:
        asked.append((of_event[2], of_event[3]))

    event.listen(session.get_bind(), "before_cursor_execute", record)
    find_regions(session, wanted, 9)
    event.remove(session.get_bind(), "before_cursor_execute", record)
    statement, parameters = asked[-1]
    explained = explain[session.get_bind().dialect.name] + statement
    rows = session.connection().exec_driver_sql(explained, parameters)
    return "\n".join(str(row) for row in rows)


@pytest.mark.parametrize(
    ("written", "compared"),
    [
        ("（集团）Ａ1 b", "(集团)a1b"),
        ("天\u3000津\n君", "天津君"),
        ("a\x00\ud800b", "ab"),
    ],
)
def test_texts_are_compared_in_one_form(written: str, compared: str) -> None:
    assert searchable(written) == compared
