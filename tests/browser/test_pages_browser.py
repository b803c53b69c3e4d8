"""Rules of the pages in a real browser: keys, pointer, narrow windows, nothing from elsewhere."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from browsing import Site, Watched
from page_cases import OWNER
from playwright.sync_api import Browser, Page, expect
from rows import finish_page, new_job, new_pages, new_reading, save_reading
from sqlalchemy import delete

from sealq_storage.jobs import mark_submitted
from sealq_storage.pages import claim_pages
from sealq_storage.reviews import count_exceptions, reviews_of
from sealq_storage.sql.review_tables import Review

WIDE, NARROW = {"width": 1280, "height": 800}, {"width": 360, "height": 740}


@pytest.fixture(autouse=True)
def undecided(site: Site) -> Iterator[None]:
    """Forget after each test what was decided."""
    yield
    with site.sessions.begin() as session:
        session.execute(delete(Review))


def all_pages(site: Site) -> dict[str, str]:
    """Return the pages that there are, by what they show."""
    return {
        "jobs": "/jobs",
        "job": site.url,
        "filtered": f"{site.url}?search=nowhere",
        "document": site.document(2),
        "empty page": site.document(3),
        "broken page": site.document(4),
        "login": "/login?failed=1",
    }


def waiting(site: Site) -> int:
    with site.sessions.begin() as session:
        return count_exceptions(session, site.job.job_id).waiting


def at_document(page: Page, site: Site, place: int) -> None:
    expect(page).to_have_url(re.compile(re.escape(f"{site.document(place)}/pages/1")))


@pytest.mark.parametrize("locale", ["en-GB", "zh-CN"])
@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["wide", "narrow"])
def test_every_page_fits_its_window(
    site: Site, browser: Browser, screens: Path, size: dict[str, int], locale: str
) -> None:
    """No page is wider than the window; what they look like lies in .cache/screens."""
    window = Watched(site, browser, viewport=size, locale=locale)
    for name, path in all_pages(site).items():
        window.page.goto(path)
        file = screens / f"{name} {locale} {size['width']}.png"
        window.page.screenshot(path=file, full_page=True)
        assert window.page.evaluate("document.documentElement.scrollWidth") <= size["width"], name
    window.close()


def test_no_request_leaves_the_machine(site: Site, watched: Watched) -> None:
    for path in all_pages(site).values():
        watched.page.goto(path, wait_until="networkidle")
    assert len(watched.requests) > len(all_pages(site))
    assert [url for url in watched.requests if not url.startswith(f"{site.base}/")] == []


def test_exceptions_are_decided_with_the_keyboard_alone(site: Site, watched: Watched) -> None:
    """C confirms and leads on, r rejects, u undoes; j and k, or the arrows, look around."""
    page = watched.page
    page.goto(f"{site.url}/review")
    at_document(page, site, 2)
    page.keyboard.press("c")
    at_document(page, site, 3)
    page.keyboard.press("j")
    at_document(page, site, 1)
    page.keyboard.press("ArrowLeft")
    at_document(page, site, 3)
    page.keyboard.press("r")
    at_document(page, site, 1)
    expect(page.get_by_text("1 of 3 exceptions are waiting")).to_be_visible()
    page.keyboard.press("u")
    at_document(page, site, 3)
    assert waiting(site) == 2
    page.keyboard.press("k")
    at_document(page, site, 2)


def test_keys_are_letters_while_somebody_writes(site: Site, watched: Watched) -> None:
    page = watched.page
    page.goto(site.document(2))
    page.keyboard.press("n")
    page.keyboard.type("circus")
    expect(page.locator("textarea")).to_have_value("circus")
    page.keyboard.press("Escape")
    page.keyboard.press("c")
    at_document(page, site, 3)
    with site.sessions.begin() as session:
        (review,) = reviews_of(session, site.job.documents[2])
    assert (review.decision, review.note) == ("confirmed", "circus")


def test_a_key_opens_the_correction_with_the_cursor_in_its_first_line(
    site: Site, watched: Watched
) -> None:
    page = watched.page
    page.goto(site.document(2))
    page.keyboard.press("e")
    page.keyboard.type("某某样品有限公司")
    page.keyboard.press("Enter")
    expect(page.locator("#seal1 .lines s")).to_have_text(OWNER)
    expect(page.locator("#seal1 .lines b").first).to_have_text("某某样品有限公司")


@pytest.mark.parametrize("way", ["pointer", "keyboard"])
def test_a_line_on_the_page_says_its_text_and_score(site: Site, watched: Watched, way: str) -> None:
    page = watched.page
    page.goto(site.document(2))
    line = page.locator("svg.page .line").first
    line.hover() if way == "pointer" else line.focus()
    expect(page.locator("#said")).to_have_text(f"{OWNER} 0.98")
    expect(page.locator("#seal1 .lines li").first).to_have_class("lit")


def test_the_outline_lies_on_the_picture(site: Site, watched: Watched) -> None:
    """Page pixels: the seal at (100, 200) to (300, 400) of 600 by 800."""
    page = watched.page
    page.goto(site.document(2))
    paper = page.locator("svg.page image").bounding_box()
    box = page.locator("svg.page .box rect").bounding_box()
    assert paper
    assert box
    scale = paper["width"] / 600
    assert box["x"] - paper["x"] == pytest.approx(100.4 * scale, abs=2)
    assert box["y"] - paper["y"] == pytest.approx(200.6 * scale, abs=2)
    assert box["width"] == pytest.approx(199.6 * scale, abs=4)


def test_progress_moves_by_itself(site: Site, watched: Watched) -> None:
    job_id = new_job(site.sessions, name="live")
    first, second = new_pages(site.sessions, job_id, "live.pdf", pages=2)
    with site.sessions.begin() as session:
        mark_submitted(session, job_id)
    watched.page.goto(f"/jobs/{job_id}")
    expect(watched.page.locator("#live .state")).to_have_text("running")
    for page_id in (first, second):
        with site.sessions.begin() as session:
            (page,) = claim_pages(session, [page_id], "worker", 60)
            reading_id = save_reading(session, new_reading(page.sha256, page.number))
            finish_page(session, page_id, "worker", reading_id)
    expect(watched.page.locator("#live .state")).to_have_text("done", timeout=15_000)
    expect(watched.page.locator("#live")).to_contain_text("2 of 2 pages")


def test_all_can_be_done_without_a_script(site: Site, browser: Browser) -> None:
    window = Watched(site, browser, java_script_enabled=False)
    page = window.page
    page.goto(f"/jobs/{site.job.job_id}")
    page.get_by_role("link", name="Decide exceptions").click()
    page.get_by_role("button", name="Confirm").click()
    at_document(page, site, 3)
    page.get_by_role("button", name="Undo").first.click()
    at_document(page, site, 2)
    page.get_by_text("Correct the text").click()
    page.get_by_label("Line 1").fill("甲")
    page.get_by_role("button", name="Save the text").click()
    expect(page.locator("#seal1 .lines b").first).to_have_text("甲")
    window.close()


def test_the_keyboard_shows_where_it_is(site: Site, watched: Watched) -> None:
    watched.page.goto(site.url)
    for _ in range(6):
        watched.page.keyboard.press("Tab")
        width = watched.page.evaluate("getComputedStyle(document.activeElement).outlineWidth")
        assert width == "2px"
