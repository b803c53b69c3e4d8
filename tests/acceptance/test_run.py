"""`sealq run`: documents in, seals out, on one machine with nothing running beside it."""

from __future__ import annotations

import json
import shutil
import signal
from collections.abc import Iterator, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import psutil
import pytest
import yaml
from installed import PATIENCE, SAMPLES, Said, SamplesRun, Sealq
from odd_files import encrypted_pdf
from PIL import Image, ImageOps
from references import reference, truth_of
from sqlalchemy import create_engine, text
from waiting import gone, until

Box = Sequence[float]
Region = dict[str, Any]
Seal = dict[str, Any]

#: Share of overlap from which a box is the seal's.
SAME = 0.5


def overlap(one: Box, other: Box) -> float:
    """Return the intersection of two boxes as a share of their union."""
    left, top = max(one[0], other[0]), max(one[1], other[1])
    right, bottom = min(one[2], other[2]), min(one[3], other[3])
    shared = max(right - left, 0) * max(bottom - top, 0)
    areas = [(box[2] - box[0]) * (box[3] - box[1]) for box in (one, other)]
    return shared / (sum(areas) - shared)


def texts(region: Region) -> list[str]:
    return [line["text"] for line in region["lines"]]


def rows(sealq: Sealq, table: str) -> int:
    """Count the rows of a table of the home's database."""
    engine = create_engine(f"sqlite:///{sealq.home / 'sealq.db'}")
    with engine.connect() as connection:
        count: int = connection.scalars(text(f"SELECT count(*) FROM {table}")).one()  # noqa: S608
    engine.dispose()
    return count


# The samples --------------------------------------------------------------------------------------


def test_samples_are_read_with_exit_code_0(samples_run: SamplesRun) -> None:
    assert samples_run.said.code == 0, samples_run.said.err
    seals = len(samples_run.said.json)
    assert f"done: 5 documents, 9 pages read, {seals} seals." in samples_run.said.err


def seals_of(samples_run: SamplesRun) -> Iterator[tuple[list[Region], list[Seal]]]:
    """Yield what was found on each page of the samples, and what is there."""
    for name, pages in samples_run.truth.items():
        for number, page in enumerate(pages, start=1):
            place = (f"documents/{name}", number)
            regions = samples_run.said.json
            found = [each for each in regions if (each["document"], each["page"]) == place]
            yield found, page["seals"]


def test_every_seal_of_the_samples_is_found_in_its_place_and_says_what_is_on_it(
    samples_run: SamplesRun,
) -> None:
    """But for the square one, which is found and whose columns PaddleX reads as rows."""
    for found, seals in seals_of(samples_run):
        for seal in seals:
            here = [region for region in found if overlap(region["box"], seal["box"]) > SAME]
            assert len(here) == 1
            if seal["shape"] != "square":
                assert [sorted(texts(region)) for region in here] == [sorted(seal["texts"])]


def test_nothing_else_on_the_samples_is_taken_for_a_seal(samples_run: SamplesRun) -> None:
    for found, seals in seals_of(samples_run):
        for region in found:
            assert any(overlap(region["box"], seal["box"]) > SAME for seal in seals)


def test_a_region_names_its_pictures_and_its_reading(samples_run: SamplesRun) -> None:
    for region in samples_run.said.json:
        reading = json.loads(Path(region["reading"]).read_text("utf-8"))
        seal = reading["regions"][region["region"] - 1]
        assert [line["text"] for line in seal["lines"]] == texts(region)
        with Image.open(region["picture"]) as picture:
            assert picture.format == "JPEG"


def test_a_second_run_reads_nothing_again(samples_run: SamplesRun, tmp_path: Path) -> None:
    sealq = Sealq(tmp_path, {"SEALQ_HOME": str(tmp_path / "home")})
    shutil.copytree(samples_run.sealq.home, sealq.home)
    before = rows(sealq, "readings")
    said = sealq("run", samples_run.documents, "--format", "json")
    assert said.code == 0
    assert "9 pages read (9 already known)" in said.err
    assert rows(sealq, "readings") == before == 9
    assert rows(sealq, "jobs") == 2
    assert [texts(region) for region in said.json] == [
        texts(region) for region in samples_run.said.json
    ]


# Real documents -----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def reference_regions(tmp_path_factory: pytest.TempPathFactory) -> list[Region]:
    """Read the reference images once."""
    names = ("seal_text_det.png", "contract_page.jpeg", "licence_page.png")
    images = [reference(name) for name in names]
    said = Sealq(tmp_path_factory.mktemp("references"))("run", *images, "--format", "json")
    assert said.code == 0, said.err
    regions: list[Region] = said.json
    return regions


