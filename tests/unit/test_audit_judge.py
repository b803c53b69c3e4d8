"""Verdicts: one for each document, `ok` only where nothing is in doubt."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sealed import (
    HERE,
    OTHER,
    SURE,
    TAX_ID,
    THERE,
    UNSURE,
    careful,
    document,
    expected,
    page,
    ruled,
    stock,
)

from sealq_audit.expectations import Expectation, Party
from sealq_storage.seen import Saying, SeenDocument, SeenRegion
from sealq_storage.sql.tables import DocumentState
from sealq_storage.verdicts import Verdict

INVOICE, CONTRACT = "发票专用章", "合同专用章"

#: A name that is surely read, and a purpose that is not.
UNSURE_PURPOSE = (Saying(HERE, SURE), Saying(INVOICE, UNSURE))


def verdict_on(
    *regions: SeenRegion, expect: Expectation | None = None, source: str = "in/invoice 7.pdf"
) -> tuple[Verdict, str]:
    found = ruled(document(*regions, source=source), expect)
    return found.verdict, found.reason_code


# What is as it should be


@pytest.mark.parametrize(
    "region",
    [
        stock(HERE, INVOICE),
        stock(HERE[5:] + HERE[:5], INVOICE),  # the ring was read from another start
        stock(HERE[:4], HERE[4:], INVOICE),  # the ring was read in two pieces
        stock(HERE[4:], HERE[:4], INVOICE),  # the second piece first
        stock(HERE, INVOICE + "（2）"),  # the company's second seal
        careful(HERE, INVOICE),
        careful(HERE, INVOICE, tax_id=TAX_ID),
    ],
)
def test_the_expected_company_with_an_accepted_seal_is_ok(region: SeenRegion) -> None:
    expect = Expectation("*", (Party(HERE, TAX_ID),))
    assert verdict_on(region, expect=expect) == (Verdict.OK, "fits")


def test_nobody_expected_is_ok_where_somebody_sealed_legibly() -> None:
    assert verdict_on(stock(HERE, INVOICE)) == (Verdict.OK, "sealed")


def test_seals_of_others_beside_the_expected_one_are_no_fault() -> None:
    regions = (stock(OTHER, "收货专用章"), stock(HERE, INVOICE, number=2))
    assert verdict_on(*regions, expect=expected(HERE))[0] is Verdict.OK


@pytest.mark.parametrize("source", ["数电票_1.pdf", "电子发票 3.pdf", "E-Invoice.pdf"])
def test_e_invoices_need_no_seal(source: str) -> None:
    assert verdict_on(source=source) == (Verdict.OK, "needs_none")


def test_who_expects_no_party_expects_no_seal() -> None:
    assert verdict_on(expect=expected(party_count=0)) == (Verdict.OK, "needs_none")


# No seal


def test_a_surely_empty_invoice_lacks_its_seal() -> None:
    assert verdict_on() == (Verdict.MISSING, "missing")


def test_a_tax_mark_is_no_seal() -> None:
    """Every invoice has the tax bureau's printed mark."""
    mark = stock(label="tax_mark")
    pages = (page(1, mark, empty_score=0.99),)
    assert ruled(document(pages=pages)).verdict is Verdict.MISSING


def test_a_tax_mark_takes_no_part_even_where_it_says_the_expected_name() -> None:
    mark = stock(HERE, INVOICE, label="tax_mark")
    pages = (page(1, mark, empty_score=0.99),)
    assert ruled(document(pages=pages), expected(HERE)).verdict is Verdict.MISSING


def test_a_cut_seal_alone_is_for_a_person() -> None:
    cut = stock(label="cut_seal")
    found = ruled(document(pages=(page(1, cut, empty_score=0.99),)))
    assert (found.verdict, found.reason_code) == (Verdict.REVIEW, "cut_seal_only")


@pytest.mark.parametrize(
    ("values", "code"),
    [
        ({"empty_score": 0.9}, "doubtful_page"),
        ({"empty_score": None}, "no_second_look"),
        ({"damage": "the lower half is missing"}, "damaged_page"),
        ({"state": "failed", "error": "The worker died."}, "page_failed"),
        ({"state": "due"}, "page_due"),
        ({"state": "claimed"}, "page_due"),
        ({"state": "cancelled"}, "page_cancelled"),
    ],
)
def test_one_page_in_doubt_and_nobody_says_that_the_seal_is_missing(
    values: dict[str, object], code: str
) -> None:
    found = ruled(document(pages=(page(1), page(2, **values), page(3))))
    assert (found.verdict, found.reason_code) == (Verdict.REVIEW, code)
    assert "age 2" in found.reason


@pytest.mark.parametrize("state", [DocumentState.LISTED, DocumentState.FAILED])
def test_a_document_that_was_not_opened_is_for_a_person(state: DocumentState) -> None:
    found = ruled(document(pages=(), state=state, error="It is encrypted."), expected(HERE))
    assert found.verdict is Verdict.REVIEW


