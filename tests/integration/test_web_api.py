"""`/api/v1`: jobs by HTTP, from the upload to the results."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from fakes import FailingReader, NullReader, tiff
from fastapi.testclient import TestClient
from waiting import until
from web import new_key, serving, sessions_of, web_settings, working

from sealq_configs.settings import Settings
from sealq_storage.api_keys import Scope, revoke_api_key
from sealq_storage.verdicts import NewVerdict, Verdict, save_verdicts
from sealq_web.app import NoKeysError, check_keys

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

JOBS = "/api/v1/jobs"


@pytest.fixture
def settings(tmp_path: Path, database_url: str, redis_url: str) -> Settings:
    return web_settings(
        tmp_path / "home", database_url, redis_url, web_sources=(str(tmp_path / "in"),)
    )


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The folder that jobs may name, with two documents of three pages and two."""
    inputs = tmp_path / "in"
    inputs.mkdir()
    (inputs / "a.tif").write_bytes(tiff(3))
    (inputs / "b.tif").write_bytes(tiff(2, shade=200))
    return inputs


@pytest.fixture
def client(settings: Settings) -> Iterator[TestClient]:
    """A service with a worker."""
    with working(settings, NullReader()), serving(settings) as opened:
        yield opened


@pytest.fixture
def idle(settings: Settings) -> Iterator[TestClient]:
    """A service without workers."""
    with serving(settings) as opened:
        yield opened


def get(client: TestClient, path: str, **query: Any) -> Any:
    response = client.get(path, params=query)
    assert response.status_code == 200, response.text
    return response.json()


def post(client: TestClient, path: str, **body: Any) -> Any:
    response = client.post(path, json=body)
    assert response.status_code < 300, response.text
    return response.json()


def refused(client: TestClient, status: int, path: str, **body: Any) -> str:
    response = client.post(path, json=body)
    assert response.status_code == status, response.text
    found = response.json()
    assert set(found) == {"code", "message", "request_id"}
    message: str = found["message"]
    return message


def upload(client: TestClient, *files: tuple[str, bytes], **wishes: Any) -> str:
    response = client.post(
        f"{JOBS}/upload",
        files=[("files", file) for file in files],
        data={"wishes": json.dumps(wishes)},
    )
    assert response.status_code == 201, response.text
    job_id: str = response.json()["id"]
    return job_id


def wait(client: TestClient, job_id: str) -> Any:
    until(lambda: get(client, f"{JOBS}/{job_id}")["state"] == "done")
    return get(client, f"{JOBS}/{job_id}")


def all_of(client: TestClient, path: str, limit: int) -> list[Any]:
    """Leaf through a list to its end."""
    parts = [get(client, path, limit=limit)]
    while parts[-1]["next"]:
        parts.append(get(client, path, limit=limit, cursor=parts[-1]["next"]))
    return [item for part in parts for item in part["items"]]


# A job from its upload to its results -------------------------------------------------------------


def test_what_is_uploaded_is_read_and_its_results_are_listed(client: TestClient) -> None:
    files = [("one.tif", tiff(3)), ("one.tif", tiff(2, shade=100)), ("发票.tif", tiff(1, shade=50))]
    job_id = upload(client, *files, name="四月", tags={"by": "hand"})
    status = wait(client, job_id)
    assert status["name"] == "四月"
    assert (status["documents"], status["pages"]) == ({"counted": 3}, {"done": 6})
    documents = all_of(client, f"{JOBS}/{job_id}/documents", limit=2)
    assert [each["document"] for each in documents] == ["one.tif", "one.tif (2)", "发票.tif"]
    assert [(each["state"], each["seals"]) for each in documents] == [
        *(("done", 3), ("done", 2), ("done", 1))
    ]
    pages = all_of(client, f"{JOBS}/{job_id}/pages", limit=4)
    assert [page["page"] for page in pages] == [1, 2, 3, 1, 2, 1]
    results = all_of(client, f"{JOBS}/{job_id}/results", limit=1)
    texts = [page["regions"][0]["lines"][0]["text"] for page in results]
    assert texts == [*("第1页 255", "第2页 255", "第3页 255", "第1页 100", "第2页 100", "第1页 50")]


def test_a_result_names_files_that_can_be_had(client: TestClient) -> None:
    job_id = upload(client, ("one.tif", tiff(1)))
    wait(client, job_id)
    (page,) = get(client, f"{JOBS}/{job_id}/results")["items"]
    files = page["reading"]["files"]
    types = [client.get(file).headers["content-type"] for file in files]
    assert types[0] == "application/json"
    assert set(types[1:]) == {"image/jpeg"}
    elsewhere = client.get(files[0].replace("reading.json", "..%2Freading.json"))
    assert elsewhere.status_code in {404, 422}


