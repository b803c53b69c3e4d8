"""Who takes part: sealq, and its peers with the same models and thresholds."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from sealq_configs.model_cache import ModelCache
from speedbench.pipeline_file import published_pipeline_of, with_threads, write_pipeline
from speedbench.printing import PrintingCommand
from speedbench.sealq_command import SteadySealq
from speedbench.serving import Service
from speedbench.values import Contestant

#: What the others are compared with.
OURS = "sealq"

#: These draw pictures of each page, which takes longer than reading it: only on demand.
ON_DEMAND = ("sealq-pictures", "paddlex-pictures")

#: Clients of PaddleX's service at once.
_CLIENTS = (1, 4)

#: Documents of the repository that warm a worker up.
_SAMPLES = ("contract.pdf", "invoice.jpg", "receipts.tiff")

#: Without them sealq draws pictures of each page, which PaddleX's command does only when asked.
_NO_PICTURES = {"SEALQ_PICTURES": "false"}


def contestants(
    preset: str, models: ModelCache, *, peers: Path, samples: Path, work: Path
) -> Iterator[Contestant]:
    """Yield all contestants.

    Args:
        preset: Of sealq; the peers get its models and thresholds.
        models: Where models lie.
        peers: Folder of the peers' programs.
        samples: Folder of the sample documents.
        work: Folder for files that they need.

    Raises:
        SealqError: The preset or a model can't be used.
    """
    pipeline = published_pipeline_of(preset, models)
    usual = write_pipeline(pipeline, work / "pipeline.yaml")
    single = write_pipeline(with_threads(pipeline, 1), work / "pipeline-one-thread.yaml")
    warm_up = tuple(samples / name for name in _SAMPLES)
    paddlex = (str(peers / "paddlex"), "--device", "cpu")
    drawn = {"PADDLE_PDX_LOCAL_FONT_FILE_PATH": str(models.font())}
    ocr = (str(peers / "paddleocr"), "seal_recognition", "--device", "cpu")
    yield SteadySealq(OURS, warm_up, {"SEALQ_PRESET": preset, **_NO_PICTURES})
    yield PrintingCommand("paddlex", (*paddlex, "--pipeline", str(usual), "--input"))
    yield PrintingCommand(
        "paddlex-one-thread",
        (*paddlex, "--pipeline", str(single), "--input"),
        {"OMP_NUM_THREADS": "1"},
    )
    yield PrintingCommand(
        "paddleocr",
        # Without the engine's name it wants paddlepaddle, whatever the file says.
        (*ocr, "--paddlex_config", str(usual), "--engine", "onnxruntime", "--input"),
    )
    for clients in _CLIENTS:
        yield Service(f"service-{clients}", peers / "paddlex", usual, clients)
    yield SteadySealq(ON_DEMAND[0], warm_up, {"SEALQ_PRESET": preset})
    keep = ("--save_path", str(work / "kept"))
    yield PrintingCommand(
        ON_DEMAND[1],
        (*paddlex, "--pipeline", str(usual), *keep, "--input"),
        drawn,
    )
