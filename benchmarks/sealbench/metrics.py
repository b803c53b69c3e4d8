"""How good finding is, over all pages and slice by slice."""

from __future__ import annotations

import statistics
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain

from sealbench.figures import Mean, Share, mean
from sealbench.match import (
    CUT_SEAL,
    SEAL,
    TRUE_CUT,
    TRUE_SEAL,
    TRUE_TAX_MARK,
    Alarm,
    Found,
    LabelMatch,
    PageMatch,
    Pair,
    match_page,
)
from sealbench.truth import DistractorTruth, PageTruth, SealTruth