def test_documents_of_an_allowed_folder_are_read_where_they_lie(
    client: TestClient, folder: Path
) -> None:
    made = post(client, JOBS, sources=[str(folder)], pages="1-2", exclude=["b.*"])
    assert made["documents"] == 1
    assert made["skipped"] == {"excluded": 1}
    assert wait(client, made["id"])["pages"] == {"done": 2}


def test_a_link_out_of_an_allowed_folder_is_no_way_out(
    idle: TestClient, folder: Path, tmp_path: Path
) -> None:
    (tmp_path / "secret.tif").write_bytes(tiff(1))
    (folder / "link.tif").symlink_to(tmp_path / "secret.tif")
    for name in (f"{folder}/link.tif", f"{folder}/../secret.tif", "in/a.tif", "-", "/"):
        assert "SEALQ_WEB_SOURCES" in refused(idle, 403, JOBS, sources=[name])


def test_a_prefix_of_s3_is_taken_only_below_one_that_is_allowed(
    tmp_path: Path,
    *,
    sqlite_url: str,
    redis_url: str,
    s3_server: str,
    s3_bucket: str,
    s3_admin: S3Client,
) -> None:
    s3_admin.put_object(Bucket=s3_bucket, Key="in/a.tif", Body=tiff(1))
    settings = web_settings(
        tmp_path,
        sqlite_url,
        redis_url,
        web_sources=(f"s3://{s3_bucket}/in",),
        input_s3_endpoint_url=s3_server,
    )
    with serving(settings) as client:
        made = post(client, JOBS, sources=[f"s3://{s3_bucket}/in/"])
        assert made["documents"] == 1
        for other in (f"s3://{s3_bucket}/inner/", f"s3://{s3_bucket}/", "s3://other/in/"):
            assert "SEALQ_WEB_SOURCES" in refused(client, 403, JOBS, sources=[other])


def test_the_same_token_gives_the_same_job(idle: TestClient, folder: Path) -> None:
    wishes = {"sources": [str(folder)], "client_token": "april"}
    first, second = post(idle, JOBS, **wishes), post(idle, JOBS, **wishes)
    assert first["id"] == second["id"]
    assert get(idle, f"{JOBS}/{first['id']}")["documents"] == {"listed": 2}
    assert "belongs to job" in refused(idle, 409, JOBS, **wishes, pages="1")


def test_jobs_are_listed_newest_first(idle: TestClient, folder: Path) -> None:
    ids = [post(idle, JOBS, sources=[str(folder)], name=str(number))["id"] for number in range(3)]
    listed = [job["id"] for job in all_of(idle, JOBS, limit=2)]
    assert listed == ids[::-1]


def test_a_cancelled_job_can_be_tried_again(idle: TestClient, settings: Settings) -> None:
    job_id = upload(idle, ("one.tif", tiff(2)))
    assert post(idle, f"{JOBS}/{job_id}/cancel") == {"pages": 0}
    assert get(idle, f"{JOBS}/{job_id}")["state"] == "cancelled"
    assert post(idle, f"{JOBS}/{job_id}/retry") == {"documents": 1, "pages": 0}
    with working(settings, NullReader()):
        assert wait(idle, job_id)["pages"] == {"done": 2}


def test_what_failed_says_why_and_can_be_requeued(settings: Settings) -> None:
    once = settings.model_copy(update={"max_attempts": 1})
    with serving(once) as client:
        job_id = upload(client, ("one.tif", tiff(2)))
        with working(once, FailingReader([2])):
            assert wait(client, job_id)["failed"] == 1
        (page,) = get(client, f"{JOBS}/{job_id}/pages", state="failed")["items"]
        assert (page["page"], page["error_code"]) == (2, "reading_failed")
        (letter,) = get(client, "/api/v1/dead-letters", job_id=job_id)
        assert post(client, "/api/v1/dead-letters/requeue", ids=[letter["id"]])["pages"] == 1
        with working(once, NullReader()):
            assert wait(client, job_id)["pages"] == {"done": 2}


