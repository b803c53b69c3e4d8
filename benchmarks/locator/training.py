"""The locator as it learns: on small pictures first, then on larger ones."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from learning.training import Training
from locator.contract import INPUT_SIDE
from locator.dataset import Example
from locator.losses import TargetBatch, loss_of
from locator.network import Locator, as_input, in_memory


@dataclass(frozen=True)
class Schedule:
    """How a run goes.

    Attributes:
        rate: Learning rate at the top, for batches of 16.
        sides: Shares of the run, and the side of the pictures until then, in pixels. Small ones
            teach what a seal is two and a half times as fast; large ones what else looks like one,
            and exact boxes.
        judging: Share of the run until which the judge alone learns, if it knows nothing yet.
    """

    rate: float
    sides: tuple[tuple[float, int], ...]
    judging: float


FROM_NOTHING = Schedule(3e-3, ((0.32, 320), (0.7, 384), (1.0, INPUT_SIDE)), 0.0)

#: For a network that knows seals already: with half as much again it forgot in minutes what it had
#: learned in hours.
FROM_A_MODEL = Schedule(1e-3, ((0.5, 384), (1.0, INPUT_SIDE)), 0.2)


class LocatorTraining(Training[Locator, Example]):
    """A locator that learns."""

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
        self._judge_first = bool(first and first.judge.fresh)
        there = torch.device(device)
        super().__init__(
            in_memory(first or Locator(), there, torch.channels_last),
            seed=seed,
            seconds=seconds,
            rate=self._schedule.rate,
            device=there,
        )

    @property
    def side(self) -> int:
        """Side of the pictures to learn from now, in pixels."""
        return next((side for until, side in self._schedule.sides if self.done < until), INPUT_SIDE)

    @property
    def rate(self) -> float:
        """As the schedule has it; higher where nothing learns but what knows nothing yet."""
        return FROM_NOTHING.rate if self._judging else super().rate

    @property
    def _judging(self) -> bool:
        return self._judge_first and self.done < self._schedule.judging

    def loss(self, batch: Example) -> Tensor:
        """Return the loss of pictures and their targets."""
        pictures, targets = batch
        there = TargetBatch(*(part.to(self._device, non_blocking=True) for part in targets))
        images = as_input(pictures.to(self._device, non_blocking=True))
        with torch.autocast(self._device.type, torch.bfloat16):
            with torch.set_grad_enabled(not self._judging):
                sight = self.network.look(images)
            found = self.network.judged(sight)
        return loss_of(found, there).total
