"""A worker loads models from folders that it was told to trust, and from no others."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner
from fakes import submit_files, tiff, work_off
from sqlalchemy import select

from sealq_configs.parameters import PredictParameters
from sealq_configs.presets import load_preset
from sealq_configs.settings import Settings, load_settings
from sealq_configs.spec import PipelineSpec
from sealq_producer.cli import main
from sealq_producer.cli.run import _local
from sealq_storage.sql.engine import Sessions
from sealq_storage.sql.tables import Page
from sealq_storage.transport import make_celery
from sealq_worker.errors import ReaderError
from sealq_worker.pipelines import require_model_folders
from sealq_worker.runtime import build_runtime


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A model folder as PaddleX exports it, without weights."""
    made = tmp_path / "models" / "mine"
    made.mkdir(parents=True)
    (made / "inference.yml").write_text("Global: {model_name: PP-OCRv6_small_rec}\n")
    return made


@pytest.fixture
def named(tmp_path: Path, folder: Path) -> PipelineSpec:
    """What a job asks for whose preset names that folder."""
    module = {"module_name": "text_recognition", "model_name": "PP-OCRv6_small_rec"}
    pipeline: dict[str, Any] = {
        "pipeline_name": "seal_recognition",
        "SubModules": {"TextRecognition": {**module, "model_dir": str(folder)}},
    }
    (tmp_path / "own.yaml").write_text(yaml.safe_dump(pipeline))
    return load_preset(str(tmp_path / "own.yaml")).spec(PredictParameters())


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    return sqlite_url


def test_a_job_with_a_folder_that_is_not_trusted_fails_with_the_remedy(
    settings: Settings, sessions: Sessions, named: PipelineSpec, tmp_path: Path
) -> None:
    (tmp_path / "a.tif").write_bytes(tiff(1))
    submit_files(settings, tmp_path / "a.tif", spec=named)
    runtime = build_runtime(settings, make_celery(settings))
    work_off(runtime)
    runtime.sessions.kw["bind"].dispose()
    with sessions.begin() as session:
        page = session.scalars(select(Page)).one()
        assert (page.state, page.error_code, page.attempts) == ("failed", "no_model", 0)
        assert "SEALQ_MODEL_FOLDERS" in str(page.error)


def test_a_folder_is_trusted_by_its_name_or_by_one_above_it(
    named: PipelineSpec, folder: Path
) -> None:
    require_model_folders(named, [folder])
    require_model_folders(named, [Path("/elsewhere"), folder.parent])


@pytest.mark.parametrize("beside", ["min", "mine2", "../models2"])
def test_a_folder_of_a_similar_name_is_not(named: PipelineSpec, folder: Path, beside: str) -> None:
    with pytest.raises(ReaderError, match=r"names the model folder .*mine"):
        require_model_folders(named, [folder.parent / beside])


def test_a_link_is_trusted_no_more_than_what_it_leads_to(
    tmp_path: Path, named: PipelineSpec, folder: Path
) -> None:
    folder.rename(tmp_path / "elsewhere")
    folder.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(ReaderError):
        require_model_folders(named, [folder.parent])


def test_models_that_sealq_brings_need_no_trust() -> None:
    require_model_folders(load_preset("mobile").spec(PredictParameters()), [])


def test_a_stage_that_is_switched_off_is_looked_at_too(named: PipelineSpec) -> None:
    """A parameter might switch it on."""
    named.pipeline["SubPipelines"] = {
        "DocPreprocessor": {"SubModules": {"DocUnwarping": {"model_dir": "/somewhere"}}},
    }
    named.pipeline["use_doc_preprocessor"] = False
    assert "/somewhere" in named.model_folders()


def test_run_trusts_the_folders_of_the_preset_that_it_is_given(
    settings: Settings, named: PipelineSpec, folder: Path
) -> None:
    trusting = settings.model_copy(update={"model_folders": (Path("other"),)})
    local = _local(trusting, None, named)
    assert local.model_folders == (Path("other").absolute(), folder)
    require_model_folders(named, local.model_folders)


def test_the_setting_travels_to_workers_as_it_was_written() -> None:
    written = os.pathsep.join(["/a b", "/c"])
    environment = {"SEALQ_MODEL_FOLDERS": written}
    settings = load_settings(environment).settings
    assert settings.model_folders == (Path("/a b"), Path("/c"))
    assert settings.environment()["SEALQ_MODEL_FOLDERS"] == written
    assert load_settings({}, model_folders=["/c"]).settings.model_folders == (Path("/c"),)
    assert written in CliRunner().invoke(main, ["config", "show"], env=environment).stdout
