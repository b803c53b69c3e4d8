"""One training run: its state, one step, one epoch, and the checkpoint it resumes from."""

from __future__ import annotations

import copy
import math
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import nn

from locator.contract import INPUT_SIDE
from locator.dataset import Example
from locator.errors import CheckpointError
from locator.losses import TargetBatch, loss_of
from locator.network import Locator, as_input, in_memory

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


@dataclass(frozen=True)
class Schedule:
    """How a run goes.

    Attributes:
        rate: Learning rate at the top, for batches of 16.
        sides: Shares of the run, and the side of the pictures until then, in pixels. Small ones
            teach what a seal is two and a half times as fast; large ones what else looks like one,
            and exact boxes.
    """

    rate: float
    sides: tuple[tuple[float, int], ...]


FROM_NOTHING = Schedule(3e-3, ((0.32, 320), (0.7, 384), (1.0, INPUT_SIDE)))

#: For a network that knows seals already: high rates would make it forget.
FROM_A_MODEL = Schedule(1.5e-3, ((0.6, 384), (1.0, INPUT_SIDE)))


@dataclass
class Progress:
    """How far a run is.

    Attributes:
        epoch: Epochs that are over.
        step: Steps that are over.
        seconds: Of training, without drawing pages and judging.
    """

    epoch: int = 0
    step: int = 0
    seconds: float = 0.0


class Training:
    """A network that learns, and its average over the last steps, which is what is shipped.

    Attributes:
        network: The one that learns.
        average: Its exponential moving average.
        progress: How far the run is.
    """

    def __init__(
        self, seed: int, seconds: float, device: str, *, first: Locator | None = None
    ) -> None:
        """Start a run.

        Args:
            seed: Of the first weights; a checkpoint of another seed is refused.
            seconds: Length of the run: the schedule is laid over it.
            device: PyTorch's name.
            first: The network to begin with; None: one that knows nothing.
        """
        torch.manual_seed(seed)
        self._schedule = FROM_A_MODEL if first else FROM_NOTHING
        self._seed = seed
        self._seconds = seconds
        self._device = torch.device(device)
        self.network = in_memory(first or Locator(), self._device, torch.channels_last)
        self.average = copy.deepcopy(self.network)
        self.progress = Progress()
        self._optimizer = torch.optim.AdamW(_groups(self.network), lr=self._schedule.rate)

    @property
    def over(self) -> bool:
        """Whether the time is up."""
        return self.progress.seconds >= self._seconds

    @property
    def side(self) -> int:
        """Side of the pictures to learn from now, in pixels."""
        done = self.progress.seconds / self._seconds
        return next((side for until, side in self._schedule.sides if done < until), INPUT_SIDE)

    def epoch(self, batches: Iterable[Example]) -> float:
        """Learn from batches until they or the time are over; return the mean loss."""
        self.network.train()
        started, before = time.monotonic(), self.progress.seconds
        losses = []
        for pictures, targets in batches:
            losses.append(self._step(pictures, TargetBatch(*targets)))
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

    def _step(self, pictures: torch.Tensor, targets: TargetBatch) -> float:
        self._set_rate()
        there = TargetBatch(*(part.to(self._device, non_blocking=True) for part in targets))
        with torch.autocast(self._device.type, torch.bfloat16):
            maps = self.network(as_input(pictures.to(self._device, non_blocking=True)))
        loss = loss_of(maps, there).total
        self._optimizer.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(self.network.parameters(), CLIP)
        self._optimizer.step()
        self.progress.step += 1
        self._follow()
        return float(loss.detach())

    def _set_rate(self) -> None:
        done = min(self.progress.seconds / self._seconds, 1.0)
        falling = LAST_RATE + (1 - LAST_RATE) * (1 + math.cos(math.pi * done)) / 2
        rising = min((self.progress.step + 1) / WARM_UP, 1.0)
        for group in self._optimizer.param_groups:
            group["lr"] = self._schedule.rate * falling * rising

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
