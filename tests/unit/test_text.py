"""Text from outside is fit to be shown."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sealq_configs.text import one_line, printable, without_passwords


@given(st.text(st.characters()))
def test_a_line_stays_one_line_and_any_encoding_takes_it(text: str) -> None:
    line = one_line(text)
    assert len(line.splitlines()) <= 1
    line.encode()


@given(st.text(st.characters()))
def test_a_name_shown_once_is_not_changed_in_a_sentence(name: str) -> None:
    assert one_line(printable(name)) == printable(name)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("redis://:pw@host:6379/0", "redis://:***@host:6379/0"),
        ("postgresql+psycopg://me:p/w@db/x?a=b", "postgresql+psycopg://me:***@db/x?a=b"),
        ("https://me:p@w@host and more", "https://me:***@host and more"),
        ("s3://bucket/key", "s3://bucket/key"),
        ("https://host:443/a", "https://host:443/a"),  # a port is no password
        ("me@example.com", "me@example.com"),
    ],
)
def test_the_password_of_a_url_is_hidden_and_nothing_else(text: str, shown: str) -> None:
    assert without_passwords(text) == shown