def regions_of(regions: list[Region], name: str) -> list[Region]:
    return [region for region in regions if Path(region["document"]).name == name]


def test_the_picture_of_paddlex_s_tutorial_says_what_its_documentation_prints(
    reference_regions: list[Region],
) -> None:
    (region,) = regions_of(reference_regions, "seal_text_det.png")
    printed = {"天津君和缘商贸有限公司", "发票专用章", "吗繁物", "5263647368706"}
    assert (set(texts(region)), len(texts(region))) == (printed, len(printed))


def test_both_whole_seals_of_a_real_contract_page_are_found_and_one_is_read(
    reference_regions: list[Region],
) -> None:
    regions = regions_of(reference_regions, "contract_page.jpeg")
    for seal in truth_of("contract_page.jpeg")["seals"]:
        if not seal.get("partial"):
            assert max(overlap(region["box"], seal["box"]) for region in regions) > SAME
    said = {line for region in regions for line in texts(region)}
    assert {"河南森源重工有限公司", "合同专用章"} <= said


def test_a_seal_cut_by_the_edge_of_a_real_page_is_reported_as_cut(
    reference_regions: list[Region],
) -> None:
    regions = regions_of(reference_regions, "contract_page.jpeg")
    (seal,) = (seal for seal in truth_of("contract_page.jpeg")["seals"] if seal.get("partial"))
    labels = [each["label"] for each in regions if overlap(each["box"], seal["box"]) > SAME]
    assert labels == ["cut_seal"]


def test_the_emblem_on_a_real_licence_is_taken_for_no_seal(
    reference_regions: list[Region],
) -> None:
    (region,) = regions_of(reference_regions, "licence_page.png")
    (seal,) = truth_of("licence_page.png")["seals"]
    assert overlap(region["box"], seal["box"]) > SAME


# Odd inputs ---------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def mixed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Sealq, Said]:
    """Read good files and bad ones together."""
    folder = tmp_path_factory.mktemp("mixed")
    for name in ("a", "b"):
        (folder / "in" / name).mkdir(parents=True)
    with Image.open(SAMPLES / "invoice.jpg") as invoice:
        invoice.save(folder / "in/a/invoice.jpg", quality=90)
        # The same invoice 40 pixels further down: another content, another place of its seal.
        ImageOps.expand(invoice, (0, 40, 0, 0), "white").save(folder / "in/b/invoice.jpg")
    (folder / "in/broken.pdf").write_bytes((SAMPLES / "contract.pdf").read_bytes()[:2000])
    (folder / "in/empty.pdf").touch()
    (folder / "in/locked.pdf").write_bytes(encrypted_pdf("secret", "owner"))
    (folder / "in/noise.png").write_bytes(bytes(range(1, 250)) * 20)
    (folder / "in/notes.txt").write_text("no document", "utf-8")
    sealq = Sealq(folder)
    return sealq, sealq("run", "in", "--format", "json")


def test_bad_files_give_exit_code_1_and_the_good_ones_are_read(mixed: tuple[Sealq, Said]) -> None:
    _, said = mixed
    assert said.code == 1
    assert {region["document"] for region in said.json} == {"in/a/invoice.jpg", "in/b/invoice.jpg"}
    assert "6 documents, 2 pages read, 2 seals, not read: 4 documents." in said.err


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("broken.pdf", "corrupt"),
        ("empty.pdf", "empty"),
        ("locked.pdf", "encrypted"),
        ("noise.png", "unsupported"),
    ],
)
def test_each_bad_file_is_named_with_its_reason(
    mixed: tuple[Sealq, Said], name: str, code: str
) -> None:
    _, said = mixed
    assert f"not read: in/{name}: {code}: " in said.err


def test_what_is_no_document_is_passed_over_by_name(mixed: tuple[Sealq, Said]) -> None:
    _, said = mixed
    assert "skipped 1 (not a document): in/notes.txt" in said.err


def test_two_files_of_one_name_keep_two_results(mixed: tuple[Sealq, Said]) -> None:
    _, said = mixed
    upper, lower = said.json
    assert texts(upper) == texts(lower)
    assert lower["box"][1] - upper["box"][1] == pytest.approx(40, abs=8)
    assert upper["reading"] != lower["reading"]
    assert upper["picture"] != lower["picture"]


# Options ------------------------------------------------------------------------------------------


