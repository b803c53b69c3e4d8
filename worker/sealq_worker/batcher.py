"""Batches across pages: what several threads ask of a model is computed together, in one thread.

Each page is read in a lane, a thread that prepares what a model is shown and takes its answer
apart. The models belong to the thread that loaded them. While it computes, what the lanes ask next
gathers: all that is of one shape and for one model goes together. So nothing is padded to a
neighbour's size, and each page is answered as if it was read alone.
"""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from queue import Empty, SimpleQueue
from threading import get_ident
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]

log = logging.getLogger(__name__)

#: Bytes of a batch's inputs, at most: models take many times as much inside. One question that is
#: larger is computed alone.
BATCH_BYTES = 64 << 20


class Runner(Protocol):
    """A model as PaddleX calls it."""

    def __call__(self, x: Sequence[Array]) -> Sequence[Array]:
        """Compute a batch.

        Args:
            x: The model's inputs, each (rows, ...).

        Returns:
            Its outputs: one of (rows, ...); or boxes, (found, ...), how many of them each row has,
            (rows,) of integers, and whatever else it says of each box.
        """


class BatchedRunner:
    """Stands in the place of a model: hands on what it is asked, and waits for the answer."""

    def __init__(self, runner: Runner, batcher: Batcher) -> None:
        self._runner = runner
        self._batcher = batcher

    def __call__(self, x: Sequence[Array]) -> Sequence[Array]:
        """Compute a batch, with what others ask at the same time."""
        return self._batcher.compute(self._runner, x)


@dataclass(frozen=True, eq=False)
class _Question:
    """What a lane wants to be computed."""

    runner: Runner
    inputs: Sequence[Array]
    answer: Future[Sequence[Array]] = field(default_factory=Future)

    @property
    def rows(self) -> int:
        return len(self.inputs[0])

    @property
    def size(self) -> int:
        return sum(each.nbytes for each in self.inputs)

    def goes_with(self, other: _Question) -> bool:
        """Say whether both can be computed at once."""
        return self.runner is other.runner and all(
            one.shape[1:] == two.shape[1:] and one.dtype == two.dtype
            for one, two in zip(self.inputs, other.inputs, strict=True)
        )


class Batcher:
    """Computes in the thread that made it what lanes ask from theirs."""

    def __init__(self, most: int) -> None:
        """Begin without lanes.

        Args:
            most: Rows of a batch, unless one question has more.
        """
        self._most = most
        self._owner = get_ident()
        #: None: a lane has ended.
        self._asked: SimpleQueue[_Question | None] = SimpleQueue()
        self._waiting: deque[_Question] = deque()
        #: Models that failed on a batch and not on its parts.
        self._one_by_one: list[Runner] = []

    def compute(self, runner: Runner, inputs: Sequence[Array]) -> Sequence[Array]:
        """Compute what a lane asks; in the owner's thread, at once.

        Raises:
            Exception: Whatever the model raises on these inputs.
        """
        if get_ident() == self._owner:
            return runner(inputs)
        question = _Question(runner, inputs)
        self._asked.put(question)
        return question.answer.result()

    def serve(self, lanes: Sequence[Callable[[], None]]) -> None:
        """Run lanes, each in its thread, and answer them until all have ended.

        Raises:
            Exception: What the first of them that failed raised, when all have ended.
        """
        with ThreadPoolExecutor(len(lanes), thread_name_prefix="lane") as threads:
            ends = [threads.submit(lane) for lane in lanes]
            for end in ends:
                end.add_done_callback(lambda _: self._asked.put(None))
            self._answer_until(len(ends))
        for end in ends:
            end.result()

    def _answer_until(self, lanes: int) -> None:
        """Answer until so many lanes have ended; interrupted, let none of them wait for ever."""
        left = lanes
        batch: list[_Question] = []
        try:
            while left:
                left -= self._gather()
                if self._waiting:
                    batch = self._next_batch()
                    self._answer(batch)
        except BaseException as exc:
            self._waiting.extend(question for question in batch if not question.answer.done())
            while left:
                while self._waiting:
                    self._waiting.popleft().answer.set_exception(exc)
                left -= self._gather()
            raise

    def _gather(self) -> int:
        """Take up what was asked, at least one thing if nothing waits; return the lanes' ends."""
        ended = 0
        for question in self._all_asked():
            if question is None:
                ended += 1
            else:
                self._waiting.append(question)
        return ended

    def _all_asked(self) -> Iterator[_Question | None]:
        if not self._waiting:
            yield self._asked.get()
        while True:
            try:
                yield self._asked.get_nowait()
            except Empty:
                return

    def _next_batch(self) -> list[_Question]:
        """Take the question that waited longest, and those that go with it."""
        first = self._waiting.popleft()
        batch, rows, size = [first], first.rows, first.size
        if any(first.runner is runner for runner in self._one_by_one):
            return batch
        for question in filter(first.goes_with, list(self._waiting)):
            rows, size = rows + question.rows, size + question.size
            if rows > self._most or size > BATCH_BYTES:
                break
            self._waiting.remove(question)
            batch.append(question)
        return batch

    def _answer(self, batch: Sequence[_Question]) -> None:
        if len(batch) == 1:
            _answer_alone(batch[0])
            return
        try:
            answers = _computed(batch)
        except Exception as exc:  # noqa: BLE001 (which of them is to blame shows when each is alone)
            for question in batch:
                _answer_alone(question)
            if not any(question.answer.exception() for question in batch):
                log.warning("a model takes no batches, and gets its pages one by one: %r", exc)
                self._one_by_one.append(batch[0].runner)
            return
        for question, answer in zip(batch, answers, strict=True):
            question.answer.set_result(answer)


def _answer_alone(question: _Question) -> None:
    try:
        question.answer.set_result(question.runner(question.inputs))
    except Exception as exc:  # noqa: BLE001 (the lane that asked raises it)
        question.answer.set_exception(exc)


def _computed(batch: Sequence[_Question]) -> list[list[Array]]:
    """Compute questions at once; return the answer to each."""
    inputs = zip(*(question.inputs for question in batch), strict=True)
    outputs = batch[0].runner([np.concatenate(parts) for parts in inputs])
    return split(outputs, [question.rows for question in batch])


def split(outputs: Sequence[Array], rows: Sequence[int]) -> list[list[Array]]:
    """Take a batch's outputs apart.

    Args:
        outputs: As a `Runner` gives them.
        rows: Of each part.

    Raises:
        ValueError: The outputs are of neither form.
    """
    ends = np.cumsum(rows)
    if len(outputs) == 1:
        by_output = [_parts(outputs[0], ends)]
    else:
        boxes, counts, *others = outputs
        found = np.cumsum([part.sum() for part in _parts(counts, ends)])
        by_output = [_parts(boxes, found), _parts(counts, ends)]
        by_output += [_parts(each, found) for each in others]
    return [list(parts) for parts in zip(*by_output, strict=True)]


def _parts(output: Array, ends: NDArray[np.int_]) -> list[Array]:
    if len(output) != ends[-1]:
        raise ValueError(f"an output of {len(output)} rows where {ends[-1]} were expected")
    return np.split(output, ends[:-1])
