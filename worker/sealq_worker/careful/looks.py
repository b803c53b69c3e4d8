"""What one candidate says of any text: probabilities per step, of the blank and of characters."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sealq_worker.careful.ctc import FLOOR
from sealq_worker.careful.observation import Candidate, Rivals
from sealq_worker.careful.plain import normalised

#: Characters that a misread one may be: those that look alike in small print.
_LOOKALIKES = 100.0
#: Share of a doubtful character's doubt that there is none at all.
_NONE_AT_ALL = 0.3
#: Power of the odds of a character being right: the recogniser is more often right than it says
#: where it is sure, and less often where it is not.
_SHARPNESS = 1.5
#: Probability that a character between two others was overlooked, and that one was before or after
#: them: lines are cut too short.
OVERLOOKED, CUT_OFF = 0.001, 0.02


@dataclass(frozen=True)
class Look:
    """A line as it was read: characters and how sure each is.

    Attributes:
        text: Normalised.
        characters: Probability of each character, 0 to 1.
        rivals: What else each of them may be; empty where nothing is known of that.
    """

    text: str
    characters: tuple[float, ...]
    rivals: tuple[Rivals, ...] = ()

    @property
    def sharpened(self) -> NDArray[np.float64]:
        """How sure each character really is, (characters,)."""
        said = np.clip(np.array(self.characters, float), FLOOR, 1 - FLOOR)
        odds = (said / (1 - said)) ** _SHARPNESS
        sharp: NDArray[np.float64] = odds / (1 + odds)
        return sharp

    def part(self, first: int, last: int) -> Look:
        """Return what was read from one character up to another."""
        return Look(self.text[first:last], self.characters[first:last], self.rivals[first:last])

    def columns(self, symbols: str) -> NDArray[np.float64]:
        """Return what each step says of the blank and of some characters.

        A character's doubt goes to others that look alike and to there being none. Beside any of
        them one may have been overlooked; which one, only the text that is weighed can say.

        Args:
            symbols: Each once.

        Returns:
            (2 n + 1, 1 + symbols) for n characters; gaps and characters by turns, the blank first.
        """
        steps = np.empty((2 * len(self.text) + 1, 1 + len(symbols)))
        steps[0::2, 0], steps[0::2, 1:] = 1 - OVERLOOKED, OVERLOOKED
        steps[[0, -1], 0], steps[[0, -1], 1:] = 1 - CUT_OFF, CUT_OFF
        said, sure = np.array(self.characters, float), self.sharpened[:, None]
        steps[1::2, :1] = (1 - sure) * _NONE_AT_ALL
        steps[1::2, 1:] = (1 - sure) * (1 - _NONE_AT_ALL) / _LOOKALIKES
        for step, rivals in enumerate(self.rivals):
            for char in filter(symbols.__contains__, rivals):
                left = (1 - sure[step, 0]) / max(FLOOR, 1 - said[step])
                steps[2 * step + 1, 1 + symbols.index(char)] += left * rivals[char]
        for step, char in enumerate(self.text):
            if char in symbols:
                steps[2 * step + 1, 1 + symbols.index(char)] = sure[step, 0]
        return np.maximum(steps, FLOOR)


def look_of(candidate: Candidate) -> Look:
    """Return what a candidate read, normalised."""
    rivals = candidate.rivals or ({},) * len(candidate.text)
    said = [
        (plain, probability, {normalised(other): p for other, p in others.items()})
        for char, probability, others in zip(
            candidate.text, candidate.characters, rivals, strict=True
        )
        for plain in normalised(char)
    ]
    return Look(
        "".join(char for char, _, _ in said),
        tuple(probability for _, probability, _ in said),
        tuple(others for _, _, others in said),
    )