def test_verdicts_are_listed_those_first_that_need_a_person(
    client: TestClient, settings: Settings
) -> None:
    job_id = upload(client, ("a.tif", tiff(1)), ("b.tif", tiff(1, shade=9)))
    wait(client, job_id)
    ids = [each["id"] for each in get(client, f"{JOBS}/{job_id}/documents")["items"]]
    verdicts = [
        NewVerdict(ids[0], Verdict.OK, "Sealed by 甲公司.", "contract"),
        NewVerdict(ids[1], Verdict.MISSING, "No seal on any page.", "contract"),
    ]
    with sessions_of(settings) as sessions, sessions.begin() as session:
        save_verdicts(session, job_id, verdicts, "0" * 64)
    found = get(client, f"{JOBS}/{job_id}/verdicts")
    assert [each["verdict"] for each in found] == ["missing", "ok"]
    wrong = get(client, f"{JOBS}/{job_id}/documents", verdict="missing")["items"]
    assert [each["verdict"]["reason"] for each in wrong] == ["No seal on any page."]
    assert get(client, f"{JOBS}/{job_id}")["verdicts"] == {"missing": 1, "ok": 1}


# Refusals -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["", "/documents", "/pages", "/results", "/verdicts"])
def test_an_unknown_job_is_not_found(idle: TestClient, path: str) -> None:
    response = idle.get(f"{JOBS}/20260101-0000-abcde{path}")
    assert response.status_code == 404
    assert response.json()["code"] == "not_found"


@pytest.mark.parametrize(
    ("wish", "named"),
    [
        ({"preset": "/etc/passwd"}, "no such preset"),
        ({"pages": "3-1"}, "backwards"),
        ({"parameters": {"seal_det_thres": 0.5}}, "seal_det_thres"),
        ({"name": "a\x00b"}, "control characters"),
        ({"webhook": {"url": "http://127.0.0.1/", "secret": "s" * 16}}, "SEALQ_WEB_CALL_HOSTS"),
    ],
)
def test_a_wish_that_can_t_be_met_is_refused_before_a_job_is_made(
    idle: TestClient, folder: Path, wish: dict[str, Any], named: str
) -> None:
    assert named in refused(idle, 422, JOBS, sources=[str(folder)], **wish)
    assert get(idle, JOBS)["items"] == []


def test_an_upload_that_is_too_large_is_refused_whole(settings: Settings) -> None:
    small = settings.model_copy(update={"web_upload_bytes": 4096})
    with serving(small) as client:
        response = client.post(f"{JOBS}/upload", files=[("files", ("a.tif", b"0" * 8192))])
        assert response.status_code == 413
        assert get(client, JOBS)["items"] == []


def test_a_file_that_is_too_large_ends_as_a_failed_document(settings: Settings) -> None:
    small = settings.model_copy(update={"max_document_bytes": 1000})
    with serving(small) as client:
        job_id = upload(client, ("a.tif", b"0" * 2000))
        (document,) = get(client, f"{JOBS}/{job_id}/documents")["items"]
    assert document["state"] == "failed"
    assert "SEALQ_MAX_DOCUMENT_BYTES" in document["error"]


def test_a_cursor_that_is_none_is_refused(idle: TestClient) -> None:
    for cursor in ("x", "e30", "WzFd", "[]"):
        response = idle.get(f"{JOBS}/20260101-0000-abcde/pages", params={"cursor": cursor})
        assert response.status_code == 422, cursor


# Keys ---------------------------------------------------------------------------------------------


def test_once_there_is_a_key_everybody_needs_one(settings: Settings) -> None:
    with serving(settings) as client:
        assert client.get(JOBS).status_code == 200
        token = new_key(settings, Scope.READ)
        assert client.get(JOBS).status_code == 401
        for headers in ({"Authorization": f"Bearer {token}"}, {"X-API-Key": token}):
            assert client.get(JOBS, headers=headers).status_code == 200
        wrong = {"Authorization": f"Bearer {token[:-1]}"}
        assert client.get(JOBS, headers=wrong).status_code == 401


def test_a_key_may_do_what_its_scope_says_and_no_more(settings: Settings) -> None:
    path = "/api/v1/dead-letters/requeue"
    statuses = {}
    for scope in Scope:
        with serving(settings, new_key(settings, scope)) as client:
            statuses[scope] = [
                client.get(JOBS).status_code,
                client.post(f"{JOBS}/20260101-0000-abcde/cancel").status_code,
                client.post(path, json={"ids": ["p1"]}).status_code,
            ]
    assert statuses == {
        Scope.READ: [200, 403, 403],
        Scope.SUBMIT: [200, 404, 403],
        Scope.ADMIN: [200, 404, 200],
    }


def test_a_key_beyond_its_rate_is_told_when_to_come_again(settings: Settings) -> None:
    with serving(settings, new_key(settings, rate=2)) as client:
        statuses = [client.get(JOBS).status_code for _ in range(3)]
        last = client.get(JOBS)
    assert statuses == [200, 200, 429]
    assert 0 < int(last.headers["retry-after"]) <= 30