def test_a_failed_page_keeps_a_sealed_document_from_ok() -> None:
    pages = (page(1, stock(HERE, INVOICE)), page(2, state="failed", error="It is damaged."))
    assert ruled(document(pages=pages), expected(HERE)).reason_code == "page_failed"


def test_of_an_unknown_document_nobody_says_that_its_seal_is_missing() -> None:
    assert verdict_on(source="scan0001.pdf") == (Verdict.REVIEW, "nobody_says")


def test_who_expects_a_company_says_that_a_seal_is_needed() -> None:
    found = verdict_on(source="scan0001.pdf", expect=expected(HERE))
    assert found == (Verdict.MISSING, "missing")


# Whose seal


@pytest.mark.parametrize(
    "region",
    [
        stock(THERE, INVOICE),  # 南京 is not 北京
        stock(HERE.replace("有限公司", "有限责任公司"), INVOICE),
        stock(HERE[2:], INVOICE),  # without the city
        stock(HERE[:-1], INVOICE),  # a character was dropped
        careful(THERE, INVOICE),
    ],
)
def test_a_near_name_is_for_a_person_never_ok(region: SeenRegion) -> None:
    assert verdict_on(region, expect=expected(HERE)) == (Verdict.REVIEW, "near")


@pytest.mark.parametrize("region", [stock(OTHER, INVOICE), careful(OTHER, INVOICE)])
def test_a_clear_other_company_is_the_wrong_one(region: SeenRegion) -> None:
    assert verdict_on(region, expect=expected(HERE)) == (Verdict.WRONG_COMPANY, "wrong_company")


@pytest.mark.parametrize(
    "region", [stock(HERE, INVOICE, score=UNSURE), careful(HERE, INVOICE, score=UNSURE)]
)
def test_the_right_name_read_in_doubt_is_for_a_person(region: SeenRegion) -> None:
    assert verdict_on(region, expect=expected(HERE)) == (Verdict.REVIEW, "unsure")


def test_another_name_read_in_doubt_is_for_a_person() -> None:
    found = verdict_on(stock(OTHER, INVOICE, score=UNSURE), expect=expected(HERE))
    assert found == (Verdict.REVIEW, "doubtful")


def test_an_alternative_of_the_reading_makes_doubt_never_ok() -> None:
    region = careful(OTHER, INVOICE, alternatives=(HERE,))
    assert verdict_on(region, expect=expected(HERE)) == (Verdict.REVIEW, "near")


@pytest.mark.parametrize(
    "region", [stock("有限公司", INVOICE), stock(INVOICE), careful(None, INVOICE)]
)
def test_a_seal_that_names_nobody_legibly_is_unreadable(region: SeenRegion) -> None:
    assert verdict_on(region, expect=expected(HERE))[0] is Verdict.UNREADABLE
    assert verdict_on(region)[0] is Verdict.UNREADABLE


def test_a_persons_seal_names_no_company() -> None:
    regions = (stock("贾宝玉之印"), careful("", "", shape="square"))
    for region in regions:
        assert verdict_on(region) == (Verdict.REVIEW, "no_company")


def test_the_right_name_with_another_tax_number_is_for_a_person() -> None:
    expect = Expectation("*", (Party(HERE, TAX_ID),))
    region = stock(HERE, INVOICE, "91310115MA9Z8Y7X6W")
    assert verdict_on(region, expect=expect) == (Verdict.REVIEW, "tax_id_other")


def test_the_right_tax_number_under_another_name_is_for_a_person() -> None:
    expect = Expectation("*", (Party(HERE, TAX_ID),))
    assert verdict_on(stock(OTHER, INVOICE, TAX_ID), expect=expect) == (
        Verdict.REVIEW,
        "tax_id_only",
    )


# What for


def test_the_right_company_with_a_seal_for_something_else_is_the_wrong_purpose() -> None:
    found = verdict_on(stock(HERE, "财务专用章"), expect=expected(HERE))
    assert found == (Verdict.WRONG_PURPOSE, "wrong_purpose")


def test_purposes_that_are_expected_go_before_those_of_the_kind() -> None:
    expect = expected(HERE, purposes=("财务专用章",))
    assert verdict_on(stock(HERE, "财务专用章"), expect=expect)[0] is Verdict.OK
    assert verdict_on(stock(HERE, INVOICE), expect=expect)[0] is Verdict.WRONG_PURPOSE


def test_one_of_several_seals_of_a_company_is_enough() -> None:
    regions = (stock(HERE, "财务专用章"), stock(HERE, INVOICE, number=2))
    assert verdict_on(*regions, expect=expected(HERE))[0] is Verdict.OK


@pytest.mark.parametrize(
    ("region", "code"),
    [
        (stock(HERE, INVOICE, score=SURE), "fits"),
        (stock(HERE), "purpose_unknown"),  # PaddleX may have missed a line
        (stock(HERE, "发禀专用章"), "purpose_doubtful"),  # nearly what it should be
        (replace(stock(HERE, INVOICE), lines=UNSURE_PURPOSE), "purpose_doubtful"),
        (careful(HERE, None), "purpose_unknown"),  # something stands there, illegibly
        (careful(HERE), "wrong_purpose"),  # a careful reading says: the company's main seal
    ],
)
def test_the_purpose_of_an_invoice(region: SeenRegion, code: str) -> None:
    assert verdict_on(region, expect=expected(HERE))[1] == code


