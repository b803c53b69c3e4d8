"""The decoders stand some hundred mutated files in CI; CONTRIBUTING.md says how to try more."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from corpus import write_corpus

#: Files that are made and decoded: nearly the same ones every time.
RUNS = 500


def test_nothing_but_a_named_reason_comes_out_of_mutated_files(tmp_path: Path) -> None:
    write_corpus(tmp_path / "corpus")
    done = subprocess.run(
        [
            sys.executable,
            str(Path(__file__).with_name("fuzz_documents.py")),
            f"-runs={RUNS}",
            "-seed=6",
            "-timeout=60",
            # It would count what this process has used at its peak: Linux hands that on.
            "-rss_limit_mb=0",
            "corpus",
        ],
        cwd=tmp_path,
        capture_output=True,
        encoding="utf-8",
        errors="replace",
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "Done " in done.stderr  # it ends its process for what the decoders end it for, too
