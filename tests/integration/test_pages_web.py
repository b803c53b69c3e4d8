"""Rules of the pages, asked for as a browser without a script does."""

from __future__ import annotations

import io
import json
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from fastapi.testclient import TestClient
from page_cases import OWNER, PURPOSE, Cases, cases
from sqlalchemy import delete
from web import new_key, serving, sessions_of, web_settings

from sealq_audit.training_set import write_folder
from sealq_configs.settings import Settings
from sealq_storage.api_keys import Scope
from sealq_storage.objects import open_objects
from sealq_storage.reviews import count_exceptions, reviews_of
from sealq_storage.sql.access_tables import ApiKey
from sealq_storage.sql.engine import Sessions
from sealq_storage.sql.review_tables import Review


@dataclass(frozen=True)
class Site:
    """A service with one job to look at."""

    settings: Settings
    sessions: Sessions
    client: TestClient
    job: Cases

    @property
    def url(self) -> str:
        return f"/jobs/{self.job.job_id}"

    def document(self, place: int) -> str:
        return f"{self.url}/documents/{self.job.documents[place]}"

    def get(self, path: str, **headers: str) -> str:
        answer = self.client.get(path, headers=headers)
        assert answer.status_code == 200, answer.text
        return answer.text

    def post(self, path: str, **fields: str) -> Any:
        """Send a form as a page would have it: with the token that the page brought."""
        token = csrf_of(self.get(self.document(0)))
        return self.client.post(path, data={"csrf_token": token, **fields}, follow_redirects=False)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory, redis_server: str) -> Iterator[Site]:
    home = tmp_path_factory.mktemp("site")
    settings = web_settings(home, f"sqlite:///{home / 'sealq.db'}", redis_server)
    with sessions_of(settings) as sessions, serving(settings) as client:
        job = cases(sessions, open_objects(settings.objects), name="三月 <发票>")
        yield Site(settings, sessions, client, job)


@pytest.fixture(autouse=True)
def undecided(site: Site) -> Iterator[None]:
    """Forget after each test what was decided, who may enter, and what the browser kept."""
    yield
    with site.sessions.begin() as session:
        session.execute(delete(Review))
        session.execute(delete(ApiKey))
    site.client.cookies.clear()


def csrf_of(page: str) -> str:
    found = re.search(r'name="csrf_token" value="(\w+)"', page)
    assert found, page
    return found[1]


def line_fields(page: str) -> list[str]:
    return re.findall(r'name="(line-\d+)"', page)


# What is shown ------------------------------------------------------------------------------------


def test_the_first_page_leads_to_the_jobs(site: Site) -> None:
    page = site.get("/")
    assert "三月 &lt;发票&gt;" in page
    assert "5 of 5 pages" in page
    assert f'href="{site.url}?standing=failed"' in page


def test_without_jobs_the_page_says_how_to_make_one(tmp_path: Path, redis_url: str) -> None:
    settings = web_settings(tmp_path, f"sqlite:///{tmp_path / 'sealq.db'}", redis_url)
    with serving(settings) as client:
        page = client.get("/jobs").text
    assert "There are no jobs yet." in page
    assert "<code>sealq run FOLDER</code>" in page


def test_a_job_shows_verdicts_reasons_and_what_waits(site: Site) -> None:
    page = site.get(site.url)
    assert "3 of 3 exceptions are waiting" in page
    assert "A sentence about wrong_company." in page
    assert "company &lt;b&gt;&amp;.pdf" in page
    assert "<b>&." not in page


def test_a_filter_shows_what_fits_or_says_that_nothing_does(site: Site) -> None:
    page = site.get(f"{site.url}?verdict=missing&search=MISSING")
    assert "missing.pdf" in page
    assert "review.pdf" not in page
    nothing = site.get(f"{site.url}?search=nowhere")
    assert "No document fits." in nothing
    assert "Show all" in nothing


