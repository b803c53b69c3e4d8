"""Which of several texts stands on a seal, by all candidates' evidence together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sealq_worker.careful.ctc import log_probabilities
from sealq_worker.careful.looks import look_of
from sealq_worker.careful.observation import Candidate
from sealq_worker.careful.plain import normalised

#: Natural logarithm by which a text gains with each character. A piece of a text is more probable
#: than all of it; one more character that was read with 0.45 or more speaks for the longer text.
GAIN = 0.8


@dataclass(frozen=True)
class Weighed:
    """A text and what speaks for it.

    Attributes:
        text: Normalised.
        evidence: Logarithm of its mean probability over the candidates.
        share: Of the belief in all texts that were weighed, its prior included; 0 to 1.
    """

    text: str
    evidence: float
    share: float


def weigh(group: Sequence[Candidate], priors: Mapping[str, float]) -> tuple[Weighed, ...]:
    """Weigh texts against one another.

    Each candidate is a look at the same text, and any one of them may have been spoilt, by a cut
    or by print across it. So probabilities are averaged, not multiplied: one good look is enough,
    all the more one that comes first.

    Args:
        group: At least one candidate.
        priors: Normalised texts, and by how much each is likelier than others before anything was
            looked at, as a logarithm.

    Returns:
        The texts, the likeliest first; empty where there was none.
    """
    texts = [text for text in priors if text]
    if not texts:
        return ()
    evidence = _evidence(group, texts)
    belief = evidence + np.array([priors[text] + GAIN * len(text) for text in texts])
    shares = np.exp(belief - belief.max())
    shares /= shares.sum()
    order = np.argsort(-belief, kind="stable")
    return tuple(Weighed(texts[i], float(evidence[i]), float(shares[i])) for i in order)


def readings(group: Sequence[Candidate]) -> list[str]:
    """Return the different texts that the candidates read, normalised, best first."""
    texts = (normalised(candidate.text) for candidate in group)
    return [text for text in dict.fromkeys(texts) if text]


def _evidence(group: Sequence[Candidate], texts: Sequence[str]) -> NDArray[np.float64]:
    looks = [log_probabilities(look_of(candidate).columns, texts) for candidate in group]
    # Candidates come best first, by how many views agree on each: earlier ones weigh more.
    weights = 1 / np.arange(1, len(looks) + 1)
    shares = np.log(weights / weights.sum())[:, None]
    mean: NDArray[np.float64] = np.logaddexp.reduce(np.array(looks) + shares, axis=0)
    return mean
