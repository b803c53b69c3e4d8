"""The recogniser as it learns: its graph without the last softmax, and CTC's loss."""

from __future__ import annotations

from pathlib import Path

import onnx
import torch
from torch import Tensor
from torch.nn import functional

from learning.training import Training
from recogniser.batches import StripBatch
from recogniser.graph import Graph
from recogniser.halved import widened

#: Learning rate at the top. The network reads already: high rates would make it forget.
RATE = 2e-4

#: Loss for each character from which on a strip is too blurred for anybody: it teaches to guess.
HOPELESS = 2.5

#: Axes of convolutions' weights, as of batches of images: a third faster with channels last.
_IMAGES = 4


class RecogniserTraining(Training[Graph, StripBatch]):
    """A recogniser that learns to read seals.

    What it takes for which character (the last layer) stays as it is: most characters stand
    on no training strip, and would be unlearned.
    """

    def __init__(self, model: Path, *, seed: int, seconds: float, device: str) -> None:
        """Start a run.

        Args:
            model: `inference.onnx` of the recogniser to begin with.
            seed: Of the run.
            seconds: Length of the run.
            device: PyTorch's name.
        """
        torch.manual_seed(seed)
        network = load_graph(model).to(torch.device(device))
        super().__init__(
            network, seed=seed, seconds=seconds, rate=RATE, device=torch.device(device)
        )

    def loss(self, batch: StripBatch) -> Tensor:
        """Return CTC's loss, a mean over the legible strips, each by the length of its text."""
        pictures = batch.pictures.to(self._device).contiguous(memory_format=torch.channels_last)
        with torch.autocast(self._device.type, torch.bfloat16):
            logits = self.network(pictures)
        likely = functional.log_softmax(logits.float(), -1).transpose(0, 1)
        steps = torch.full((likely.shape[1],), likely.shape[0])
        lengths = batch.lengths
        each = functional.ctc_loss(
            likely, batch.texts, steps, lengths, reduction="none", zero_infinity=True
        ) / lengths.clamp(min=1)
        return mean_of_legible(each)


def mean_of_legible(losses: Tensor) -> Tensor:
    """Return the mean of those losses, (n,), that are no hopeless ones; 0 where all are."""
    legible = losses[losses.detach() < HOPELESS]
    return legible.sum() / max(1, len(legible))


def load_graph(path: Path) -> Graph:
    """Return a recogniser's graph up to its logits; its last layer does not learn.

    Raises:
        GraphError: The graph is of another kind.
    """
    model = widened(onnx.load(path))
    last = [node for node in model.graph.node if node.op_type == "Softmax"][-1]
    head = [node for node in model.graph.node if node.op_type == "MatMul"][-1]
    graph = Graph(model, last.input[0], frozen=list(head.input))
    for weight in graph.weights.values():
        if weight.ndim == _IMAGES:
            weight.data = weight.data.contiguous(memory_format=torch.channels_last)
    return graph
