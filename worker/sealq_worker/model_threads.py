"""How many threads a pipeline's models compute with."""

from __future__ import annotations

from typing import Any

#: PaddleX's key for what goes to an engine. Said once, at the root, it holds for all models.
_ENGINE_CONFIG = "engine_config"


def limit_threads(pipeline: dict[str, Any], threads: int) -> None:
    """Tell the engines how many threads to take; a pipeline that says so itself is left alone.

    ONNX Runtime takes all cores for each model, and its threads wait for work by spinning: two
    processes beside each other then take half of the machine from one another. PaddleX gives
    paddlepaddle ten.

    Args:
        pipeline: PaddleX's configuration; changed in place.
        threads: Of each model.
    """
    if not _says(pipeline):
        pipeline[_ENGINE_CONFIG] = {
            "onnxruntime": {"intra_op_num_threads": threads, "inter_op_num_threads": 1},
            "paddle_static": {"cpu_threads": threads},
        }


def _says(node: Any) -> bool:
    if isinstance(node, dict):
        return _ENGINE_CONFIG in node or any(map(_says, node.values()))
    return isinstance(node, list) and any(map(_says, node))