def test_without_keys_a_stranger_s_name_for_this_machine_is_refused(settings: Settings) -> None:
    """A page of another site can have its own name point at 127.0.0.1."""
    with serving(settings) as client:
        response = client.get(JOBS, headers={"Host": "evil.example:8080"})
    assert response.status_code == 403


def test_what_a_page_of_another_site_sends_is_refused(settings: Settings) -> None:
    with serving(settings) as client:
        for headers in ({"Origin": "http://evil.example"}, {"Sec-Fetch-Site": "cross-site"}):
            response = client.post(f"{JOBS}/x/cancel", headers=headers)
            assert response.status_code == 403
            assert "another site" in response.json()["message"]
        own = client.post(f"{JOBS}/x/cancel", headers={"Sec-Fetch-Site": "same-origin"})
        assert own.status_code == 404


def test_nobody_else_s_address_is_bound_without_a_key(settings: Settings) -> None:
    check_keys(settings)
    open_to_all = settings.model_copy(update={"web_host": "0.0.0.0"})  # noqa: S104
    with pytest.raises(NoKeysError, match="sealq keys create"):
        check_keys(open_to_all)
    new_key(settings)
    check_keys(open_to_all)


def test_off_the_loopback_a_key_is_needed_though_the_last_one_was_revoked(
    settings: Settings,
) -> None:
    open_to_all = settings.model_copy(update={"web_host": "0.0.0.0"})  # noqa: S104
    with serving(open_to_all) as client:
        assert client.get(JOBS).status_code == 401
        assert client.get("/healthz").status_code == 200


# Logins -------------------------------------------------------------------------------------------


def test_a_browser_that_brings_a_key_is_logged_in_by_a_cookie_that_scripts_can_t_read(
    settings: Settings,
) -> None:
    token = new_key(settings, Scope.READ)
    with serving(settings) as client:
        answer = client.post(
            "/login", data={"key": token, "next": "//evil.example"}, follow_redirects=False
        )
        assert (answer.status_code, answer.headers["location"]) == (303, "/")
        cookie = answer.headers["set-cookie"].lower()
        assert "httponly" in cookie
        assert "samesite=strict" in cookie
        assert token not in cookie
        assert client.get(JOBS).status_code == 200
        assert client.post(f"{JOBS}/x/cancel").status_code == 403


def test_a_cookie_is_worth_nothing_changed_or_after_its_key_was_revoked(
    settings: Settings,
) -> None:
    token = new_key(settings, Scope.READ)
    with serving(settings) as client, sessions_of(settings) as sessions:
        client.post("/login", data={"key": token}, follow_redirects=False)
        whole = client.cookies["sealq_login"]
        key_id, rest = whole.split(".", 1)
        client.cookies.clear()
        for forged in (f"{int(key_id) + 1}.{rest}", f"{key_id}.9{rest}", whole[:-1], "", "a.b.c.d"):
            headers = {"Cookie": f"sealq_login={forged}"}
            assert client.get(JOBS, headers=headers).status_code == 401
        headers = {"Cookie": f"sealq_login={whole}"}
        assert client.get(JOBS, headers=headers).status_code == 200
        with sessions.begin() as session:
            revoke_api_key(session, "read")
        assert client.get(JOBS, headers=headers).status_code == 401


def test_a_wrong_key_leads_back_to_the_form(settings: Settings) -> None:
    with serving(settings) as client:
        answer = client.post("/login", data={"key": "sealq_none"}, follow_redirects=False)
    assert answer.headers["location"] == "/login?failed=1"
    assert "set-cookie" not in answer.headers


def test_a_form_without_its_token_is_refused(settings: Settings) -> None:
    token = new_key(settings, Scope.READ)
    with serving(settings) as client:
        client.post("/login", data={"key": token}, follow_redirects=False)
        assert client.post("/logout", follow_redirects=False).status_code == 403


# Exports ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("form", "begins"),
    [("csv", b"\xef\xbb\xbf"), ("jsonl", b"{"), ("parquet", b"PAR1"), ("xlsx", b"PK")],
)
def test_a_job_can_be_had_as_a_file(client: TestClient, form: str, begins: bytes) -> None:
    job_id = upload(client, ("a.tif", tiff(1)))
    wait(client, job_id)
    answer = client.get(f"{JOBS}/{job_id}/export", params={"format": form})
    assert answer.content.startswith(begins)
    assert f'filename="{job_id}-seals.{form}"' in answer.headers["content-disposition"]


def test_exceptions_can_t_be_exported_before_an_audit(client: TestClient) -> None:
    job_id = upload(client, ("a.tif", tiff(1)))
    answer = client.get(f"{JOBS}/{job_id}/export", params={"per": "exception"})
    assert answer.status_code == 422
    assert "sealq audit" in answer.json()["message"]
