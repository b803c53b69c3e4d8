"""One training run: its state, one step, one epoch, and the checkpoint it resumes from."""

from __future__ import annotations

import copy
import math
import time
from abc import ABC, abstractmethod
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, TypeVar

import torch
from torch import Tensor, nn

#: Learning rate at the end, as a share of the top.
LAST_RATE = 0.01

#: Steps over which the learning rate rises.
WARM_UP = 100

#: Pull of the weights towards zero, per step and rate.
DECAY = 0.02

#: Share of the averaged weights that a step keeps, once enough steps are behind.
AVERAGE = 0.999

#: Longest gradient.
CLIP = 10.0

Network = TypeVar("Network", bound=nn.Module)
Batch = TypeVar("Batch")


class CheckpointError(Exception):
    """The checkpoint belongs to another run. Resume with the same seed, or give another folder."""


@dataclass
class Progress:
    """How far a run is.

    Attributes:
        epoch: Epochs that are over.
        step: Steps that are over.
        seconds: Of training, without drawing and judging.
    """

    epoch: int = 0
    step: int = 0
    seconds: float = 0.0


class Training(ABC, Generic[Network, Batch]):
    """A network that learns, and its average over the last steps, which is what is shipped.

    The schedule is laid over the run's time, not over steps: a slower machine gets fewer steps, not
    a run that is cut off.

    Attributes:
        network: The one that learns.
        average: Its exponential moving average.
        progress: How far the run is.
    """

    def __init__(
        self, network: Network, *, seed: int, seconds: float, rate: float, device: torch.device
    ) -> None:
        """Start a run.

        Args:
            network: To begin with, on its device.
            seed: Of the run; a checkpoint of another seed is refused.
            seconds: Length of the run.
            rate: Learning rate at the top.
            device: Where batches go.
        """
        self._seed = seed
        self._seconds = seconds
        self._top_rate = rate
        self._device = device
        self.network = network
        self.average = copy.deepcopy(network)
        self.progress = Progress()
        self._optimizer = torch.optim.AdamW(_groups(network), lr=rate)

    @abstractmethod
    def loss(self, batch: Batch) -> Tensor:
        """Return the loss of a batch, which may lie on another device."""

    @property
    def rate(self) -> float:
        """The learning rate that warm-up and schedule are a share of."""
        return self._top_rate

    @property
    def over(self) -> bool:
        """Whether the time is up."""
        return self.progress.seconds >= self._seconds

    @property
    def done(self) -> float:
        """The share of the run that is over."""
        return min(self.progress.seconds / self._seconds, 1.0)

    def epoch(self, batches: Iterable[Batch]) -> float:
        """Learn from batches until they or the time are over; return the mean loss."""
        self.network.train()
        started, before = time.monotonic(), self.progress.seconds
        losses = []
        for batch in batches:
            losses.append(self._step(batch))
            self.progress.seconds = before + time.monotonic() - started
            if self.over:
                break
        self.progress.epoch += 1
        return sum(losses) / max(len(losses), 1)

    def save(self, path: Path) -> None:
        """Write a checkpoint, whole or not at all."""
        unfinished = path.with_suffix(".tmp")
        torch.save(
            {"seed": self._seed, "progress": vars(self.progress), **self._states()}, unfinished
        )
        unfinished.replace(path)

    def resume(self, path: Path) -> None:
        """Go on from a checkpoint.

        Raises:
            CheckpointError: It is of a run with another seed.
        """
        saved = torch.load(path, map_location=self._device, weights_only=True)
        if saved["seed"] != self._seed:
            raise CheckpointError(
                f"{path}: made with --seed {saved['seed']}; resume with that, or give another --out"
            )
        self.network.load_state_dict(saved["network"])
        self.average.load_state_dict(saved["average"])
        self._optimizer.load_state_dict(saved["optimizer"])
        self.progress = Progress(**saved["progress"])

    def _states(self) -> dict[str, object]:
        return {
            "network": self.network.state_dict(),
            "average": self.average.state_dict(),
            "optimizer": self._optimizer.state_dict(),
        }

    def _step(self, batch: Batch) -> float:
        self._set_rate()
        loss = self.loss(batch)
        self._optimizer.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(self.network.parameters(), CLIP)
        self._optimizer.step()
        self.progress.step += 1
        self._follow()
        return float(loss.detach())

    def _set_rate(self) -> None:
        falling = LAST_RATE + (1 - LAST_RATE) * (1 + math.cos(math.pi * self.done)) / 2
        rising = min((self.progress.step + 1) / WARM_UP, 1.0)
        for group in self._optimizer.param_groups:
            group["lr"] = self.rate * falling * rising

    def _follow(self) -> None:
        kept = min(AVERAGE, (1 + self.progress.step) / (10 + self.progress.step))
        news = self.network.state_dict()
        with torch.no_grad():
            for name, value in self.average.state_dict().items():
                if value.is_floating_point():
                    value.lerp_(news[name], 1 - kept)
                else:
                    value.copy_(news[name])


def _groups(network: nn.Module) -> list[dict[str, object]]:
    """Return the weights that decay, and the biases and scales that do not."""
    matrices = [weights for weights in network.parameters() if weights.ndim > 1]
    others = [weights for weights in network.parameters() if weights.ndim <= 1]
    return [
        {"params": matrices, "weight_decay": DECAY},
        {"params": others, "weight_decay": 0.0},
    ]
