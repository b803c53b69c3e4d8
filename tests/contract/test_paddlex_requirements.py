"""The `paddlex` extra is PaddleX's own `ocr` extra with an OpenCV that needs no libGL."""

from __future__ import annotations

import tomllib
from importlib.metadata import requires, version
from pathlib import Path

from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

PYPROJECT = Path(__file__).parents[2] / "pyproject.toml"

#: What the worker imports itself, so that it is asked for with sealq's own bounds.
OWN = {"paddlex", "numpy", "pillow", "psutil", "pypdfium2"}

HEADLESS = {"opencv-contrib-python": "opencv-contrib-python-headless"}


def by_name(requirements: list[Requirement]) -> dict[str, SpecifierSet]:
    """Return version bounds by name, PaddleX's OpenCV under its headless name."""
    names = [canonicalize_name(requirement.name) for requirement in requirements]
    return {
        HEADLESS.get(name, name): requirement.specifier
        for name, requirement in zip(names, requirements, strict=True)
    }


def sealq_extra() -> dict[str, SpecifierSet]:
    project = tomllib.loads(PYPROJECT.read_text(encoding="utf-8"))["project"]
    return by_name([Requirement(text) for text in project["optional-dependencies"]["paddlex"]])


def paddlex_requirements(extra: str) -> dict[str, SpecifierSet]:
    """What PaddleX asks for with an extra; with an empty one, what it always asks for."""
    every = [Requirement(text) for text in requires("paddlex") or []]
    return by_name(
        [one for one in every if one.marker is None or one.marker.evaluate({"extra": extra})]
    )


def paddlex_ocr_extra() -> dict[str, SpecifierSet]:
    always = paddlex_requirements("")
    with_extra = paddlex_requirements("ocr")
    return {name: bounds for name, bounds in with_extra.items() if name not in always}


def test_the_extra_asks_for_the_paddlex_that_is_tested() -> None:
    assert sealq_extra()["paddlex"] == SpecifierSet(f"=={version('paddlex')}")


def test_the_extra_is_paddlex_s_own_but_for_what_sealq_bounds_itself() -> None:
    theirs = paddlex_ocr_extra()
    ours = sealq_extra()
    assert {name: bounds for name, bounds in ours.items() if name not in OWN} == {
        name: bounds for name, bounds in theirs.items() if name not in OWN
    }


def test_what_sealq_bounds_itself_stays_within_paddlex_s_bounds() -> None:
    theirs = paddlex_requirements("ocr")
    for name in OWN & set(theirs):
        lowest = next(one.version for one in sealq_extra()[name] if one.operator == ">=")
        assert lowest in theirs[name]


def test_opencv_is_the_headless_build_of_the_version_that_paddlex_pins() -> None:
    ours = sealq_extra()
    assert "opencv-contrib-python" not in ours
    assert ours["opencv-contrib-python-headless"] == SpecifierSet("==4.10.0.84")
