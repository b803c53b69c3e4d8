"""Encrypted PDFs are opened by passwords from a file, which nothing repeats."""

from __future__ import annotations

import logging
from dataclasses import replace
from pathlib import Path

import pytest
from odd_files import encrypted_pdf

from sealq_worker.documents import DocumentLimits, open_document
from sealq_worker.documents.passwords import passwords_in
from sealq_worker.errors import EncryptedDocumentError

LIMITS = DocumentLimits(max_bytes=1 << 20, max_pages=100, max_page_pixels=1_000_000)


def pages(folder: Path, passwords: str | None) -> int:
    """Open a PDF whose password is `planted`; return its number of pages."""
    path = folder / "a.pdf"
    path.write_bytes(encrypted_pdf("planted", "owner"))
    file = folder / "passwords"
    if passwords is not None:
        file.write_text(passwords, "utf-8")
    with open_document(path, dpi=72, limits=replace(LIMITS, password_file=file)) as document:
        assert document.page(1).image.any()
        return document.page_count


@pytest.mark.parametrize(
    "passwords",
    [
        "planted",
        "planted\n",
        "wrong\r\n\r\nplanted\r\n",
        "\ufeffplanted\n",
        "owner\n",  # the owner's opens it as well
    ],
)
def test_each_line_is_tried(tmp_path: Path, passwords: str) -> None:
    assert pages(tmp_path, passwords) == 1


def test_spaces_are_part_of_a_password(tmp_path: Path) -> None:
    (tmp_path / "passwords").write_bytes(b" a b \n\nc\n")
    assert passwords_in(tmp_path / "passwords") == [b" a b ", b"c"]


def test_without_the_right_one_the_remedy_is_named_and_no_password_repeated(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    with pytest.raises(EncryptedDocumentError, match="none of those there opens it") as error:
        pages(tmp_path, "planted-wrong\n")
    assert "planted" not in str(error.value) + caplog.text


def test_a_file_that_can_not_be_read_is_told_apart(tmp_path: Path) -> None:
    with pytest.raises(EncryptedDocumentError, match="can't read SEALQ_PASSWORD_FILE: No such"):
        pages(tmp_path, None)


def test_without_a_file_the_setting_is_named(tmp_path: Path) -> None:
    (tmp_path / "a.pdf").write_bytes(encrypted_pdf("planted", "owner"))
    with pytest.raises(EncryptedDocumentError, match="SEALQ_PASSWORD_FILE"):
        open_document(tmp_path / "a.pdf", dpi=72, limits=LIMITS)


def test_what_is_not_encrypted_asks_for_no_file(tmp_path: Path) -> None:
    (tmp_path / "a.pdf").write_bytes(encrypted_pdf("", "owner"))
    gone = replace(LIMITS, password_file=tmp_path / "gone")
    with open_document(tmp_path / "a.pdf", dpi=72, limits=gone) as document:
        assert document.page_count == 1
