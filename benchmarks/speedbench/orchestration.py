"""`make bench-orchestration`: what surrounds reading, measured; a table and a JSON file.

Everything runs on this machine, with servers of its own: their files lie below `--out`.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict
from pathlib import Path
from statistics import median
from typing import Any, Self

from sealq_storage.sql.opening import Database, open_database, upgrade_database
from speedbench.fill import fill
from speedbench.flow import Flow, Variant, measure_flow
from speedbench.machine import as_installed, load, this_machine
from speedbench.scale import ask, claim_and_commit
from speedbench.servers import fresh_database, postgres_server, redis_server
from speedbench.submit_memory import measure_submit

DATABASES = ("postgresql", "sqlite")
VARIANTS = (
    Variant("postgresql", objects=False, chunk_pages=16),
    Variant("postgresql", objects=False, chunk_pages=64),
    Variant("postgresql", objects=True, chunk_pages=16),
    Variant("sqlite", objects=False, chunk_pages=16),
    Variant("sqlite", objects=True, chunk_pages=16),
)
#: Of each document of a flow.
PAGES = 5


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, print and write."""
    wanted = _parser().parse_args(arguments)
    wanted.out.mkdir(parents=True, exist_ok=True)
    as_installed()
    with _Bench(wanted.out) as bench:
        report = {
            "machine": {**asdict(this_machine()), "load": load()},
            "flow": _flows(bench, wanted) if "flow" in wanted.parts else {},
            "scale": _scales(bench, wanted) if "scale" in wanted.parts else {},
            "submit": _submits(bench, wanted) if "submit" in wanted.parts else {},
        }
    (wanted.out / "orchestration.json").write_text(json.dumps(report, indent=1, ensure_ascii=False))
    sys.stdout.write(_table(report))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=Path(".cache/bench-orchestration"))
    parser.add_argument("--parts", nargs="+", default=["flow", "scale", "submit"])
    parser.add_argument("--documents", type=int, default=1000, help="of a flow, 5 pages each")
    parser.add_argument("--rounds", type=int, default=3, help="of each flow")
    parser.add_argument("--small", type=int, default=10_000, help="rows of the small database")
    parser.add_argument("--large", type=int, default=1_000_000, help="rows of the large one")
    parser.add_argument("--listed", type=int, nargs="+", default=[10_000, 1_000_000])
    return parser


class _Bench:
    """Servers, and fresh databases and folders on them."""

    def __init__(self, out: Path) -> None:
        self._out = out
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        # Not below `out` of somebody's home: the server's own user must be able to enter.
        folder = Path(self._stack.enter_context(tempfile.TemporaryDirectory(prefix="speedbench-")))
        folder.chmod(0o755)
        self._postgres = self._stack.enter_context(postgres_server(folder))
        self.redis = self._stack.enter_context(redis_server())
        return self

    def __exit__(self, *raised: object) -> None:
        self._stack.close()

    @contextmanager
    def place(self, kind: str) -> Iterator[tuple[Path, str]]:
        """Yield an empty folder and the URL of an empty database."""
        folder = Path(tempfile.mkdtemp(dir=self._out))
        try:
            if kind == "sqlite":
                yield folder, f"sqlite:///{folder.absolute() / 'sealq.db'}"
            else:
                with fresh_database(self._postgres) as url:
                    yield folder, url
        finally:
            shutil.rmtree(folder)


def _flows(bench: _Bench, wanted: argparse.Namespace) -> dict[str, Any]:
    """Measure the path by database, with and without objects; rounds alternate."""
    measured: dict[Variant, list[Flow]] = {variant: [] for variant in VARIANTS}
    for _ in range(wanted.rounds):
        for variant, flows in measured.items():
            with bench.place(variant.database) as (folder, url):
                documents = {"documents": wanted.documents, "pages": PAGES}
                flows.append(measure_flow(folder, url, bench.redis, variant, **documents))
    return {str(variant): _of_flows(flows) for variant, flows in measured.items()}


def _of_flows(flows: Sequence[Flow]) -> dict[str, float]:
    return {
        "pages a second": median(flow.pages_per_second for flow in flows),
        "ms of processor a page": median(flow.cpu_milliseconds for flow in flows),
        **{
            f"of it {part}": median(flow.cpu[part] / flow.pages * 1e3 for flow in flows)
            for part in flows[0].cpu
        },
    }


def _scales(bench: _Bench, wanted: argparse.Namespace) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for kind in DATABASES:
        with ExitStack() as stack:
            jobs = [_filled(bench, stack, kind, rows) for rows in (wanted.small, wanted.large)]
            small, large = claim_and_commit([database for database, _ in jobs])
            found[kind] = {
                **{f"{name}, ms a page at {wanted.small:,}": small[name] for name in small},
                **{f"{name}, ms a page at {wanted.large:,}": large[name] for name in large},
                **{f"{name}, ratio": large[name] / small[name] for name in small},
                **{f"{name}, ms": took for name, took in ask(*jobs[1]).items()},
            }
    return found


def _filled(bench: _Bench, stack: ExitStack, kind: str, rows: int) -> tuple[Database, str]:
    _, url = stack.enter_context(bench.place(kind))
    upgrade_database(url)
    database = stack.enter_context(open_database(url))
    return database, fill(database.engine, rows)


def _submits(bench: _Bench, wanted: argparse.Namespace) -> dict[str, Any]:
    found = {}
    for listed in wanted.listed:
        with bench.place("postgresql") as (folder, url):
            submit = measure_submit(folder, url, bench.redis, listed)
        found[f"{listed:,} documents"] = {
            "documents a second": submit.documents / submit.seconds,
            "MiB at most": submit.memory,
        }
    return found


def _table(report: dict[str, Any]) -> str:
    lines = [f"machine: {report['machine']}"]
    for part in ("flow", "scale", "submit"):
        for name, figures in report[part].items():
            lines.append(f"\n{part}: {name}")
            lines += [f"  {figure:<45}{value:>12,.2f}" for figure, value in figures.items()]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    main()
