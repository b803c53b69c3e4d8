"""Rules of batches: what goes together, that each gets its own answer, and nobody waits in vain."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from threading import Event, current_thread

import numpy as np
import pytest
from waiting import PATIENCE, until

from sealq_worker import batcher as batching
from sealq_worker.batcher import Array, Batcher, Runner, split


def rows(*values: float, width: int = 1) -> Array:
    """Return inputs of so many rows, each of one value."""
    return np.repeat(np.array(values, np.float32)[:, None], width, axis=1)


class Doubling:
    """A model that doubles, and remembers what it was shown at once."""

    def __init__(self) -> None:
        self.batches: list[list[float]] = []
        self.threads: set[str] = set()

    def __call__(self, x: Sequence[Array]) -> list[Array]:
        self.batches.append(x[0][:, 0].tolist())
        self.threads.add(current_thread().name)
        return [x[0] * 2]


class Scene:
    """One lane asks first; while it is answered, the others ask, each in its turn."""

    def __init__(self, most: int = 9) -> None:
        self.batcher = Batcher(most=most)
        self._begun = Event()
        self._others = 0

    def held(self, model: Runner) -> Runner:
        """Return a model whose first answer takes until all others have asked."""

        def run(x: Sequence[Array]) -> Sequence[Array]:
            if not self._begun.is_set():
                self._begun.set()
                until(lambda: self._asked() == self._others)
            return model(x)

        return run

    def play(self, first: Callable[[], None], *others: Callable[[], None]) -> None:
        self._others = len(others)
        self.batcher.serve([first, *(partial(self._after, *each) for each in enumerate(others))])

    def ask(self, model: Runner, *inputs: Array) -> list[list[Array]]:
        """Ask for each of some inputs in a lane of its own; return the answers."""
        answers: list[list[Array]] = [[] for _ in inputs]

        def lane(number: int) -> None:
            answers[number] += self.batcher.compute(model, [inputs[number]])

        self.play(*(partial(lane, number) for number in range(len(inputs))))
        return answers

    def _after(self, before: int, lane: Callable[[], None]) -> None:
        assert self._begun.wait(PATIENCE)
        until(lambda: self._asked() >= before)
        lane()

    def _asked(self) -> int:
        return self.batcher._asked.qsize()  # noqa: SLF001


def refusing(model: Runner, refuses: Callable[[Array], bool]) -> Runner:
    """Return a model that raises on some inputs, after it was shown them."""

    def run(x: Sequence[Array]) -> Sequence[Array]:
        answer = model(x)
        if refuses(x[0]):
            raise ZeroDivisionError
        return answer

    return run


class TestWhatGoesTogether:
    def test_what_is_asked_while_a_model_computes_is_the_next_batch(self) -> None:
        scene, model = Scene(), Doubling()
        answers = scene.ask(scene.held(model), *map(rows, (1, 2, 3, 4)))
        assert model.batches == [[1], [2, 3, 4]]
        assert [answer[0, 0] for (answer,) in answers] == [2, 4, 6, 8]

    def test_the_thread_that_owns_the_models_computes(self) -> None:
        scene, model = Scene(), Doubling()
        scene.ask(scene.held(model), *map(rows, (1, 2)))
        assert model.threads == {current_thread().name}

    def test_of_one_shape_only(self) -> None:
        scene, model = Scene(), Doubling()
        narrow, wide = partial(rows, width=1), partial(rows, width=2)
        answers = scene.ask(scene.held(model), narrow(1), narrow(2), wide(3), narrow(4), wide(5))
        assert model.batches == [[1], [2, 4], [3, 5]]
        assert [answer.shape[1] for (answer,) in answers] == [1, 1, 2, 1, 2]

    def test_of_one_model_only(self) -> None:
        scene, one, other = Scene(), Doubling(), Doubling()
        asked = [(scene.held(one), 1), (other, 2), (one, 3), (other, 4)]
        scene.play(*(partial(_compute, scene, model, value) for model, value in asked))
        assert (one.batches, other.batches) == ([[1], [3]], [[2, 4]])

    def test_no_more_rows_than_told(self) -> None:
        scene, model = Scene(most=4), Doubling()
        scene.ask(scene.held(model), rows(1), rows(2, 2), rows(3, 3), rows(4, 4))
        assert model.batches == [[1], [2, 2, 3, 3], [4, 4]]

    def test_a_question_of_more_rows_is_computed_alone(self) -> None:
        scene, model = Scene(most=2), Doubling()
        scene.ask(scene.held(model), rows(1), rows(2, 2, 2), rows(3))
        assert model.batches == [[1], [2, 2, 2], [3]]

    def test_no_more_bytes_than_a_device_bears(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(batching, "BATCH_BYTES", 2 * rows(1).nbytes)
        scene, model = Scene(), Doubling()
        scene.ask(scene.held(model), *map(rows, (1, 2, 3, 4)))
        assert model.batches == [[1], [2, 3], [4]]

    def test_who_owns_the_models_is_answered_at_once(self) -> None:
        (answer,) = Batcher(most=9).compute(Doubling(), [rows(3)])
        assert answer[0, 0] == 6


class TestWhatFails:
    def test_fails_alone(self) -> None:
        scene, answered = Scene(), []
        model = scene.held(refusing(Doubling(), lambda x: 3 in x))

        def lane(value: float) -> None:
            (answer,) = scene.batcher.compute(model, [rows(value)])
            answered.append(float(answer[0, 0]))

        with pytest.raises(ZeroDivisionError):
            scene.play(*(partial(lane, value) for value in (1, 2, 3, 4)))
        assert sorted(answered) == [2, 4, 8]

    def test_a_model_that_takes_no_batches_is_tried_once(self) -> None:
        scene, model = Scene(), Doubling()
        alone = refusing(model, lambda x: len(x) > 1)
        lanes = [
            partial(_compute, scene, each, value)
            for each, value in [(scene.held(Doubling()), 0), *((alone, n) for n in (1, 2, 3, 4))]
        ]
        scene.play(*lanes)
        assert model.batches == [[1, 2, 3, 4], [1], [2], [3], [4]]
        scene.batcher.serve(lanes)
        assert [len(batch) for batch in model.batches[5:]] == [1, 1, 1, 1]

    def test_what_a_lane_raises_is_raised_when_the_others_have_ended(self) -> None:
        scene, ended = Scene(), []

        def failing() -> None:
            raise LookupError

        def working() -> None:
            scene.batcher.compute(Doubling(), [rows(1)])
            ended.append(True)

        with pytest.raises(LookupError):
            scene.batcher.serve([failing, working])
        assert ended == [True]

    def test_when_the_owner_is_interrupted_no_lane_waits_for_ever(self) -> None:
        scene, ends = Scene(most=1), []

        def interrupted(x: Sequence[Array]) -> Sequence[Array]:  # noqa: ARG001
            raise KeyboardInterrupt

        model = scene.held(interrupted)

        def lane() -> None:
            try:
                scene.batcher.compute(model, [rows(1)])
            except KeyboardInterrupt:
                ends.append(True)

        with pytest.raises(KeyboardInterrupt):
            scene.play(lane, lane, lane)
        assert ends == [True] * 3


class TestTakenApart:
    def test_by_rows(self) -> None:
        first, second = split([rows(1, 2, 3)], [2, 1])
        assert (first[0].tolist(), second[0].tolist()) == ([[1], [2]], [[3]])

    def test_boxes_by_how_many_each_row_has(self) -> None:
        boxes, counts, masks = rows(1, 2, 3), np.array([2, 0, 1]), rows(7, 8, 9)
        first, second = split([boxes, counts, masks], [1, 2])
        assert [each.tolist() for each in first] == [[[1], [2]], [2], [[7], [8]]]
        assert [each.tolist() for each in second] == [[[3]], [0, 1], [[9]]]

    @pytest.mark.parametrize(
        "outputs", [[rows(1, 2, 3)], [rows(1, 2, 3), np.array([2, 2])], [rows(1), np.array([1])]]
    )
    def test_nothing_that_does_not_fit(self, outputs: list[Array]) -> None:
        with pytest.raises(ValueError, match="were expected"):
            split(outputs, [1, 1])


def _compute(scene: Scene, model: Runner, value: float) -> None:
    scene.batcher.compute(model, [rows(value)])
