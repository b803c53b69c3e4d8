"""The network's decoding, its loss, and the files that are made of it."""
# ruff: noqa: E402 - PyTorch is an extra: it is asked for before what needs it is imported

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import pytest

torch = pytest.importorskip("torch", reason="PyTorch is an extra (docs/locator.md)")

from learning.training import CheckpointError
from locator.contract import CUT_SEAL, GRID, IGNORE, INPUT_SIDE, SEAL, STRIDE, TAX_MARK
from locator.decode import ExportedLocator, decode
from locator.export import export
from locator.judge import SAMPLES, points_in
from locator.losses import TargetBatch, box_loss, generalised_iou, heat_loss, loss_of, shown_in
from locator.maps import MOST_BOXES, Maps, peaks_of
from locator.network import Findings, Locator
from locator.shipped import load_shipped
from locator.targets import Targets, make_targets
from locator.training import LocatorTraining

#: Logits of a cell that is sure to hold a centre, and of one that is sure not to.
YES, NO = 6.0, -8.0


@pytest.fixture(scope="module")
def network() -> Locator:
    """A network of chance weights whose running statistics are not the first ones."""
    torch.set_num_threads(1)  # small pictures: threads would wait for each other
    torch.manual_seed(7)
    network = Locator()
    network.train()
    with torch.no_grad():
        for _ in range(3):
            network(torch.rand(2, 3, INPUT_SIDE, INPUT_SIDE) * 2 - 1)
        list(network.heat.parameters())[-2].mul_(20)  # spread the scores, as training would
        for weights in network.judge.last.parameters():
            weights.normal_()
    network.eval()
    return network