def test_a_screen_leads_to_the_next_with_its_filter(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sealq_web.pages.jobs._DOCUMENTS", 2)
    page = site.get(f"{site.url}?standing=done&search={quote('三月')}")
    following = re.search(r'rel="next" href="([^"]+)"', page)
    assert following
    after = site.get(following[1].replace("&amp;", "&"))
    assert "missing.pdf" in after
    assert "ok.pdf" not in after
    assert "From the first" in after


def test_a_document_leads_to_the_page_that_tells_most(site: Site) -> None:
    answer = site.client.get(site.document(2), follow_redirects=False)
    assert answer.headers["location"] == f"{site.document(2)}/pages/1"


def test_a_page_shows_its_seals_where_they_are(site: Site) -> None:
    page = site.get(site.document(1))
    assert 'viewBox="0 0 600 800"' in page
    assert 'points="110.0,210.0 290.0,210.0 290.0,250.0 110.0,250.0"' in page
    assert f"<title>{OWNER} 0.98</title>" in page
    assert "or 财务专用章 (0.31)" in page
    assert "one character was replaced" in page
    assert "turned by 12°" in page


def test_all_pictures_on_a_page_are_there(site: Site) -> None:
    page = site.get(site.document(1))
    names = set(re.findall(r'(?:src|href)="(/jobs/[^"]+\.jpg)"', page))
    assert {name.rpartition("/")[2] for name in names} == {
        *("page.jpg", "region1.jpg", "region1_line1.jpg", "region1_line2.jpg"),
    }
    for name in names:
        answer = site.client.get(name)
        assert answer.headers["content-type"] == "image/jpeg"
        assert answer.content.startswith(b"\xff\xd8")


@pytest.mark.parametrize(
    "name", ["reading.json", "region2.jpg", "..%2F..%2Fsealq.db", "%2e%2e/page.jpg", "page.jpg%00"]
)
def test_only_pictures_of_the_reading_are_served(site: Site, name: str) -> None:
    reading = f"{site.document(1)}/pages/1/pictures"
    assert site.client.get(f"{reading}/{name}").status_code == 404


def test_a_picture_is_served_under_its_own_job_and_page_only(site: Site) -> None:
    elsewhere = site.document(1).replace(site.job.job_id, "20000101-0000-aaaaa")
    assert site.client.get(f"{elsewhere}/pages/1/pictures/page.jpg").status_code == 404
    assert site.client.get(f"{site.document(1)}/pages/2/pictures/page.jpg").status_code == 404


def test_a_page_that_could_not_be_read_says_why_in_plain_text(site: Site) -> None:
    page = site.get(site.document(4))
    assert "The page is damaged &lt;script&gt;." in page
    assert "<script>" not in page


@pytest.mark.parametrize("path", ["/jobs/nope", "/jobs/nope/documents/1", "/static/nope.css"])
def test_what_is_not_there_is_a_page_that_says_so(site: Site, path: str) -> None:
    answer = site.client.get(path)
    assert answer.status_code == 404
    assert "There is no such page" in answer.text
    assert 'href="/jobs"' in answer.text


def test_a_browser_that_goes_astray_gets_a_page(site: Site) -> None:
    answer = site.client.get("/nowhere", headers={"accept": "text/html,*/*"})
    assert answer.status_code == 404
    assert "There is no such page" in answer.text


def test_a_form_of_nobody_is_answered_with_a_way_in(site: Site) -> None:
    """The login ran out while somebody wrote."""
    new_key(site.settings)
    answer = site.client.post(f"{site.document(1)}/reviews", headers={"accept": "text/html"})
    assert answer.status_code == 401
    assert 'href="/login' in answer.text


def test_every_page_forbids_what_it_does_not_need(site: Site) -> None:
    """Nothing is loaded from elsewhere, nothing runs that stands in the page itself."""
    for path in ("/jobs", site.url, site.document(1), "/login", "/jobs/nope"):
        answer = site.client.get(path)
        assert answer.headers["content-security-policy"].startswith("default-src 'self'; ")
        assert "unsafe" not in answer.headers["content-security-policy"]
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["cache-control"] == "no-store"
        assert not re.search(r'\sstyle=|\son\w+="|<script>|<style|https?://', answer.text)


# Languages ----------------------------------------------------------------------------------------


def test_a_browser_gets_the_language_that_it_likes_best(site: Site) -> None:
    chinese = site.get("/jobs", **{"accept-language": "fr;q=0.9, zh-CN, en;q=0.8"})
    assert '<html lang="zh">' in chinese
    assert "任务" in chinese
    assert '<html lang="en">' in site.get("/jobs", **{"accept-language": "fr, de;q=x"})


def test_a_choice_of_language_is_kept_and_leads_back(site: Site) -> None:
    answer = site.client.get(f"/language/zh?next={site.url}")
    assert answer.url.path == site.url
    assert "处理异常" in answer.text
    assert '<html lang="zh">' in site.get("/jobs", **{"accept-language": "en"})


@pytest.mark.parametrize("after", ["//evil.example", "https://evil.example", "/\\evil.example"])
def test_a_choice_of_language_leads_nowhere_else(site: Site, after: str) -> None:
    answer = site.client.get(f"/language/zh?next={quote(after)}", follow_redirects=False)
    assert answer.headers["location"] == "/"


# Who may ------------------------------------------------------------------------------------------


def test_who_has_to_log_in_is_led_there_and_back(site: Site) -> None:
    token = new_key(site.settings, Scope.READ)
    answer = site.client.get(site.url)
    assert answer.url.path == "/login"
    assert f'name="next" value="{site.url}"' in answer.text
    wrong = site.client.post("/login", data={"key": "sealq_wrong", "next": site.url})
    assert "not known" in wrong.text
    right = site.client.post("/login", data={"key": token, "next": site.url})
    assert right.url.path == site.url
    assert "Log out" in right.text


def test_who_may_only_read_may_not_decide(site: Site) -> None:
    token = new_key(site.settings, Scope.READ)
    site.client.post("/login", data={"key": token, "next": "/"})
    answer = site.post(f"{site.document(1)}/reviews", decision="confirmed", verdict="review")
    assert answer.status_code == 403
    assert "That is not allowed" in answer.text


def test_a_form_without_its_token_is_refused(site: Site) -> None:
    answer = site.client.post(f"{site.document(1)}/reviews", data={"decision": "confirmed"})
    assert answer.status_code == 403
    with site.sessions.begin() as session:
        assert reviews_of(session, site.job.documents[1]) == []


# Decisions ----------------------------------------------------------------------------------------


def test_exceptions_are_decided_one_by_one(site: Site) -> None:
    """From the first to the next that waits; after the last, back to the job."""
    first = site.client.get(f"{site.url}/review", follow_redirects=False)
    assert first.headers["location"] == site.document(2)
    for place, verdict, following in (
        (2, "wrong_company", site.document(3)),
        (3, "missing", site.document(1)),
        (1, "review", site.url),
    ):
        answer = site.post(f"{site.document(place)}/reviews", decision="confirmed", verdict=verdict)
        assert answer.headers["location"].partition("?")[0] == following
    with site.sessions.begin() as session:
        assert count_exceptions(session, site.job.job_id).waiting == 0
    assert "All 3 exceptions are decided." in site.get(site.url)


def test_who_decided_and_what_is_kept(site: Site) -> None:
    token = new_key(site.settings)
    site.client.post("/login", data={"key": token, "next": "/"})
    site.post(f"{site.document(1)}/reviews", decision="rejected", verdict="review", note=" <i>ok ")
    page = site.get(site.document(1))
    assert "<q>&lt;i&gt;ok</q>" in page
    with site.sessions.begin() as session:
        (kept,) = reviews_of(session, site.job.documents[1])
    assert (kept.reviewer, kept.decision, kept.note) == ("submit", "rejected", "<i>ok")


def test_a_decision_can_be_taken_back(site: Site) -> None:
    done = site.post(f"{site.document(2)}/reviews", decision="confirmed", verdict="wrong_company")
    assert "Undo" in site.get(done.headers["location"])
    with site.sessions.begin() as session:
        (review,) = reviews_of(session, site.job.documents[2])
    undone = site.post(f"{site.url}/reviews/{review.id}/undo")
    assert undone.headers["location"].startswith(site.document(2))
    page = site.get(undone.headers["location"])
    assert "The decision is taken back." in page
    assert "3 of 3 exceptions are waiting" in page


@pytest.mark.parametrize("fields", [{"decision": "burn"}, {"decision": "noted", "note": ""}])
def test_a_decision_that_makes_no_sense_is_a_page_that_says_so(
    site: Site, fields: dict[str, str]
) -> None:
    answer = site.post(f"{site.document(1)}/reviews", **fields)
    assert answer.status_code == 422
    assert "<html" in answer.text


# Corrections --------------------------------------------------------------------------------------


def correct(site: Site, place: int, *texts: str) -> None:
    fields = line_fields(site.get(site.document(place)))
    answer = site.post(
        f"{site.document(place)}/pages/1/corrections", **dict(zip(fields, texts, strict=True))
    )
    assert answer.status_code == 303, answer.text


def test_a_corrected_line_shows_both_texts(site: Site) -> None:
    correct(site, 1, "某某样品有限公司", PURPOSE)
    page = site.get(site.document(1))
    assert f"<s>{OWNER}</s> <b>某某样品有限公司</b>" in page
    assert 'value="某某样品有限公司"' in page


def test_corrections_become_a_set_for_fine_tuning(site: Site) -> None:
    correct(site, 1, "某某样品有限公司\t ", "")
    correct(site, 2, OWNER, "###")
    archive = zipfile.ZipFile(io.BytesIO(site.client.get(f"{site.url}/training.zip").content))
    assert archive.testzip() is None
    detection = archive.read("detection/labels.txt").decode().splitlines()
    recognition = archive.read("recognition/labels.txt").decode().splitlines()
    texts = [
        [each["transcription"] for each in json.loads(row.split("\t")[1])] for row in detection
    ]
    assert texts == [["某某样品有限公司"], [OWNER, "###"]]
    assert [row.split("\t")[1] for row in recognition] == ["某某样品有限公司", OWNER]
    pictures = [f"detection/{row.split()[0]}" for row in detection]
    pictures += [f"recognition/{row.split()[0]}" for row in recognition]
    assert len(set(pictures)) == 4
    for picture in pictures:
        assert archive.read(picture).startswith(b"\xff\xd8")


def test_polygons_of_the_set_lie_in_its_pictures(site: Site, tmp_path: Path) -> None:
    """The crop's corner is (100, 200): what stands at (110, 210) on the page is 10 from both."""
    correct(site, 1, OWNER, PURPOSE)
    with site.sessions.begin() as session:
        count = write_folder(
            session, open_objects(site.settings.objects), site.job.job_id, tmp_path
        )
    assert count == 3
    row = (tmp_path / "detection/labels.txt").read_text(encoding="utf-8").split("\t")[1]
    assert json.loads(row)[0]["points"] == [[10, 10], [190, 10], [190, 50], [10, 50]]


def test_a_set_without_corrections_is_an_empty_one(site: Site) -> None:
    archive = zipfile.ZipFile(io.BytesIO(site.client.get(f"{site.url}/training.zip").content))
    assert archive.namelist() == ["detection/labels.txt", "recognition/labels.txt"]
    assert "training.zip" not in site.get(site.url)
