"""Rules of devices: how they are named, found, and shown to one process alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from sealq_worker.devices import VISIBILITY_VARIABLES, Device, detect_devices
from sealq_worker.errors import DeviceError, DeviceNameError


class TestName:
    @pytest.mark.parametrize(
        ("text", "kind", "index", "shown"),
        [
            ("cpu", "cpu", None, "cpu"),
            ("gpu", "gpu", 0, "gpu:0"),  # the first one
            ("gpu:1", "gpu", 1, "gpu:1"),
            ("npu:12", "npu", 12, "npu:12"),
            (" GPU:1 ", "gpu", 1, "gpu:1"),
            ("iluvatar_gpu:2", "iluvatar_gpu", 2, "iluvatar_gpu:2"),
        ],
    )
    def test_it_is_a_kind_and_a_number(
        self, text: str, kind: str, index: int | None, shown: str
    ) -> None:
        device = Device.parse(text)
        assert (device.kind, device.index, str(device)) == (kind, index, shown)

    @pytest.mark.parametrize(
        ("text", "reason"),
        [
            ("cpu:0", "the CPU has no number. Write cpu."),
            ("gpu:0,1", "one number, as in gpu:0; repeat --device"),
            ("gpu:x", "one number, as in gpu:0"),
            ("gpu:-1", "one number"),
            ("gpu:１", "one number"),  # a digit, but none of ASCII
            ("cuda:0", "no such kind of device. Known: cpu, gpu, npu,"),
            ("", "no such kind of device"),
        ],
    )
    def test_what_names_none_or_several_is_refused_with_the_remedy(
        self, text: str, reason: str
    ) -> None:
        with pytest.raises(DeviceNameError, match=reason):
            Device.parse(text)

    @pytest.mark.parametrize(("text", "name"), [("cpu", "cpu"), ("npu:3", "npu:0")])
    def test_in_its_process_it_is_the_first(self, text: str, name: str) -> None:
        assert Device.parse(text).pinned_name == name


class TestVisibility:
    @pytest.mark.parametrize(
        ("kind", "variable"),
        [
            ("gpu", "CUDA_VISIBLE_DEVICES"),
            ("npu", "ASCEND_RT_VISIBLE_DEVICES"),
            ("xpu", "XPU_VISIBLE_DEVICES"),
            ("mlu", "MLU_VISIBLE_DEVICES"),
            ("gcu", "TOPS_VISIBLE_DEVICES"),
            ("dcu", "HIP_VISIBLE_DEVICES"),
            ("iluvatar_gpu", "CUDA_VISIBLE_DEVICES"),
            ("metax_gpu", "MACA_VISIBLE_DEVICES"),
        ],
    )
    def test_every_vendor_has_a_variable(self, kind: str, variable: str) -> None:
        assert Device(kind, 1).visibility({}) == {variable: "1"}
        assert kind in VISIBILITY_VARIABLES

    def test_the_cpu_has_none(self) -> None:
        assert Device("cpu", None).visibility({"CUDA_VISIBLE_DEVICES": "2"}) == {}

    @pytest.mark.parametrize(
        ("text", "shown"),
        [("gpu:0", "2"), ("gpu:1", "5")],
    )
    def test_a_number_counts_among_the_devices_that_are_shown_already(
        self, text: str, shown: str
    ) -> None:
        environment = {"CUDA_VISIBLE_DEVICES": "2, 5"}
        assert Device.parse(text).visibility(environment) == {"CUDA_VISIBLE_DEVICES": shown}

    def test_names_instead_of_numbers_are_passed_on(self) -> None:
        environment = {"CUDA_VISIBLE_DEVICES": "GPU-8932f937,MIG-1"}
        assert Device("gpu", 1).visibility(environment) == {"CUDA_VISIBLE_DEVICES": "MIG-1"}

    def test_a_device_that_is_not_shown_is_refused(self) -> None:
        with pytest.raises(DeviceError, match=r"gpu:2: CUDA_VISIBLE_DEVICES=2,5 shows only 2"):
            Device("gpu", 2).visibility({"CUDA_VISIBLE_DEVICES": "2,5"})

    def test_where_none_is_shown_all_are_refused(self) -> None:
        with pytest.raises(DeviceError, match="shows only 0"):
            Device("gpu", 0).visibility({"CUDA_VISIBLE_DEVICES": ""})


class TestDetection:
    def test_drivers_show_their_devices(self, tmp_path: Path) -> None:
        for gpu in ("0000:01:00.0", "0000:41:00.0"):
            (tmp_path / "proc/driver/nvidia/gpus" / gpu).mkdir(parents=True)
        (tmp_path / "dev").mkdir()
        for node in ("davinci0", "davinci1", "davinci7", "davinci_manager", "davinci0p1", "null"):
            (tmp_path / "dev" / node).touch()
        found = ["gpu:0", "gpu:1", "npu:0", "npu:1", "npu:2"]
        assert list(map(str, detect_devices(tmp_path))) == found

    def test_without_accelerators_there_is_the_cpu(self, tmp_path: Path) -> None:
        assert detect_devices(tmp_path) == [Device("cpu", None)]
