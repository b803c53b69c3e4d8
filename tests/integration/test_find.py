"""Rules of `sealq find` by text: what is found, in which order, and what it says of it."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from read_seals import read_document, seal
from rows import migrated, new_job

from sealq_audit import find as finding
from sealq_audit.find import Found, Wanted, find_seals
from sealq_audit.likeness import likeness
from sealq_producer.cli import main
from sealq_storage.sql.engine import Sessions

OWNER = "天津君和缘商贸有限公司"


def search(sessions: Sessions, text: str, **values: object) -> Found:
    with sessions.begin() as session:
        return find_seals(session, Wanted(text, **values))  # type: ignore[arg-type]


def documents(sessions: Sessions, text: str, **values: object) -> list[str]:
    return [match.place.document for match in search(sessions, text, **values).matches]


class TestFuzzy:
    @pytest.mark.parametrize(
        "read",
        [
            "天津君和缘商贸有限公同",  # the last character is wrong
            "夭津君和缘商贸有限公司",  # the first
            "天津君和绿商贸有限公司",  # one amidst
            "天津君和缘贸有限公司",  # one is missing
            "天津君和缘商商贸有限公司",  # one is read twice
            "商贸有限公司天津君和缘",  # the ring is read from another start
            "天津君利缘商贸有限公可",  # two are wrong
        ],
    )
    def test_a_name_read_with_an_error_is_found(self, sessions: Sessions, read: str) -> None:
        read_document(sessions, new_job(sessions), "a.pdf", (seal(read), seal("北京其他公司")))
        (match,) = search(sessions, OWNER).matches
        assert match.said.text == read
        assert 0.8 < match.score <= 1
        assert documents(sessions, OWNER, fuzzy=False) == []

    def test_another_company_is_not_found(self, sessions: Sessions) -> None:
        others = ("南京大华科技有限公司", "天津滨海物流有限公司", "有限公司", "发票专用章")
        read_document(sessions, new_job(sessions), "a.pdf", tuple(map(seal, others)))
        assert documents(sessions, OWNER) == []

    @pytest.mark.parametrize("text", ["天津", "君和缘"])
    def test_short_texts_have_to_be_right(self, sessions: Sessions, text: str) -> None:
        read_document(sessions, new_job(sessions), "a.pdf", (seal("天京和缘"),))
        assert documents(sessions, text) == []

    def test_the_best_comes_first(self, sessions: Sessions) -> None:
        job = new_job(sessions)
        for name, said in (
            ("error.pdf", "天津君和绿商贸有限公司"),
            ("longer.pdf", f"{OWNER}第三分公司"),
            ("same.pdf", OWNER),
        ):
            read_document(sessions, job, name, (seal(said),))
        assert documents(sessions, OWNER) == ["same.pdf", "longer.pdf", "error.pdf"]
        assert documents(sessions, OWNER, limit=2) == ["same.pdf", "longer.pdf"]


class TestWhere:
    def test_a_field_is_asked_for_by_name(self, sessions: Sessions) -> None:
        job = new_job(sessions)
        for name, field in (("owner.pdf", "owner"), ("purpose.pdf", "purpose")):
            read_document(sessions, job, name, (seal("公章", fields={field: OWNER}),))  # type: ignore[dict-item]
        read_document(sessions, job, "line.pdf", (seal(OWNER),))
        assert documents(sessions, OWNER, field="owner") == ["owner.pdf"]
        assert documents(sessions, OWNER) == ["owner.pdf", "purpose.pdf", "line.pdf"]
        assert documents(sessions, "公章", field="owner") == []

    def test_all_jobs_are_searched_unless_one_is_named(self, sessions: Sessions) -> None:
        march, april = new_job(sessions), new_job(sessions)
        read_document(sessions, march, "march.pdf", (seal(OWNER),))
        read_document(sessions, april, "april.pdf", (seal(OWNER),))
        assert sorted(documents(sessions, OWNER)) == ["april.pdf", "march.pdf"]
        assert documents(sessions, OWNER, job_id=march) == ["march.pdf"]

    def test_it_says_when_not_all_were_compared(
        self, sessions: Sessions, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(finding, "CANDIDATES", 2)
        job = new_job(sessions)
        read_document(sessions, job, "a.pdf", (seal(OWNER), seal(OWNER)))
        assert search(sessions, OWNER).complete
        read_document(sessions, job, "b.pdf", (seal(OWNER),))
        assert not search(sessions, OWNER).complete


@pytest.mark.parametrize(
    ("needle", "text", "least", "most"),
    [
        (OWNER, OWNER, 1, 1),
        (OWNER, "天津君和绿商贸有限公司", 0.9, 0.92),  # one of eleven
        (OWNER, "津", 0, 0.2),  # a part of the needle is not the needle
        (OWNER, "", 0, 0),
        ("君和", "天津君和缘商贸有限公司", 1, 1),
        (OWNER, "北京大华科技有限公司", 0, 0.6),
    ],
)
def test_likeness(needle: str, text: str, least: float, most: float) -> None:
    assert least <= likeness(needle, text) <= most


class TestCommand:
    def run(self, tmp_path: Path, *arguments: str) -> Result:
        url = f"sqlite:///{tmp_path / 'sealq.db'}"
        environment = {"SEALQ_DATABASE_URL": url, "SEALQ_HOME": str(tmp_path)}
        return CliRunner().invoke(main, ["find", *arguments], env=environment)

    @pytest.fixture
    def home(self, tmp_path: Path) -> Path:
        """A home folder whose database holds two documents."""
        with migrated(f"sqlite:///{tmp_path / 'sealq.db'}") as sessions:
            job = new_job(sessions)
            read_document(sessions, job, "a.pdf", (), (seal(fields={"owner": OWNER}),))
            read_document(sessions, job, "b.pdf", (seal("发票专用章"),))
        return tmp_path

    def test_it_prints_where_a_seal_stands_and_what_it_says(self, home: Path) -> None:
        answer = self.run(home, "君和缘", "--format", "json")
        assert answer.exit_code == 0
        (record,) = json.loads(answer.stdout)
        assert record.pop("job")
        assert record == {
            "score": 1.0,
            "document": "a.pdf",
            "page": 2,
            "seal": 1,
            "field": "owner",
            "text": OWNER,
            "picture": None,
        }
        assert re.search(rf"1\.0 .*a\.pdf .*2 .*1 .*owner .*{OWNER}", self.run(home, "君和").stdout)

    def test_nothing_found_is_said_and_no_error(self, home: Path) -> None:
        answer = self.run(home, "南京", "--owner")
        assert (answer.exit_code, answer.stdout) == (0, "No seals.\n")
        assert "Only careful readings" in answer.stderr

    @pytest.mark.parametrize(
        "arguments", [[], ["公章", "--pasted"], ["--pasted", "--same-as", "a"]]
    )
    def test_one_thing_is_looked_for(self, home: Path, arguments: Sequence[str]) -> None:
        answer = self.run(home, *arguments)
        assert answer.exit_code == 2
        assert "TEXT, --same-as and --pasted" in answer.stderr
