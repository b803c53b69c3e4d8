"""How well a recogniser reads strips, role by role."""

from __future__ import annotations

from collections import defaultdict

import torch

from recogniser.alphabet import Alphabet
from recogniser.batches import batch_of, groups_by_width
from recogniser.cache import Cache
from recogniser.graph import Graph
from sealbench.compare import normalised
from sealbench.figures import Share
from sealq_worker.careful.models import own_steps

#: What a strip on which nothing is to be read counts as.
NOTHING = "nothing"


def exact_by_role(network: Graph, cache: Cache, alphabet: Alphabet) -> dict[str, Share]:
    """Return, for each role, the share of strips whose text was read exactly.

    Full-width forms and spaces make no difference. Strips with characters that the recogniser lacks
    count: it can't read them.
    """
    hits: dict[str, list[bool]] = defaultdict(list)
    for index, text in zip(*read_all(network, cache, alphabet), strict=True):
        hits[cache.roles[index] or NOTHING].append(
            normalised(text) == normalised(cache.texts[index])
        )
    return {role: Share(sum(found), len(found)) for role, found in sorted(hits.items())}


def read_all(network: Graph, cache: Cache, alphabet: Alphabet) -> tuple[list[int], list[str]]:
    """Return the indices of all strips, those of like width together, and what was read on each."""
    network.eval()
    indices: list[int] = []
    texts: list[str] = []
    for group in groups_by_width(cache.widths):
        images = [cache.strip(index).image for index in group]
        batch = batch_of(images, [[] for _ in images])
        with torch.inference_mode():
            matrices = network(batch.pictures).float().numpy()
        indices += group.tolist()
        texts += [
            alphabet.read(matrix[: own_steps(image)])
            for matrix, image in zip(matrices, images, strict=True)
        ]
    return indices, texts