def test_a_known_purpose_is_no_misreading_of_one_that_differs_in_a_character() -> None:
    expect = expected(HERE, purposes=("财务专用章",))
    assert verdict_on(stock(HERE, "业务专用章"), expect=expect)[0] is Verdict.WRONG_PURPOSE


def test_a_companys_main_seal_states_no_purpose_and_is_good_for_contracts() -> None:
    expect = expected(HERE, OTHER)
    regions = (careful(HERE), careful(OTHER, CONTRACT, number=2))
    assert verdict_on(*regions, expect=expect, source="合同.pdf")[0] is Verdict.OK


# How many


def test_a_contract_needs_two_companies() -> None:
    both = (stock(HERE, CONTRACT), stock(OTHER, CONTRACT, number=2))
    assert verdict_on(*both, source="合同.pdf")[0] is Verdict.OK
    assert verdict_on(both[0], source="合同.pdf") == (Verdict.TOO_FEW_PARTIES, "too_few")


def test_two_seals_of_one_company_are_one_party() -> None:
    regions = (stock(HERE, CONTRACT), stock(HERE[3:] + HERE[:3], CONTRACT, number=2))
    assert verdict_on(*regions, source="合同.pdf")[0] is Verdict.TOO_FEW_PARTIES


def test_two_names_that_are_nearly_one_are_for_a_person() -> None:
    regions = (stock(HERE, CONTRACT), stock(THERE, CONTRACT, number=2))
    assert verdict_on(*regions, source="合同.pdf") == (Verdict.REVIEW, "alike_companies")


def test_one_of_two_expected_companies_is_too_few() -> None:
    found = verdict_on(stock(HERE, CONTRACT), expect=expected(HERE, OTHER))
    assert found == (Verdict.TOO_FEW_PARTIES, "party_absent")


def test_a_stranger_in_place_of_an_expected_company_is_the_wrong_one() -> None:
    regions = (stock(HERE, CONTRACT), stock("天津桃花源印刷厂", CONTRACT, number=2))
    expect = expected(HERE, OTHER)
    assert verdict_on(*regions, expect=expect) == (Verdict.WRONG_COMPANY, "wrong_company")


def test_one_of_several_named_companies_is_enough_where_one_party_is_asked_for() -> None:
    expect = expected(OTHER, HERE, party_count=1)
    assert verdict_on(stock(HERE, INVOICE), expect=expect)[0] is Verdict.OK


def test_a_second_party_that_nobody_named_may_be_any() -> None:
    regions = (stock(HERE, CONTRACT), stock(OTHER, CONTRACT, number=2))
    assert verdict_on(*regions, expect=expected(HERE), source="合同.pdf")[0] is Verdict.OK


def test_an_illegible_second_party_is_unreadable() -> None:
    regions = (stock(HERE, CONTRACT), stock(CONTRACT, number=2))
    assert verdict_on(*regions, source="合同.pdf") == (Verdict.UNREADABLE, "illegible_owner")


# Whatever is seen


@given(
    names=st.lists(st.sampled_from([HERE, THERE, OTHER, HERE[2:], "", "贾宝玉之印"]), max_size=3),
    score=st.sampled_from([SURE, UNSURE, 0.1]),
    purpose=st.sampled_from([INVOICE, CONTRACT, ""]),
    wanted=st.lists(st.sampled_from([HERE, THERE, OTHER]), min_size=1, max_size=2, unique=True),
)
def test_ok_means_that_every_expected_company_was_surely_read(
    names: list[str], score: float, purpose: str, wanted: list[str]
) -> None:
    regions = [
        stock(*filter(None, (name, purpose)), score=score, number=number)
        for number, name in enumerate(names, start=1)
    ]
    found = ruled(_fresh(regions), expected(*wanted))
    assert found.reason.endswith(".")
    if found.verdict is Verdict.OK:
        assert set(wanted) <= set(names)
        assert score == SURE
        assert purpose == INVOICE


def _fresh(regions: list[SeenRegion]) -> SeenDocument:
    return document(*regions)


def test_evidence_says_where_the_seal_is_and_what_it_should_say() -> None:
    (owner, *_) = ruled(document(stock(THERE, INVOICE)), expected(HERE)).evidence
    assert (owner.page, owner.region, owner.field) == (1, 1, "owner")
    assert (owner.text, owner.expected, owner.picture) == (THERE, HERE, "r/region1.jpg")
    assert owner.score == SURE
    assert owner.similarity
    assert 0.7 < owner.similarity < 1


def test_evidence_of_a_thousand_empty_pages_is_cut() -> None:
    pages = [page(number) for number in range(1, 1001)]
    assert len(ruled(document(pages=pages)).evidence) == 20
