"""The flow of `sealq.read`: claim pages, link those already read, read the others, save.

A page that can't be read fails alone, with its reason. Pages nobody tried before are in hand
together, each in another stage (`relay.py`); a page that was in hand when a process ended is taken
up last and alone: should it end this one too, no other page is suspected.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby

from sealq_configs.errors import ModelError
from sealq_storage.pages import ClaimedPage
from sealq_storage.readings import ReadingKey
from sealq_worker.activity import Stage
from sealq_worker.chunk import Chunk, claimed
from sealq_worker.errors import ReaderError
from sealq_worker.pipelines import Pipeline
from sealq_worker.relay import Relay
from sealq_worker.runtime import Runtime


def read_pages(runtime: Runtime, page_ids: Sequence[int]) -> int:
    """Read those of these pages that are free; return how many were really read.

    Told to stop, it finishes the page that is being read and gives back those that were not begun.

    Raises:
        StackUnreachableError: A part of the stack failed; the pages are due again.
    """
    with claimed(runtime, page_ids) as chunk:
        pages = sorted(chunk.pages, key=lambda page: page.pipeline_id)
        groups = groupby(pages, key=lambda page: page.pipeline_id)
        return sum(_read_with(runtime, chunk, spec_id, list(group)) for spec_id, group in groups)


def _read_with(
    runtime: Runtime, chunk: Chunk, pipeline_id: str, pages: Sequence[ClaimedPage]
) -> int:
    """Read pages of one pipeline."""
    read = 0
    try:
        pipeline = runtime.pipelines.get(pipeline_id)
        for together in _rounds(pages):
            read += _read_together(runtime, chunk, pipeline, together)
    except (ReaderError, ModelError) as exc:
        for page in chunk.open_among(pages):
            chunk.fail(page, "no_model", str(exc))
    return read


def _rounds(pages: Sequence[ClaimedPage]) -> Iterator[list[ClaimedPage]]:
    """Yield the pages that may be in hand together.

    First each content once; then its twins, whose reading is there by then; in the end, one by
    one, those that may be what ended a process.
    """
    fresh = [page for page in pages if not page.suspect]
    first = {(page.sha256, page.number): page for page in reversed(fresh)}
    firsts = {page.id for page in first.values()}
    yield [page for page in fresh if page.id in firsts]
    yield [page for page in fresh if page.id not in firsts]
    suspects = [page for page in pages if page.suspect]
    for page in sorted(suspects, key=lambda page: (page.attempts, page.document_id, page.number)):
        yield [page]


def _read_together(
    runtime: Runtime, chunk: Chunk, pipeline: Pipeline, pages: Sequence[ClaimedPage]
) -> int:
    """Read those of these pages that nobody read before; return how many were."""
    if not pages or runtime.stopping():
        return 0
    with runtime.activity.doing(Stage.LOAD):
        keys = {page.id: ReadingKey(page.sha256, page.number, pipeline.digest) for page in pages}
    chunk.link_known(keys)
    unread = chunk.open_among(pages)
    if not unread:
        return 0
    with runtime.activity.doing(Stage.LOAD):
        _ = pipeline.reader  # before any page's attempt counts
    with runtime.activity.holding([page.id for page in unread]):
        return Relay(runtime, chunk, pipeline).run(chunk.begin(unread))