def test_selected_pages_of_listed_documents_are_read_and_no_others(sealq: Sealq) -> None:
    listed = f"{SAMPLES / 'contract.pdf'}\n{SAMPLES / 'receipts.tiff'}\n"
    said = sealq("run", "-", "--pages", "3", "--format", "json", stdin=listed)
    assert said.code == 0, said.err
    pages = sealq("results", "last", "--pages", "--format", "json").json
    assert [(Path(page["document"]).name, page["page"]) for page in pages] == [
        ("contract.pdf", 3),
        ("receipts.tiff", 3),
    ]


def test_a_dry_run_names_the_documents_and_makes_nothing(sealq: Sealq) -> None:
    said = sealq(
        *("run", SAMPLES, "--dry-run"),
        *("--include", "*.png", "--include", "*.pdf", "--exclude", "no_*"),
    )
    assert said.code == 0
    sizes = [(name, (SAMPLES / name).stat().st_size) for name in ("contract.pdf", "seal_crop.png")]
    assert said.out == "".join(f"{SAMPLES / name}\t{size}\n" for name, size in sizes)
    assert "Nothing was submitted." in said.err
    assert not sealq.home.exists()


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        (["--set", "seal_det_tresh=0.3"], "seal_det_tresh: no such parameter. Known: use_doc_ori"),
        (["--preset", "nonsense"], "nonsense is neither a preset (mobile, server, server-v5) nor"),
        (["nowhere.pdf"], "Not there: nowhere.pdf"),
    ],
    ids=["parameter", "preset", "path"],
)
def test_what_can_not_be_meant_is_refused_with_exit_code_2_and_makes_nothing(
    sealq: Sealq, options: list[str], reason: str
) -> None:
    said = sealq("run", SAMPLES, *options)
    assert (said.code, said.out) == (2, "")
    assert reason in said.err
    assert not sealq.home.exists()


@pytest.mark.skipif(find_spec("paddle") is not None, reason="paddlepaddle is installed")
def test_a_preset_whose_engine_is_not_installed_is_refused_with_the_remedy(sealq: Sealq) -> None:
    said = sealq("run", SAMPLES / "invoice.jpg", "--preset", "server")
    assert (said.code, said.out) == (2, "")
    assert "needs paddlepaddle, which is not installed" in said.err
    assert not sealq.home.exists()


def test_a_model_that_paddlex_cannot_fetch_fails_its_pages_with_the_remedy(sealq: Sealq) -> None:
    preset = SAMPLES.parent / "configs/sealq_configs/presets/mobile.yaml"
    config = yaml.safe_load(preset.read_text("utf-8"))
    recognition = config["SubPipelines"]["SealOCR"]["SubModules"]["TextRecognition"]
    recognition.update(model_name="PP-OCRv5_server_rec", model_dir=None)
    (sealq.folder / "own.yaml").write_text(yaml.safe_dump(config), "utf-8")
    nowhere = {"HTTPS_PROXY": "http://127.0.0.1:9", "HTTP_PROXY": "http://127.0.0.1:9"}
    cache = {"PADDLE_PDX_CACHE_HOME": str(sealq.folder / "paddlex")}
    said = sealq("run", SAMPLES / "no_seal.png", "--preset", "own.yaml", **nowhere, **cache)
    assert (said.code, said.out) == (1, "No seals.\n")
    assert "no_seal.png page 1: no_model: Preset own.yaml can't be loaded on cpu" in said.err
    assert "Not here: PP-OCRv5_server_rec (PaddleX's model hosts)" in said.err
    assert "use preset mobile" in said.err


def test_a_device_that_is_not_there_ends_the_run_with_its_reason(sealq: Sealq) -> None:
    said = sealq("run", SAMPLES / "invoice.jpg", "--device", "npu:0")
    assert (said.code, said.out) == (3, "")
    assert "npu:0 can't be used on this host" in said.err
    assert sealq("status", "last", "--format", "json").json["state"] == "cancelled"


def test_ctrl_c_cancels_the_job_and_leaves_no_process_behind(sealq: Sealq) -> None:
    log = sealq.folder / "log"
    running = sealq.start("run", SAMPLES / "contract.pdf", log=log)
    until(lambda: sealq("status", "last").code == 0)
    below = psutil.Process(running.pid).children(recursive=True)
    assert len(below) >= 2  # Redis and the worker
    running.send_signal(signal.SIGINT)
    assert running.wait(PATIENCE) == 1
    assert "is cancelled. The same command goes on where it stopped" in log.read_text("utf-8")
    until(lambda: all(gone(process.pid) for process in below))
    assert sealq("status", "last", "--format", "json").json["state"] == "cancelled"
