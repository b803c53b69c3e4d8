"""The trained network as the files that PaddleX's layout module loads."""

from __future__ import annotations

import copy
import warnings
from pathlib import Path

import torch
import yaml

from locator.contract import INPUT_SIDE, LABELS, PADDLEX_NAME, SEAL, THRESHOLDS
from locator.decode import ExportedLocator
from locator.network import Locator, in_memory

#: PaddleX's number for cv2.INTER_AREA. A page of 300 DPI shrinks to a fifth: any other would drop
#: most of its pixels, and thin rings with them.
AREA = 3


def export(network: Locator, folder: Path) -> None:
    """Write `inference.onnx` and `inference.yml`.

    Args:
        network: Trained; it is left as it is.
        folder: Where to write; made if need be.
    """
    folder.mkdir(parents=True, exist_ok=True)
    cpu = torch.device("cpu")
    still = in_memory(copy.deepcopy(network), cpu, torch.contiguous_format).eval()
    with warnings.catch_warnings():
        # The exporter meets its own deprecations, and merges the names of the two batch axes.
        warnings.simplefilter("ignore")
        _write_graph(ExportedLocator(still).eval(), folder / "inference.onnx")
    (folder / "inference.yml").write_text(_configuration(), encoding="utf-8")


def _write_graph(locator: ExportedLocator, path: Path) -> None:
    batch = torch.export.Dim("batch", min=1)
    torch.onnx.export(
        locator,
        (torch.zeros(2, 3, INPUT_SIDE, INPUT_SIDE), torch.ones(2, 2)),
        path,
        input_names=["image", "scale_factor"],
        output_names=["boxes", "box_num"],
        dynamic_shapes=({0: batch}, {0: batch}),
        external_data=False,
        dynamo=True,
        verbose=False,
    )


def _configuration() -> str:
    """Return what PaddleX asks to know beside the network."""
    resize = {
        "type": "Resize",
        "target_size": [INPUT_SIDE, INPUT_SIDE],
        "keep_ratio": False,
        "interp": AREA,
    }
    normalise = {"type": "NormalizeImage", "mean": [0.5] * 3, "std": [0.5] * 3, "is_scale": True}
    return yaml.safe_dump(
        {
            "mode": "paddle",
            "draw_threshold": THRESHOLDS[SEAL],
            "metric": "COCO",
            "use_dynamic_shape": False,
            "Global": {"model_name": PADDLEX_NAME},
            "arch": "GFL",
            "min_subgraph_size": 3,
            "Preprocess": [resize, normalise, {"type": "Permute"}],
            "label_list": list(LABELS),
        },
        sort_keys=False,
    )