@pytest.fixture(scope="module")
def model(network: Locator, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("model")
    export(network, folder)
    return folder


@pytest.fixture(scope="module")
def session(model: Path) -> Any:
    return onnxruntime.InferenceSession(
        model / "inference.onnx", providers=["CPUExecutionProvider"]
    )


def _pictures(count: int) -> np.ndarray:
    rng = np.random.default_rng(3)
    return rng.uniform(-1, 1, (count, 3, INPUT_SIDE, INPUT_SIDE)).astype(np.float32)


def _found(boxes: Sequence[tuple[int, float, tuple[float, float, float, float]]]) -> Findings:
    """Return what maps of one picture name: these (class, logit, box) and nothing else."""
    heat = torch.full((1, 3, GRID, GRID), NO)
    sides = torch.zeros(1, 4, GRID, GRID)
    for label, logit, (x1, y1, x2, y2) in boxes:
        column, row = int((x1 + x2) / 2 / STRIDE), int((y1 + y2) / 2 / STRIDE)
        x, y = (column + 0.5) * STRIDE, (row + 0.5) * STRIDE
        heat[0, label, row, column] = logit
        reach = torch.tensor([x - x1, y - y1, x2 - x, y2 - y]) / STRIDE
        sides[0, :, row, column] = reach.log()
    maps = Maps(heat, sides)
    peaks = peaks_of(maps)
    return Findings(maps, peaks, peaks.logits)


def _sure(findings: Findings) -> list[list[float]]:
    _, scores, boxes = decode(findings)
    found: list[list[float]] = boxes[0][scores[0] > 0.5].round().tolist()
    return found


def test_decoding_returns_the_box_that_the_maps_name() -> None:
    assert _sure(_found([(SEAL, YES, (100, 60, 181, 200))])) == [[100, 60, 181, 200]]


def test_a_box_that_reaches_out_of_the_picture_ends_at_its_edge() -> None:
    assert _sure(_found([(SEAL, YES, (-40, 10, 80, 90))])) == [[0, 10, 80, 90]]


def test_a_seal_seen_twice_is_reported_once_in_between() -> None:
    first, again = (100, 100, 300, 300), (120, 120, 330, 310)
    assert _sure(_found([(SEAL, YES, first), (SEAL, YES, again)])) == [[110, 110, 315, 305]]


def test_a_box_counts_by_how_surely_it_comes_from_a_centre() -> None:
    """However sure the judge is of it: of a box it knows what it shows, not how well it fits."""
    first, again = (100.0, 100.0, 300.0, 300.0), (120.0, 120.0, 330.0, 310.0)
    found = _found([(SEAL, YES, first), (SEAL, NO / 2, again)])
    verdicts = found.verdicts.clone()
    verdicts[0, :2, SEAL] = torch.tensor([YES, YES + 1])
    assert _sure(found._replace(verdicts=verdicts)) == [list(first)]


def test_a_part_of_a_seal_is_no_seal_of_its_own() -> None:
    whole, part = (50, 50, 450, 450), (60, 60, 200, 180)
    assert _sure(_found([(SEAL, YES, whole), (SEAL, YES - 1, part)])) == [list(whole)]


def test_two_seals_that_overlap_are_both_reported() -> None:
    both = [(100, 100, 200, 200), (150, 140, 250, 240)]
    found = _sure(_found([(SEAL, YES, box) for box in both]))
    assert sorted(found) == sorted(map(list, both))


def test_the_judge_has_the_last_word() -> None:
    seal, doubted = (100.0, 100.0, 200.0, 200.0), (300.0, 300.0, 380.0, 380.0)
    found = _found([(SEAL, YES, seal), (SEAL, YES - 1, doubted)])
    verdicts = found.verdicts.clone()
    verdicts[0, 1] = torch.tensor([NO, YES, NO])
    classes, scores, boxes = decode(found._replace(verdicts=verdicts))
    sure = scores[0] > 0.5
    assert dict(zip(classes[0][sure].tolist(), boxes[0][sure].tolist(), strict=True)) == {
        SEAL: list(seal),
        CUT_SEAL: list(doubted),
    }


def test_a_doubtful_seal_is_likelier_beside_a_sure_one() -> None:
    doubtful, far = (100.0, 100.0, 200.0, 200.0), (300.0, 300.0, 400.0, 400.0)
    alone = decode(_found([(SEAL, 0.2, doubtful)]))
    for beside, raised in ((SEAL, True), (TAX_MARK, False)):
        _, scores, boxes = decode(_found([(SEAL, 0.2, doubtful), (beside, YES, far)]))
        (score,) = scores[0][(boxes[0] == torch.tensor(doubtful)).all(dim=1)]
        assert bool(score > 0.6 > alone[1].max()) == raised


def test_a_judge_that_has_not_learned_leaves_what_the_maps_say() -> None:
    found = Locator().eval()(torch.from_numpy(_pictures(2)))
    torch.testing.assert_close(found.verdicts, found.peaks.logits)


def test_features_are_taken_evenly_over_a_box_and_a_little_around_it() -> None:
    points = points_in(torch.tensor([[[0.25, 0.5, 0.75, 1.0]]]))[0, 0]
    assert points.shape == (SAMPLES, SAMPLES, 2)
    assert points.mean(dim=(0, 1)).tolist() == pytest.approx([0.0, 0.5], abs=1e-6)
    assert points[0, 0, 0] < -0.5 < 0.5 < points[0, -1, 0]  # the box's left and right side
    assert (points[:, 1:, 0] - points[:, :-1, 0]).std() < 1e-6
    assert (points[0, :, 1] == points[0, 0, 1]).all()


def _things(*things: tuple[int, tuple[float, float, float, float]]) -> Any:
    boxes = np.array([box for _, box in things], np.float32).reshape(-1, 4)
    labels = np.array([label for label, _ in things], np.int64)
    return torch.from_numpy(make_targets(boxes, labels, INPUT_SIDE).things)[None]


@pytest.mark.parametrize(
    ("box", "shown", "asked"),
    [
        ((100, 100, 200, 200), {SEAL: 1.0}, True),
        ((100, 100, 200, 185), {SEAL: 1.0}, True),
        ((100, 100, 200, 165), {SEAL: 0.5}, True),  # an IoU in the middle between missed and fit
        ((100, 100, 200, 150), {}, True),
        ((100, 100, 140, 140), {}, True),
        ((300, 300, 380, 380), {CUT_SEAL: 1.0}, True),
        ((410, 20, 470, 80), {}, False),  # in what is left out
        ((0, 400, 80, 480), {}, True),
    ],
)
def test_a_box_shows_what_it_lies_on_as_well_as_it_fits(
    box: tuple[float, ...], shown: Mapping[int, float], *, asked: bool
) -> None:
    things = _things(
        (SEAL, (100, 100, 200, 200)),
        (CUT_SEAL, (300, 300, 380, 380)),
        (IGNORE, (400, 0, 500, 100)),
    )
    fits, is_asked = shown_in(torch.tensor([[[float(side) for side in box]]]), things)
    said = {kind: fit for kind, fit in enumerate(fits[0, 0].tolist()) if fit}
    assert said == pytest.approx(shown)
    assert bool(is_asked[0, 0]) == asked


def test_a_wrong_verdict_costs_more_than_a_right_one() -> None:
    box = (104.0, 40.0, 200.0, 168.0)
    batch = _batch(make_targets(np.array([box], np.float32), np.array([CUT_SEAL]), INPUT_SIDE))
    right, wrong = _found([(CUT_SEAL, YES, box)]), _found([(SEAL, YES, box)])
    assert loss_of(right, batch).judge < 0.1
    assert loss_of(wrong, batch).judge > 1


def test_a_shipped_network_goes_on_as_it_was(network: Locator, model: Path) -> None:
    pictures = torch.randint(0, 256, (4, 3, INPUT_SIDE, INPUT_SIDE), dtype=torch.uint8)
    again = load_shipped(model, pictures)
    assert not again.judge.fresh
    image = pictures.float() / 127.5 - 1
    with torch.inference_mode():
        first, second = network(image), again.eval()(image)
    torch.testing.assert_close(second.maps.heat, first.maps.heat, rtol=1e-3, atol=1e-2)
    torch.testing.assert_close(second.verdicts, first.verdicts, rtol=1e-2, atol=0.05)


def test_the_onnx_file_says_what_the_network_says(network: Locator, session: Any) -> None:
    pictures = _pictures(3)
    scales = np.array([[0.5, 0.25], [1.0, 1.0], [0.2, 0.3]], np.float32)
    with torch.inference_mode():
        expected = ExportedLocator(network)(torch.from_numpy(pictures), torch.from_numpy(scales))
    boxes, counts = session.run(None, {"image": pictures, "scale_factor": scales})
    assert counts.tolist() == [MOST_BOXES] * 3
    np.testing.assert_allclose(boxes, expected[0].numpy(), rtol=1e-3, atol=0.05)


def test_a_page_gets_the_same_boxes_alone_and_among_others(session: Any) -> None:
    pictures, scales = _pictures(3), np.full((3, 2), 0.4, np.float32)
    together, _ = session.run(None, {"image": pictures, "scale_factor": scales})
    for number, picture in enumerate(pictures):
        alone, _ = session.run(None, {"image": picture[None], "scale_factor": scales[:1]})
        rows = together[number * MOST_BOXES : (number + 1) * MOST_BOXES]
        np.testing.assert_allclose(alone, rows, rtol=1e-4, atol=1e-3)


def test_boxes_are_in_pixels_of_the_page(session: Any) -> None:
    picture = _pictures(1)
    here, _ = session.run(None, {"image": picture, "scale_factor": np.ones((1, 2), np.float32)})
    scale = np.array([[0.5, 0.25]], np.float32)  # of height and width: a page 2048 wide, 1024 high
    there, _ = session.run(None, {"image": picture, "scale_factor": scale})
    np.testing.assert_allclose(there[:, 2:], here[:, 2:] * [4, 2, 4, 2], rtol=1e-4)


def test_the_session_is_asked_for_image_and_scale_factor(session: Any) -> None:
    assert [entry.name for entry in session.get_inputs()] == ["image", "scale_factor"]
    assert [entry.name for entry in session.get_outputs()] == ["boxes", "box_num"]


def test_equal_boxes_cost_nothing() -> None:
    boxes = torch.tensor([[0.0, 0, 10, 10], [5, 5, 25, 9]])
    assert (1 - generalised_iou(boxes, boxes)).abs().max() < 1e-6
    maps = boxes[:, :, None, None]
    assert box_loss(maps, maps, torch.ones(2, 1, 1)) < 1e-6


def test_boxes_cost_more_the_farther_they_are_apart() -> None:
    true = torch.tensor([[0.0, 0, 10, 10]] * 3)
    found = torch.tensor([[5.0, 0, 15, 10], [20.0, 0, 30, 10], [90.0, 0, 100, 10]])
    near, far, farther = (1 - generalised_iou(found, true)).tolist()
    assert 0 < near < 1 < far < farther < 2


def test_cells_that_are_not_asked_cost_nothing() -> None:
    logits, truth = torch.full((1, 3, 4, 4), YES), torch.zeros(1, 3, 4, 4)
    asked = torch.ones(1, 4, 4)
    assert heat_loss(logits, truth, asked) > 1
    assert heat_loss(logits, truth, torch.zeros_like(asked)) == 0


def test_maps_that_name_the_truth_cost_less_than_all_others() -> None:
    box = (104.0, 40.0, 200.0, 168.0)
    targets = make_targets(np.array([box], np.float32), np.array([SEAL]), INPUT_SIDE)
    batch = _batch(targets)
    right = loss_of(_found([(SEAL, YES, box)]), batch)
    elsewhere = loss_of(_found([(SEAL, YES, (304.0, 40.0, 400.0, 168.0))]), batch)
    another = loss_of(_found([(SEAL + 1, YES, box)]), batch)
    assert right.heat < 0.1 < min(elsewhere.heat, another.heat)


def _batch(targets: Targets) -> TargetBatch:
    return TargetBatch(*(torch.from_numpy(part)[None] for part in targets))


def test_the_file_is_small(model: Path) -> None:
    assert (model / "inference.onnx").stat().st_size < 4_000_000


def test_a_run_learns_and_goes_on_where_it_stopped(tmp_path: Path) -> None:
    batch = _batch_of_a_block()
    training = LocatorTraining(seed=1, seconds=3600, device="cpu")
    first = training.epoch([batch])
    training.epoch([batch] * 60)
    training.save(tmp_path / "checkpoint.pt")
    resumed = LocatorTraining(seed=1, seconds=3600, device="cpu")
    resumed.resume(tmp_path / "checkpoint.pt")
    assert resumed.progress == training.progress
    assert resumed.epoch([batch]) < first


def test_a_checkpoint_of_another_run_is_refused(tmp_path: Path) -> None:
    LocatorTraining(seed=1, seconds=60, device="cpu").save(tmp_path / "checkpoint.pt")
    with pytest.raises(CheckpointError, match="--seed 1"):
        LocatorTraining(seed=2, seconds=60, device="cpu").resume(tmp_path / "checkpoint.pt")


def _batch_of_a_block() -> tuple[Any, TargetBatch]:
    """Return two equal small pictures of a grey block on white, taught as a seal."""
    targets = make_targets(np.array([[32, 32, 96, 96]], np.float32), np.array([SEAL]), side=128)
    pictures = torch.full((2, 3, 128, 128), 255, dtype=torch.uint8)
    pictures[:, :, 32:96, 32:96] = 90
    return pictures, TargetBatch(*(torch.from_numpy(np.stack([part] * 2)) for part in targets))
