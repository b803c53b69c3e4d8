"""Rules of discovery on local disks."""

from __future__ import annotations

import io
import os
import re
import socket
import sys
import unicodedata
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ordinary_user import open_folder, ordinary_user

from sealq_configs.errors import WrongUseError
from sealq_configs.text import printable
from sealq_producer.discovery import Skipped, SkipReason, Source, WalkLimits, discover
from sealq_producer.errors import SourceListError, SourceNotFoundError
from sealq_producer.sources import EXAMPLES_PER_REASON, SourceRefusedError

PDF = b"%PDF-1.7\n"
PNG = b"\x89PNG\r\n\x1a\n"
TEXT = b"just text"


@pytest.fixture
def skipped() -> Skipped:
    return Skipped()


@pytest.fixture
def folder(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Yield the current folder: empty, and every user may enter it."""
    with open_folder() as path:
        monkeypatch.chdir(path)
        yield path


def put(*names: str, content: bytes = PDF) -> None:
    for name in names:
        path = Path(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


def names(sources: Iterable[Source]) -> list[str]:
    return [source.name for source in sources]


@pytest.mark.usefixtures("folder")
class TestArguments:
    def test_a_named_file_is_taken_whatever_it_is(self, skipped: Skipped) -> None:
        put("notes.txt", ".hidden", content=TEXT)
        assert names(discover(["notes.txt", ".hidden"], skipped=skipped)) == [
            "notes.txt",
            ".hidden",
        ]
        assert not skipped.counts

    def test_names_stay_as_the_user_wrote_them_and_paths_are_absolute(
        self, folder: Path, skipped: Skipped
    ) -> None:
        put("scans/a.pdf", "b.pdf")
        sources = list(discover(["scans", "b.pdf", str(folder / "b.pdf")], skipped=skipped))
        assert names(sources) == ["scans/a.pdf", "b.pdf", str(folder / "b.pdf")]
        assert [source.path for source in sources] == [
            folder / "scans/a.pdf",
            folder / "b.pdf",
            folder / "b.pdf",
        ]
        assert {source.size for source in sources} == {len(PDF)}

    def test_the_current_folder_adds_nothing_to_a_name(self, skipped: Skipped) -> None:
        put("a.pdf")
        assert names(discover([".", "./a.pdf"], skipped=skipped)) == ["a.pdf", "a.pdf"]

    def test_a_named_link_is_followed(self, skipped: Skipped) -> None:
        put("there/a.pdf")
        Path("link").symlink_to("there")
        Path("b.pdf").symlink_to("there/a.pdf")
        assert names(discover(["link", "b.pdf"], skipped=skipped)) == ["link/a.pdf", "b.pdf"]

    def test_missing_arguments_are_named_before_anything_is_yielded(self, skipped: Skipped) -> None:
        put("a.pdf")
        with pytest.raises(SourceNotFoundError, match=r"no/b\.pdf, a\.pdf/c.*Nothing was submi"):
            discover(["a.pdf", "no/b.pdf", "a.pdf/c"], skipped=skipped)

    def test_of_many_missing_arguments_a_few_are_named(self, skipped: Skipped) -> None:
        with pytest.raises(SourceNotFoundError, match="m0, m1, m2, m3, m4 and 995 more"):
            discover([f"m{number}" for number in range(1000)], skipped=skipped)

    def test_an_empty_argument_is_not_the_current_folder(self, skipped: Skipped) -> None:
        """`sealq submit "$UNSET"` must not read all that lies around."""
        with pytest.raises(SourceNotFoundError, match="an empty name"):
            discover([""], skipped=skipped)

    def test_a_file_behind_a_closed_folder_is_a_source_that_can_fail(
        self, skipped: Skipped
    ) -> None:
        put("closed/a.pdf")
        Path("closed").chmod(0o000)
        with ordinary_user():
            sources = list(discover(["closed/a.pdf"], skipped=skipped))
        Path("closed").chmod(0o755)
        assert names(sources) == ["closed/a.pdf"]
        assert sources[0].size is None

    def test_a_missing_argument_is_wrong_use(self) -> None:
        assert issubclass(SourceNotFoundError, WrongUseError)


@pytest.mark.usefixtures("folder")
class TestFolders:
    def test_documents_are_known_by_content_or_by_suffix(self, skipped: Skipped) -> None:
        put("d/no-suffix", "d/scan.dat")
        put("d/empty.PDF", "d/broken.tif", content=b"")
        put("d/notes.txt", "d/README", content=TEXT)
        assert names(discover(["d"], skipped=skipped)) == [
            "d/broken.tif",
            "d/empty.PDF",
            "d/no-suffix",
            "d/scan.dat",
        ]
        assert skipped.counts == {SkipReason.NOT_A_DOCUMENT: 2}
        assert skipped.examples == {SkipReason.NOT_A_DOCUMENT: ["d/README", "d/notes.txt"]}

    def test_what_sealq_keeps_is_passed_over_wherever_it_lies(
        self, skipped: Skipped, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Its pictures are no documents, and its database must not be opened by name."""
        put("d/a.pdf", "d/sealq-data/objects/seal.jpg", "d/kept/objects/page.jpg")
        put("d/sealq-data/sealq.db", "d/kept/sealq.db", "d/sealq.db", "d/sealq.db-wal")
        opened: list[str] = []
        open_path = Path.open

        def watched(path: Path, *arguments: Any, **options: Any) -> Any:
            opened.append(path.name)
            return open_path(path, *arguments, **options)

        monkeypatch.setattr(Path, "open", watched)
        assert names(discover(["d"], skipped=skipped)) == ["d/a.pdf"]
        assert skipped.counts == {SkipReason.OWN: 4}
        assert not [name for name in opened if name.startswith("sealq.db")]

    def test_the_order_is_by_name_folder_by_folder(self, skipped: Skipped) -> None:
        put("d/b/2.pdf", "d/c.pdf", "d/b/10.pdf", "d/a.pdf", "d/b/1/z.pdf", "d/Z.pdf")
        assert names(discover(["d"], skipped=skipped)) == [
            "d/Z.pdf",
            "d/a.pdf",
            "d/b/1/z.pdf",
            "d/b/10.pdf",
            "d/b/2.pdf",
            "d/c.pdf",
        ]

    def test_hidden_files_and_folders_are_passed_over(self, skipped: Skipped) -> None:
        put("d/.a.pdf", "d/.git/b.pdf", "d/c.pdf")
        assert names(discover(["d"], skipped=skipped)) == ["d/c.pdf"]
        assert skipped.counts == {SkipReason.HIDDEN: 2}

    def test_links_and_special_files_are_not_followed(self, skipped: Skipped) -> None:
        put("d/a.pdf", "elsewhere/b.pdf")
        Path("d/loop").symlink_to(".")
        Path("d/other").symlink_to("../elsewhere")
        Path("d/file.pdf").symlink_to("a.pdf")
        Path("d/dangling.pdf").symlink_to("nowhere")
        os.mkfifo("d/pipe.pdf")
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind("d/socket.pdf")
        assert names(discover(["d"], skipped=skipped)) == ["d/a.pdf"]
        assert skipped.counts == {SkipReason.SYMBOLIC_LINK: 4, SkipReason.SPECIAL_FILE: 2}

    def test_a_folder_that_can_not_be_listed_is_named_and_the_rest_goes_on(
        self, skipped: Skipped
    ) -> None:
        put("d/a.pdf", "d/closed/b.pdf", "d/e.pdf")
        Path("d/closed").chmod(0o000)
        with ordinary_user():
            found = names(discover(["d"], skipped=skipped))
        Path("d/closed").chmod(0o755)
        assert found == ["d/a.pdf", "d/e.pdf"]
        assert skipped.examples == {SkipReason.UNLISTABLE: ["d/closed (Permission denied)"]}

    def test_an_unreadable_file_is_a_source_where_its_suffix_makes_it_a_document(
        self, skipped: Skipped
    ) -> None:
        """It ends as a failed document; without the suffix nobody knows, and it is counted."""
        put("d/a.pdf", "d/unknown")
        for path in Path("d").iterdir():
            path.chmod(0o000)
        with ordinary_user():
            found = names(discover(["d"], skipped=skipped))
        assert found == ["d/a.pdf"]
        assert skipped.examples == {SkipReason.UNREADABLE: ["d/unknown (Permission denied)"]}

    def test_what_vanishes_during_the_walk_is_counted(self, skipped: Skipped) -> None:
        put("d/a.pdf", "d/b.pdf", "d/c.pdf")
        sources = discover(["d"], skipped=skipped)
        next(sources)
        Path("d/b.pdf").unlink()
        assert names(sources) == ["d/c.pdf"]
        assert skipped.examples == {SkipReason.UNREADABLE: ["d/b.pdf (No such file or directory)"]}

    def test_folders_may_nest_deeper_than_python_calls(self, skipped: Skipped) -> None:
        put("/".join(["d"] * 400 + ["a.pdf"]))
        limit = sys.getrecursionlimit()
        sys.setrecursionlimit(300)
        try:
            assert len(names(discover(["d"], skipped=skipped))) == 1
        finally:
            sys.setrecursionlimit(limit)

    def test_examples_stay_few_however_much_is_passed_over(self, skipped: Skipped) -> None:
        put(*(f"d/{number}.txt" for number in range(50)), content=TEXT)
        assert not list(discover(["d"], skipped=skipped))
        assert skipped.counts[SkipReason.NOT_A_DOCUMENT] == 50
        assert len(skipped.examples[SkipReason.NOT_A_DOCUMENT]) == EXAMPLES_PER_REASON


@pytest.mark.usefixtures("folder")
class TestLimits:
    def test_folders_nested_deeper_are_named_and_not_entered(self, skipped: Skipped) -> None:
        put("d/a.pdf", "d/1/b.pdf", "d/1/2/c.pdf", "d/1/2/3/d.pdf")
        limits = WalkLimits(max_files=100, max_depth=2)
        assert names(discover(["d"], limits=limits, skipped=skipped)) == [
            "d/1/2/c.pdf",
            "d/1/b.pdf",
            "d/a.pdf",
        ]
        assert skipped.examples == {SkipReason.TOO_DEEP: ["d/1/2/3"]}

    def test_a_folder_of_just_the_allowed_files_is_taken_and_one_more_ends_the_walk(
        self, skipped: Skipped
    ) -> None:
        """All that is listed counts, documents or not: a walk of `/` costs whatever it finds."""
        put("d/a.pdf", "d/e/b.pdf")
        put("d/notes.txt", content=TEXT)
        four = WalkLimits(max_files=4, max_depth=9)
        assert len(names(discover(["d", "d"], limits=four, skipped=skipped))) == 4
        three = WalkLimits(max_files=3, max_depth=9)
        refusal = "^d holds more than 3 files.*SEALQ_MAX_FOLDER_FILES"
        with pytest.raises(SourceRefusedError, match=refusal):
            list(discover(["d"], limits=three, skipped=skipped))

    def test_no_more_names_are_listed_than_settle_the_matter(
        self, skipped: Skipped, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        put(*(f"d/{number}" for number in range(50)))
        taken: list[str] = []
        scandir = os.scandir

        @contextmanager
        def watched(path: Path) -> Iterator[Iterator[os.DirEntry[str]]]:
            with scandir(path) as entries:
                yield map(seen, entries)

        def seen(entry: os.DirEntry[str]) -> os.DirEntry[str]:
            taken.append(entry.name)
            return entry

        monkeypatch.setattr(os, "scandir", watched)
        with pytest.raises(SourceRefusedError):
            list(discover(["d"], limits=WalkLimits(max_files=5, max_depth=9), skipped=skipped))
        assert len(taken) == 6

    def test_archives_and_mails_are_named_apart_from_what_is_no_document(
        self, skipped: Skipped
    ) -> None:
        put("d/scans.ZIP", "d/mail.eml", "d/scans.tar.gz", "d/notes.txt", content=TEXT)
        assert not names(discover(["d"], skipped=skipped))
        assert skipped.counts == {SkipReason.ARCHIVE: 3, SkipReason.NOT_A_DOCUMENT: 1}


@pytest.mark.usefixtures("folder")
class TestAddresses:
    @pytest.mark.parametrize(
        "address",
        [
            "https://example.com/a.pdf",
            "HTTP://169.254.169.254/latest/meta-data",
            "file:///etc/passwd",
            "ftp://host/a.pdf",
            "S3://bucket/key",  # no S3 URL: its scheme is in lower case
        ],
    )
    def test_nothing_is_fetched_by_an_address_and_the_remedy_is_named(
        self, address: str, skipped: Skipped
    ) -> None:
        put("a.pdf")
        refusal = f"{re.escape(address)} is not taken.*Download it.*Nothing was submitted"
        with pytest.raises(SourceRefusedError, match=refusal):
            discover(["a.pdf", address], skipped=skipped)

    def test_an_address_in_a_list_is_a_source_that_fails(self, skipped: Skipped) -> None:
        put("a.pdf")
        stdin = as_stdin(b"https://me:secret@example.com/a.pdf\na.pdf\n")
        refused, taken = discover(["-"], stdin=stdin, skipped=skipped)
        assert (refused.name, refused.path) == ("https://me:***@example.com/a.pdf", None)
        assert "Download it" in str(refused.refused)
        assert "secret" not in str(refused)
        assert taken.refused is None

    def test_a_file_that_looks_like_one_can_be_named(self, skipped: Skipped) -> None:
        put("http:/a.pdf")
        assert names(discover(["./http:/a.pdf"], skipped=skipped)) == ["http:/a.pdf"]


@pytest.mark.usefixtures("folder")
class TestGlobs:
    @pytest.mark.parametrize(
        ("include", "exclude", "found"),
        [
            ([], [], ["2023/a.pdf", "2024/07/c.pdf", "2024/b.pdf", "2024/d.png", "e.pdf"]),
            (["*.png"], [], ["2024/d.png"]),  # a name, at any depth
            (["*.PNG"], [], []),  # letter case counts
            (["2024/**"], [], ["2024/07/c.pdf", "2024/b.pdf", "2024/d.png"]),
            (["2024/*.pdf"], [], ["2024/b.pdf"]),  # one star stays within a name
            (["**/c.pdf", "**/e.pdf"], [], ["2024/07/c.pdf", "e.pdf"]),  # or no folder at all
            (["./2024/[bx].pdf"], [], ["2024/b.pdf"]),
            (["*.pdf"], ["2024/**"], ["2023/a.pdf", "e.pdf"]),  # excluding wins
            (["2024/07/c.pdf"], ["07"], []),
            ([], ["2024"], ["2023/a.pdf", "e.pdf"]),  # a folder with all in it
            ([], ["2024/"], ["2023/a.pdf", "e.pdf"]),
            ([], ["?.pdf"], ["2024/d.png"]),
        ],
    )
    def test_globs_choose_by_name_or_by_path_from_the_folder(
        self, include: list[str], exclude: list[str], found: list[str], skipped: Skipped
    ) -> None:
        put("d/2023/a.pdf", "d/2024/b.pdf", "d/2024/07/c.pdf", "d/e.pdf")
        put("d/2024/d.png", content=PNG)
        sources = discover(["d"], include=include, exclude=exclude, skipped=skipped)
        assert names(sources) == [f"d/{name}" for name in found]

    def test_an_excluded_folder_is_not_entered(self, skipped: Skipped) -> None:
        put("d/old/a.pdf", "d/old/.b.pdf", "d/c.pdf")
        assert names(discover(["d"], exclude=["old/**"], skipped=skipped)) == ["d/c.pdf"]
        assert skipped.examples == {SkipReason.EXCLUDED: ["d/old"]}

    def test_an_include_does_not_make_a_document_of_what_is_none(self, skipped: Skipped) -> None:
        put("d/a.txt", content=TEXT)
        assert not names(discover(["d"], include=["a*"], skipped=skipped))
        assert skipped.counts == {SkipReason.NOT_A_DOCUMENT: 1}

    def test_what_no_include_matches_is_counted(self, skipped: Skipped) -> None:
        put("d/a.pdf")
        assert not names(discover(["d"], include=["b*"], skipped=skipped))
        assert skipped.counts == {SkipReason.NOT_INCLUDED: 1}

    def test_named_files_are_beyond_globs(self, skipped: Skipped) -> None:
        put("a.pdf")
        assert names(discover(["a.pdf"], include=["b*"], exclude=["a*"], skipped=skipped)) == [
            "a.pdf"
        ]


class CountingBytes(io.RawIOBase):
    """A pipe's end that knows how much was read from it."""

    def __init__(self, content: bytes) -> None:
        self._content = io.BytesIO(content)
        self.count = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray) -> int:  # type: ignore[override]
        count = self._content.readinto(buffer)
        self.count += count
        return count


def as_stdin(raw: bytes | io.RawIOBase) -> io.TextIOWrapper:
    """Return a stream like the standard input of a process in a UTF-8 locale."""
    return io.TextIOWrapper(
        io.BufferedReader(io.BytesIO(raw) if isinstance(raw, bytes) else raw), encoding="utf-8"
    )


@pytest.mark.usefixtures("folder")
class TestList:
    def test_lines_name_files_and_folders_in_their_order(self, skipped: Skipped) -> None:
        put("b.pdf", "d/a.pdf", "c.pdf")
        stdin = as_stdin(b"b.pdf\nd\n")
        assert names(discover(["-", "c.pdf"], stdin=stdin, skipped=skipped)) == [
            "b.pdf",
            "d/a.pdf",
            "c.pdf",
        ]

    def test_only_blank_lines_are_passed_over(self, skipped: Skipped) -> None:
        put("#1.pdf", " a.pdf", "-")
        stdin = as_stdin(b"#1.pdf\n\n   \n a.pdf\n-")
        sources = list(discover(["-"], stdin=stdin, skipped=skipped))
        assert names(sources) == ["#1.pdf", " a.pdf", "-"]
        assert {source.size for source in sources} == {len(PDF)}

    def test_lines_may_end_as_on_windows(self, skipped: Skipped) -> None:
        put("a.pdf")
        stdin = as_stdin(b"a.pdf\r\n\r\n")
        assert names(discover(["-"], stdin=stdin, skipped=skipped)) == ["a.pdf"]

    def test_a_carriage_return_within_a_name_ends_no_line(self, skipped: Skipped) -> None:
        put("a\rb.pdf")
        [source] = discover(["-"], stdin=as_stdin(b"a\rb.pdf\n"), skipped=skipped)
        assert source.size == len(PDF)

    def test_a_line_that_names_nothing_is_a_source_that_can_fail(
        self, folder: Path, skipped: Skipped
    ) -> None:
        put("b.pdf")
        stdin = as_stdin(b"gone.pdf\nnul\0.pdf\nbytes\xff.pdf\nb.pdf\n")
        sources = list(discover(["-"], stdin=stdin, skipped=skipped))
        assert names(sources) == ["gone.pdf", r"nul\x00.pdf", r"bytes\xff.pdf", "b.pdf"]
        assert [source.size for source in sources] == [None, None, None, len(PDF)]
        assert sources[0].path == folder / "gone.pdf"

    def test_a_list_that_is_no_lines_is_refused_before_it_fills_the_memory(
        self, skipped: Skipped
    ) -> None:
        raw = CountingBytes(b"some/name.pdf\0" * 100_000)
        with pytest.raises(SourceListError, match="-print0"):
            list(discover(["-"], stdin=as_stdin(raw), skipped=skipped))
        assert raw.count < 100_000

    def test_the_longest_path_is_a_line(self, skipped: Skipped) -> None:
        longest = "d/" * 2045 + "a.pdf"
        assert len(longest) == 4095
        stdin = as_stdin(longest.encode() + b"\r\n")
        assert names(discover(["-"], stdin=stdin, skipped=skipped)) == [longest]

    def test_a_list_is_read_as_its_sources_are_taken(self, skipped: Skipped) -> None:
        put("a.pdf")
        line = b"a.pdf\n"
        raw = CountingBytes(line * 20_000)
        sources = discover(["-"], stdin=as_stdin(raw), skipped=skipped)
        assert raw.count == 0
        for taken, _ in enumerate(sources, start=1):
            # What is ahead is one buffer, not a growing list.
            assert raw.count - taken * len(line) <= io.DEFAULT_BUFFER_SIZE
        assert taken == 20_000


#: Names as Python holds them: any bytes but the slash and NUL, not only UTF-8.
FILE_NAMES = st.binary(min_size=1, max_size=12).map(
    lambda raw: os.fsdecode(raw.translate(None, b"/\0"))
)


def read_back(shown: str) -> bytes:
    """Return the bytes of a name from what is shown of it."""
    parts = re.split(r"(\\\\|\\x[0-9a-f]{2}|\\u[0-9a-f]{4})", shown)
    return b"".join(map(read_back_part, parts))


def read_back_part(part: str) -> bytes:
    if part.startswith("\\x"):
        return bytes.fromhex(part[2:])
    return part.encode().decode("unicode_escape" if part.startswith("\\") else "utf-8").encode()


class TestOddNames:
    @pytest.mark.parametrize(
        ("name", "shown"),
        [
            ("发票　１.pdf", "发票　１.pdf"),  # an ideographic space is no oddity
            ("a b%20#.pdf", "a b%20#.pdf"),
            ("a\nb.pdf", r"a\x0ab.pdf"),
            ("a\x1b[31m.pdf", r"a\x1b[31m.pdf"),
            ("a\u2028\u2029b\x85.pdf", r"a\u2028\u2029b\u0085.pdf"),
            (os.fsdecode("发".encode("gbk")), r"\xb7\xa2"),
            ("a\\x0ab.pdf", r"a\\x0ab.pdf"),  # not to be taken for a line feed
        ],
    )
    def test_odd_names_are_shown_escaped_and_still_open(
        self, name: str, shown: str, folder: Path, skipped: Skipped
    ) -> None:
        put(f"d/{name}")
        [source] = discover(["d"], skipped=skipped)
        assert source.name == f"d/{shown}"
        assert source.path == folder / "d" / name
        assert source.path.read_bytes() == PDF

    @given(FILE_NAMES)
    def test_what_is_shown_is_text_without_control_characters(self, name: str) -> None:
        categories = set(map(unicodedata.category, printable(name)))
        assert not {"Cc", "Cs", "Zl", "Zp"} & categories

    @given(FILE_NAMES)
    def test_a_name_can_be_told_from_what_is_shown(self, name: str) -> None:
        """SQL keeps one document per job and name: two that looked alike would lose one."""
        assert read_back(printable(name)) == os.fsencode(name)
