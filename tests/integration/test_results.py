"""Rules of results: what a filter keeps, in which order, in how much memory."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any
from weakref import WeakSet

import pytest
from rows import finish_page, new_documents, new_job, new_pages, new_reading, save_reading
from sqlalchemy import event, insert, select
from sqlalchemy.orm import Session

from sealq_storage.documents import NewDocument, add_documents
from sealq_storage.pages import claim_pages, fail_page
from sealq_storage.readings import (
    Alternative,
    NewField,
    NewLine,
    NewRegion,
    RegionLabel,
)
from sealq_storage.results import (
    FETCH_ROWS,
    FieldResult,
    PageResult,
    RegionResult,
    ResultFilter,
    stream_pages,
    stream_regions,
)
from sealq_storage.sql.engine import Sessions
from sealq_storage.sql.tables import Line, Reading, Region


def line(text: str, score: float = 0.5) -> NewLine:
    return NewLine(text, score, [(1.0, 2.0), (3.0, 4.0)])


def seal(*lines: NewLine, score: float | None = 0.9) -> NewRegion:
    return NewRegion("page", (1.0, 2.0, 3.0, 4.0), score, lines)


def mark(label: RegionLabel) -> NewRegion:
    return NewRegion("page", (1.0, 2.0, 3.0, 4.0), 0.9, (), label)


def careful(*fields: NewField, lines: tuple[NewLine, ...] = ()) -> NewRegion:
    return replace(seal(*lines), fields=fields)


def field(text: str) -> NewField:
    return NewField("owner", text, 0.5, "read")


def read(sessions: Sessions, page_id: int, *regions: NewRegion) -> None:
    """End a page with a reading of its own."""
    with sessions.begin() as session:
        (page,) = claim_pages(session, [page_id], "worker", 60)
        reading_id = save_reading(session, new_reading(page.sha256, page.number, *regions))
        finish_page(session, page_id, "worker", reading_id)


def read_document(
    sessions: Sessions, job_id: str, source: str, *pages: tuple[NewRegion, ...]
) -> None:
    for page_id, regions in zip(
        new_pages(sessions, job_id, source, len(pages)), pages, strict=True
    ):
        read(sessions, page_id, *regions)


def regions(
    sessions: Sessions, job_id: str, wanted: ResultFilter | None = None
) -> list[RegionResult]:
    with sessions.begin() as session:
        return list(stream_regions(session, job_id, wanted))


def pages(sessions: Sessions, job_id: str, wanted: ResultFilter | None = None) -> list[PageResult]:
    with sessions.begin() as session:
        return list(stream_pages(session, job_id, wanted))


class TestRegions:
    def test_they_come_with_their_lines_in_document_page_and_region_order(
        self, sessions: Sessions, job_id: str
    ) -> None:
        read_document(sessions, job_id, "z.pdf", (), (seal(line("一"), line("二")), seal()))
        read_document(sessions, job_id, "a.pdf", (seal(line("三")),))
        found = [
            (region.document, region.page, region.region, [said.text for said in region.lines])
            for region in regions(sessions, job_id)
        ]
        assert found == [
            ("z.pdf", 2, 1, ["一", "二"]),
            ("z.pdf", 2, 2, []),
            ("a.pdf", 1, 1, ["三"]),
        ]

    def test_each_says_all_that_is_known_of_it(self, sessions: Sessions, job_id: str) -> None:
        read_document(sessions, job_id, "a.pdf", (seal(line("发票专用章", 0.75)),))
        (found,) = regions(sessions, job_id)
        assert (found.page_width, found.page_height, found.frame) == (600, 800, "page")
        assert (found.box, found.score) == ((1.0, 2.0, 3.0, 4.0), 0.9)
        assert [(said.text, said.score) for said in found.lines] == [("发票专用章", 0.75)]
        assert [list(point) for point in found.lines[0].polygon] == [[1.0, 2.0], [3.0, 4.0]]

    def test_a_careful_reading_says_fields_and_looks(self, sessions: Sessions, job_id: str) -> None:
        said = (
            NewField("tax_id", "9A", 0.5, "proposed", (Alternative("9B", 0.25),)),
            NewField("owner", None, None, "unreadable"),
        )
        seen = replace(careful(*said), shape="oval", ink="red", rotation=-12.5)
        read_document(sessions, job_id, "a.pdf", (replace(seen, found_by="second_look"),))
        (found,) = regions(sessions, job_id)
        assert found.fields == (
            FieldResult("tax_id", "9A", 0.5, "proposed", (Alternative("9B", 0.25),)),
            FieldResult("owner", None, None, "unreadable", ()),
        )
        assert (found.shape, found.ink, found.rotation) == ("oval", "red", -12.5)
        assert (found.label, found.found_by) == ("seal", "second_look")

    def test_a_region_keeps_its_lines_and_fields_over_the_border_of_two_batches(
        self, sessions: Sessions, job_id: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("sealq_storage.results.FETCH_ROWS", 2)
        lines = tuple(line(text) for text in "一二三")
        both = (careful(field("甲"), lines=lines), careful(field("乙"), lines=lines))
        read_document(sessions, job_id, "a.pdf", both)
        found = [
            ([said.text for said in region.lines], [said.text for said in region.fields])
            for region in regions(sessions, job_id)
        ]
        assert found == [(["一", "二", "三"], ["甲"]), (["一", "二", "三"], ["乙"])]

    def test_fields_cost_one_query_a_batch_and_none_a_region(
        self, sessions: Sessions, job_id: str
    ) -> None:
        read_document(sessions, job_id, "a.pdf", tuple(careful(field(text)) for text in "甲乙丙"))
        statements: list[str] = []
        with sessions.begin() as session:
            record = partial(record_statement, statements)
            event.listen(session.get_bind(), "before_cursor_execute", record)
            found = list(stream_regions(session, job_id))
            event.remove(session.get_bind(), "before_cursor_execute", record)
        assert len(found) == 3
        queries = [said for said in statements if said.startswith("SELECT")]
        assert ["fields" in query for query in queries] == [False, True]

    def test_other_jobs_show_their_own(self, sessions: Sessions, job_id: str) -> None:
        read_document(sessions, new_job(sessions), "a.pdf", (seal(),))
        assert regions(sessions, job_id) == []


class TestLabels:
    def test_without_a_filter_all_come_with_their_labels(
        self, sessions: Sessions, job_id: str
    ) -> None:
        found = (seal(), mark("cut_seal"), mark("tax_mark"))
        read_document(sessions, job_id, "a.pdf", found)
        labels = [region.label for region in regions(sessions, job_id)]
        assert labels == ["seal", "cut_seal", "tax_mark"]

    @pytest.mark.parametrize(
        ("labels", "kept"),
        [(("seal",), [1]), (("tax_mark",), [3]), (("tax_mark", "seal"), [1, 3])],
    )
    def test_a_filter_keeps_only_those_named(
        self, sessions: Sessions, job_id: str, labels: tuple[str, ...], kept: list[int]
    ) -> None:
        read_document(sessions, job_id, "a.pdf", (seal(), mark("cut_seal"), mark("tax_mark")))
        found = regions(sessions, job_id, ResultFilter(labels))
        assert [region.region for region in found] == kept


class TestMatch:
    def test_a_field_says_it_as_well_as_a_line(self, sessions: Sessions, job_id: str) -> None:
        """A line may have it wrong where the field has it right, and the other way round."""
        by_field = careful(field("某公司"), lines=(line("某公句"),))
        by_line = careful(field("某公句"), lines=(line("某公司"),))
        read_document(sessions, job_id, "a.pdf", (by_field, by_line, seal(line("公章"))))
        found = regions(sessions, job_id, ResultFilter(match="公司"))
        assert [region.region for region in found] == [1, 2]

    @pytest.mark.parametrize(
        ("part", "found"),
        [
            ("专用", ["发票专用章"]),  # anywhere in the text
            ("0%", ["100%"]),  # no wildcard of SQL
            ("1%0", []),
            ("a_b", ["A_b"]),  # likewise; capitals and small letters are alike
            ("a_", ["A_b"]),
            ("\\", ["c\\d"]),
        ],
    )
    def test_it_is_a_part_of_the_text_taken_literally(
        self, sessions: Sessions, job_id: str, part: str, found: list[str]
    ) -> None:
        texts = ("发票专用章", "100%", "1000", "A_b", "axb", "c\\d")
        read_document(sessions, job_id, "a.pdf", tuple(seal(line(text)) for text in texts))
        kept = regions(sessions, job_id, ResultFilter(match=part))
        assert [region.lines[0].text for region in kept] == found

    def test_a_region_that_matches_keeps_all_its_lines(
        self, sessions: Sessions, job_id: str
    ) -> None:
        read_document(sessions, job_id, "a.pdf", (seal(line("某公司"), line("公章")),))
        (kept,) = regions(sessions, job_id, ResultFilter(match="公章"))
        assert [said.text for said in kept.lines] == ["某公司", "公章"]


class TestDocument:
    @pytest.mark.parametrize(
        ("pattern", "found"),
        [
            ("march", ["in/March/a.pdf", "in/March/b_1.PDF"]),  # a part, in any case
            ("b_1", ["in/March/b_1.PDF"]),  # no wildcard of SQL
            ("*.pdf", ["in/March/a.pdf", "in/March/b_1.PDF", "s3://x/b11.pdf"]),
            ("in/*/?.pdf", ["in/March/a.pdf"]),
            ("a.pdf?", []),
            ("*/b_1.*", ["in/March/b_1.PDF"]),
            ("*100%*", ["100%.tif"]),
            ("*1%.*", []),
        ],
    )
    def test_it_is_a_part_of_the_name_or_a_pattern_of_the_whole(
        self, sessions: Sessions, job_id: str, pattern: str, found: list[str]
    ) -> None:
        for source in ("in/March/a.pdf", "in/March/b_1.PDF", "s3://x/b11.pdf", "100%.tif"):
            read_document(sessions, job_id, source, (seal(),))
        wanted = ResultFilter(document=pattern)
        assert [region.document for region in regions(sessions, job_id, wanted)] == found
        assert [page.document for page in pages(sessions, job_id, wanted)] == found


class TestMinScore:
    def test_it_is_the_regions_or_where_it_has_none_its_best_lines(
        self, sessions: Sessions, job_id: str
    ) -> None:
        kept = [
            seal(score=0.5),  # as good as asked for
            seal(line("no matter", 0.1), score=0.9),
            seal(line("weak", 0.1), line("sure", 0.5), score=None),
        ]
        left_out = [
            seal(line("no matter", 0.9), score=0.4),
            seal(line("weak", 0.4), score=None),
            seal(score=None),  # nothing speaks for it
        ]
        read_document(sessions, job_id, "a.pdf", tuple(kept), tuple(left_out))
        found = regions(sessions, job_id, ResultFilter(min_score=0.5))
        assert [(region.page, region.region) for region in found] == [(1, 1), (1, 2), (1, 3)]

    def test_filters_hold_together(self, sessions: Sessions, job_id: str) -> None:
        read_document(sessions, job_id, "a.pdf", (seal(line("公章"), score=0.1), seal(score=0.9)))
        read_document(sessions, job_id, "b.pdf", (seal(line("公章"), score=0.9),))
        both = ResultFilter(match="公章", min_score=0.5)
        assert [region.document for region in regions(sessions, job_id, both)] == ["b.pdf"]
        other = ResultFilter(match="公章", min_score=0.5, document="a.pdf")
        assert regions(sessions, job_id, other) == []


class TestPages:
    def test_all_are_listed_with_the_number_of_their_regions(
        self, sessions: Sessions, job_id: str
    ) -> None:
        bare, sealed, failed, _ = new_pages(sessions, job_id, "a.pdf", 4)
        read(sessions, bare)
        read(sessions, sealed, seal(), seal(line("一"), line("二")))
        with sessions.begin() as session:
            claim_pages(session, [failed], "worker", 60)
            fail_page(session, failed, "worker", "corrupt", "It is damaged.")
        read_document(sessions, job_id, "0.pdf", ())
        found = [
            (page.document, page.page, page.state, page.regions, page.looked, page.error_code)
            for page in pages(sessions, job_id)
        ]
        assert found == [
            ("a.pdf", 1, "done", 0, "layout", None),
            ("a.pdf", 2, "done", 2, "layout", None),
            ("a.pdf", 3, "failed", 0, None, "corrupt"),
            ("a.pdf", 4, "due", 0, None, None),
            ("0.pdf", 1, "done", 0, "layout", None),
        ]

    def test_seals_are_counted_apart_from_what_is_not_read(
        self, sessions: Sessions, job_id: str
    ) -> None:
        marks = (mark("cut_seal"), mark("tax_mark"), mark("tax_mark"), mark("tax_mark"))
        read_document(sessions, job_id, "a.pdf", (seal(), seal(), *marks), (mark("cut_seal"),), ())
        found = [
            (page.regions, page.seals, page.cut_seals, page.tax_marks)
            for page in pages(sessions, job_id)
        ]
        assert found == [(6, 2, 1, 3), (1, 0, 1, 0), (0, 0, 0, 0)]

    def test_an_empty_page_says_how_surely_it_is_empty(
        self, sessions: Sessions, job_id: str
    ) -> None:
        (page_id,) = new_pages(sessions, job_id)
        with sessions.begin() as session:
            (page,) = claim_pages(session, [page_id], "worker", 60)
            sure = replace(new_reading(page.sha256), empty_score=0.75)
            finish_page(session, page_id, "worker", save_reading(session, sure))
        assert [page.empty_score for page in pages(sessions, job_id)] == [0.75]

    def test_a_document_that_could_not_be_opened_stands_there_with_its_reason(
        self, sessions: Sessions, job_id: str
    ) -> None:
        read_document(sessions, job_id, "a.pdf", ())
        broken = NewDocument("b.pdf", "file:///b.pdf", error_code="corrupt", error="It is cut.")
        with sessions.begin() as session:
            add_documents(session, job_id, [broken])
        new_documents(sessions, job_id, "c.pdf")
        listed = [(page.document, page.page, page.state) for page in pages(sessions, job_id)]
        assert listed == [("a.pdf", 1, "done"), ("b.pdf", None, "failed")]
        reason = pages(sessions, job_id)[1]
        assert (reason.error_code, reason.error) == ("corrupt", "It is cut.")


def record_statement(statements: list[str], *of_event: Any) -> None:
    """Take down a statement that an engine is about to execute."""
    statements.append(of_event[2])


def add_regions(session: Session, number: int) -> None:
    """Add regions with a line each to the only reading."""
    reading_id = session.scalars(select(Reading.id)).one()
    frame = {"reading_id": reading_id, "frame": "page", "x1": 1, "y1": 2, "x2": 3, "y2": 4}
    rows = [{"number": position, **frame} for position in range(number)]
    ids = session.scalars(insert(Region).returning(Region.id), rows)
    said = {"number": 1, "text": "公章", "score": 0.5, "polygon": []}
    session.execute(insert(Line), [{"region_id": region_id, **said} for region_id in ids])


def test_a_long_job_streams_in_constant_memory(sessions: Sessions, job_id: str) -> None:
    read_document(sessions, job_id, "a.pdf", ())
    with sessions.begin() as session:
        add_regions(session, 5000)
    alive: WeakSet[Region] = WeakSet()
    loaded, most = 0, 0

    def count(region: Region, _: object) -> None:
        nonlocal loaded, most
        alive.add(region)
        loaded, most = loaded + 1, max(most, len(alive))

    event.listen(Region, "load", count)
    try:
        with sessions.begin() as session:
            stream = stream_regions(session, job_id)
            next(stream)
            assert loaded <= FETCH_ROWS
            assert sum(1 for _ in stream) == 4999
    finally:
        event.remove(Region, "load", count)
    assert loaded == 5000
    assert most < 2.5 * FETCH_ROWS
