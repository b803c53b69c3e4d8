"""Rules of the same impression on several documents."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from fakes import open_runtime, result, settings_for, submit_files, work_off
from read_seals import read_document, seal
from rows import finish_page, migrated, new_job, new_pages
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from sealq_audit.impressions import (
    ALIKE_BITS,
    SameImpression,
    SealNotFoundError,
    Target,
    parse_target,
    pasted,
    same_impressions,
)
from sealq_storage.impressions import NewImpression
from sealq_storage.pages import claim_pages
from sealq_storage.readings import NewRegion
from sealq_storage.sql.engine import Sessions
from sealq_storage.sql.tables import Document, Page, Reading
from sealq_worker.documents import PageImage
from sealq_worker.reader import RawReading, Reader

OWNER = "天津君和缘商贸有限公司"
ALL = (1 << 64) - 1


def looking(pixels: str, look: int, *lines: str) -> NewRegion:
    return seal(*lines, impression=NewImpression(pixels * 64, look))


def likes(sessions: Sessions, target: str, job_id: str | None = None) -> list[SameImpression]:
    with sessions.begin() as session:
        return same_impressions(session, parse_target(target), job_id)


def shown(found: list[SameImpression]) -> list[tuple[str, int, bool]]:
    return [(same.place.document, same.distance, same.identical) for same in found]


def groups(sessions: Sessions, job_id: str | None = None) -> list[list[tuple[str, int, int]]]:
    with sessions.begin() as session:
        return [
            [(place.document, place.page, place.seal) for place in group]
            for group in pasted(session, job_id)
        ]


def list_again(sessions: Sessions, job_id: str, source: str, twin: str) -> None:
    """List a copy of a read document of one page: the same content, and so the same reading."""
    (page_id,) = new_pages(sessions, job_id, source)
    with sessions.begin() as session:
        sha256, reading_id = session.execute(
            select(Document.sha256, Page.reading_id).join(Page).where(Document.source == twin)
        ).one()
        session.execute(update(Document).where(Document.source == source).values(sha256=sha256))
        claim_pages(session, [page_id], "worker", 60)
        assert reading_id
        finish_page(session, page_id, "worker", reading_id)


class TestSameAs:
    def test_pasted_ones_come_first_then_the_nearest(self, sessions: Sessions, job_id: str) -> None:
        look = ALL << 30 & ALL  # with the highest bit, which databases keep as a sign
        for name, region in (
            ("asked.pdf", looking("a", look)),
            ("near.pdf", looking("b", look ^ 0b11)),
            ("nearer.pdf", looking("b", look ^ (1 << 63))),
            ("pasted.pdf", looking("a", look)),
            ("as-far-as-may-be.pdf", looking("c", look ^ ((1 << ALIKE_BITS) - 1))),
            ("too-far.pdf", looking("d", look ^ ((1 << (ALIKE_BITS + 1)) - 1))),
        ):
            read_document(sessions, job_id, name, (region,))
        assert shown(likes(sessions, "asked.pdf")) == [
            ("pasted.pdf", 0, True),
            ("nearer.pdf", 1, False),
            ("near.pdf", 2, False),
            ("as-far-as-may-be.pdf", ALIKE_BITS, False),
        ]

    @pytest.mark.parametrize(
        ("said", "found"),
        [
            (OWNER, True),
            ("夭津君和绿商贸有限公司", True),  # read with errors
            ("有限公司天津君和缘商贸", True),  # read from another start
            ("公章", True),  # too little to tell
            ("天津滨海物流有限公司", False),  # another company with the same kind of seal
        ],
    )
    def test_what_looks_alike_and_says_something_else_is_another_seal(
        self, sessions: Sessions, job_id: str, said: str, *, found: bool
    ) -> None:
        read_document(sessions, job_id, "asked.pdf", (looking("a", 0, OWNER),))
        read_document(sessions, job_id, "other.pdf", (looking("b", 1, said),))
        assert bool(likes(sessions, "asked.pdf")) == found

    def test_a_pasted_picture_is_one_whatever_was_read(
        self, sessions: Sessions, job_id: str
    ) -> None:
        read_document(sessions, job_id, "asked.pdf", (looking("a", 0, OWNER),))
        read_document(sessions, job_id, "other.pdf", (looking("a", 0, "北京大华科技有限公司"),))
        assert shown(likes(sessions, "asked.pdf")) == [("other.pdf", 0, True)]

    def test_a_page_and_a_seal_can_be_named(self, sessions: Sessions, job_id: str) -> None:
        pages = (looking("a", 0), looking("b", ALL)), (looking("c", ALL >> 32),)
        read_document(sessions, job_id, "in/asked.pdf", *pages)
        for name, region in (("0", pages[0][0]), ("1", pages[0][1]), ("2", pages[1][0])):
            read_document(sessions, job_id, name, (region,))
        for target, expected in (("", "012"), (":1", "01"), (":1:2", "1"), (":2", "2")):
            found = likes(sessions, f"asked.pdf{target}")
            assert sorted(same.place.document for same in found) == list(expected)

    def test_copies_of_the_same_file_are_no_alarm(self, sessions: Sessions, job_id: str) -> None:
        read_document(sessions, job_id, "a.pdf", (looking("a", 0),))
        list_again(sessions, job_id, "copy.pdf", twin="a.pdf")
        assert likes(sessions, "a.pdf") == []
        assert groups(sessions) == []

    @pytest.mark.parametrize(
        ("target", "reason"),
        [
            ("c.pdf", "no document is named so"),
            ("a.pdf", "several documents are named so: x/a.pdf, y/a.pdf"),
            ("x/a.pdf:2", "has no seal"),
            ("x/a.pdf:1:2", "has no seal"),
        ],
    )
    def test_what_is_not_there_is_said(
        self, sessions: Sessions, job_id: str, target: str, reason: str
    ) -> None:
        for name in ("x/a.pdf", "y/a.pdf"):
            read_document(sessions, job_id, name, (looking("a", 0),))
        with pytest.raises(SealNotFoundError, match=reason):
            likes(sessions, target)


class TestPasted:
    def test_pictures_in_several_files_are_grouped_the_commonest_first(
        self, sessions: Sessions, job_id: str
    ) -> None:
        for name, pixels in (("1", "ab"), ("2", "abb"), ("3", "b"), ("4", "cc")):
            read_document(sessions, job_id, name, tuple(looking(each, 0) for each in pixels))
        assert groups(sessions) == [
            [("1", 1, 2), ("2", 1, 2), ("2", 1, 3), ("3", 1, 1)],
            [("1", 1, 1), ("2", 1, 1)],
        ]

    def test_of_a_job_are_those_with_a_seal_of_it(self, sessions: Sessions, job_id: str) -> None:
        other = new_job(sessions)
        read_document(sessions, job_id, "mine", (looking("a", 0),))
        read_document(sessions, other, "1", (looking("a", 0), looking("b", 0)))
        read_document(sessions, other, "2", (looking("b", 0),))
        assert groups(sessions, job_id) == [[("mine", 1, 1), ("1", 1, 1)]]
        assert len(groups(sessions)) == 2

    def test_a_page_read_by_several_pipelines_is_one_file(
        self, sessions: Sessions, job_id: str
    ) -> None:
        read_document(sessions, job_id, "a", (looking("a", 0),))
        read_document(sessions, job_id, "b", (looking("a", 0),))
        with sessions.begin() as session:
            same_content(session)
        assert groups(sessions) == []


def same_content(session: Session) -> None:
    """Let all readings be of one content, each by a pipeline of its own."""
    for number, reading in enumerate(session.scalars(select(Reading))):
        reading.content_sha256, reading.pipeline_digest = "c" * 64, f"{number:064}"


@pytest.mark.parametrize(
    ("written", "target"),
    [
        ("a.pdf", Target("a.pdf")),
        ("a.pdf:3", Target("a.pdf", 3)),
        ("a.pdf:3:1", Target("a.pdf", 3, 1)),
        ("s3://bucket/a.pdf", Target("s3://bucket/a.pdf")),
        ("s3://bucket/a.pdf:12:1", Target("s3://bucket/a.pdf", 12, 1)),
        ("a:b", Target("a:b")),
    ],
)
def test_a_target_is_written_with_colons(written: str, target: Target) -> None:
    assert parse_target(written) == target
    assert str(target) == written


class StampReader(Reader):
    """Finds one seal, where `stamped` draws it."""

    def read(self, page: PageImage) -> RawReading:
        del page
        res = result("公章")
        res["layout_det_res"]["boxes"][0]["coordinate"] = [47.5, 46.0, 253.0, 254.5]
        return RawReading(res, {}, "layout", {}, {})


def stamped(file: Path, note: str) -> Path:
    """Draw a page with a seal and a note beside it."""
    page = np.full((400, 400, 3), 255, np.uint8)
    cv2.circle(page, (150, 150), 95, (40, 40, 210), 6, cv2.LINE_AA)
    cv2.putText(page, note, (20, 350), cv2.FONT_HERSHEY_SIMPLEX, 1, (0, 0, 0), 2)
    assert cv2.imwrite(str(file), page)
    return file


def test_a_worker_keeps_how_seals_look(tmp_path: Path, sqlite_url: str, redis_url: str) -> None:
    settings = settings_for(tmp_path, sqlite_url, redis_url)
    with migrated(sqlite_url) as sessions, open_runtime(settings, StampReader()) as runtime:
        files = [stamped(tmp_path / f"{note}.png", note) for note in ("one", "two")]
        submit_files(settings, *files)
        work_off(runtime)
        assert [len(group) for group in groups(sessions)] == [2]
