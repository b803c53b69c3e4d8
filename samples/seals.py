"""What a sample seal says and looks like, in millimetres; the invented companies that own them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import NamedTuple

#: Ink of red seals.
RED = (208, 32, 38)
#: Ink of blue seals.
BLUE = (36, 62, 176)

RGB = tuple[int, int, int]


class Shape(StrEnum):
    """Outline of a seal."""

    ROUND = "round"
    OVAL = "oval"
    SQUARE = "square"


class Size(NamedTuple):
    """Width and height in millimetres."""

    width: float
    height: float


#: How large seals of each outline are cut.
SIZES = {Shape.ROUND: Size(42, 42), Shape.OVAL: Size(40, 30), Shape.SQUARE: Size(20, 20)}


@dataclass(frozen=True)
class Company:
    """An invented company.

    Attributes:
        name: Holds a word for "example" or "invented", so that nobody takes it for a real one.
        tax_number: 18 characters; no region has the code 909090 that stands in it.
        seal_number: 13 digits; no province has the code 90 that it begins with.
    """

    name: str
    tax_number: str
    seal_number: str


@dataclass(frozen=True)
class Seal:
    """One seal.

    Attributes:
        shape: Outline; `SIZES` has its size.
        ring: Text along the upper arc.
        lines: Straight lines below the middle; of a square seal its columns, from the right.
        number: Text along the lower arc.
        star: Whether a star stands in the middle.
        colour: Ink, RGB.
        turn: Degrees by which the hand turned it, anticlockwise.
        wear: 0 for even ink on smooth paper, 1 for a seal that is hard to read.
        seed: Seed of the wear.
    """

    shape: Shape
    ring: str = ""
    lines: tuple[str, ...] = ()
    number: str = ""
    star: bool = False
    colour: RGB = RED
    turn: float = 0.0
    wear: float = 0.2
    seed: int = 0

    @property
    def texts(self) -> list[str]:
        """All that the seal says: ring, middle lines, number; a square seal is one text."""
        if self.shape is Shape.SQUARE:
            return ["".join(self.lines)]
        return [text for text in (self.ring, *self.lines, self.number) if text]

    def pressed(self, *, turn: float, seed: int, wear: float = 0.2) -> Seal:
        """Return the same seal as pressed once: its own turn (degrees), seed and wear."""
        return replace(self, turn=turn, seed=seed, wear=wear)


def company_seal(
    company: Company, purpose: str, *, colour: RGB = RED, numbered: bool = True
) -> Seal:
    """Return the round seal that a company uses for one purpose, with its number or without."""
    number = company.seal_number if numbered else ""
    return Seal(Shape.ROUND, company.name, (purpose,), number, star=True, colour=colour)


def invoice_seal(company: Company) -> Seal:
    """Return the oval seal that a company puts on its invoices."""
    return Seal(Shape.OVAL, company.name, (company.tax_number, "发票专用章"))


def name_seal(*columns: str) -> Seal:
    """Return a square seal; its columns are read from the right."""
    return Seal(Shape.SQUARE, lines=columns)


TECHNOLOGY = Company("花果山示例科技有限公司", "91909090MA0A1X8H4P", "9031584627095")
TRADE = Company("大观园样本贸易有限公司", "91909090MA0B2Y6K7T", "9046182957360")
PRINTING = Company("桃花源虚构印刷有限公司", "91909090MA0C3W4N9E", "9053271648097")
LOGISTICS = Company("水帘洞假想物流有限公司", "91909090MA0D4U2R6F", "9067402815936")
COMPANIES = (TECHNOLOGY, TRADE, PRINTING, LOGISTICS)
