"""Kinds of pages: each prints its form on a sheet and says where seals belong."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from sealbench import names, phrases
from sealbench.chance import between, digits, happens, pick
from sealbench.fonts import Split
from sealbench.sheet import Colour, Sheet
from sealbench.writer import Spot, Writer

#: A4 upright, in millimetres.
A4 = (210.0, 297.0)


@dataclass(frozen=True)
class Kind:
    """A kind of page.

    Attributes:
        sizes: Of its sheets, in millimetres.
        weight: How often it comes.
        write: Prints it; returns where seals belong.
    """

    sizes: tuple[tuple[float, float], ...]
    weight: float
    write: Callable[[Writer], list[Spot]]


def contract(w: Writer) -> list[Spot]:
    """Print a contract's last page, or one from its middle."""
    (width, height), body = w.sheet.size, between(w.rng, 3.4, 4.6)
    margin = between(w.rng, 18, 30)
    top = margin
    if happens(w.rng, 0.35):
        title = phrases.title(w.rng, "contract")
        w.sheet.write((width / 2, top + 6), title, w.bold, 7.5, anchor=0.5, gap=1.5)
        top += 22
    end = height * between(w.rng, 0.45, 0.7) if happens(w.rng, 0.75) else height - 70
    y = w.prose(margin, top, width - margin, end, body) + 8
    spots = [w.party(margin, y, "甲方", body), w.party(width * 0.53, y, "乙方", body)]
    number = f"第 {int(w.rng.integers(1, 20))} 页"
    w.sheet.write((width / 2, height - 12), number, w.face, 3.2, anchor=0.5)
    return spots


def letter(w: Writer) -> list[Spot]:
    """Print a letter or a notice: its seal lies on the sender's name and the day."""
    (width, height), body = w.sheet.size, between(w.rng, 3.8, 5.2)
    margin, y = between(w.rng, 20, 32), between(w.rng, 28, 48)
    w.sheet.write((width / 2, y), phrases.title(w.rng, "letter"), w.bold, 8, anchor=0.5)
    w.sheet.write((margin, y + 18), names.company(w.rng, w.split) + "：", w.face, body)
    bottom = height * between(w.rng, 0.35, 0.75)
    y = w.prose(margin, y + 28, width - margin, bottom, body) + 10
    x = width - margin - 24
    w.sheet.write((x, y), names.company(w.rng, w.split), w.face, body, anchor=0.6)
    w.sheet.write((x, y + body * 2.2), names.date(w.rng), w.face, body, anchor=0.5)
    return [(x + between(w.rng, -12, 8), y + between(w.rng, -4, 10)), (margin + 30, y + 20)]


def table(w: Writer) -> list[Spot]:
    """Print a table over most of the page."""
    (width, height), body = w.sheet.size, between(w.rng, 2.8, 3.8)
    margin, top = between(w.rng, 10, 22), between(w.rng, 34, 50)
    w.sheet.write((width / 2, top - 16), phrases.title(w.rng, "table"), w.bold, 7, anchor=0.5)
    w.sheet.write((margin, top - 5), names.company(w.rng, w.split), w.face, body)
    count, lines = int(w.rng.integers(4, 9)), int(w.rng.integers(6, 28))
    shares = np.cumsum(w.rng.uniform(0.6, 1.6, count))
    columns = [margin, *(margin + shares / shares[-1] * (width - 2 * margin))]
    step = min(between(w.rng, 6.5, 11), (height - top - 40) / lines)
    rows = [top + i * step for i in range(lines + 1)]
    w.table([float(x) for x in columns], rows, body)
    for x, text in zip((0.1, 0.4, 0.7), ("编制：", "审核：", "单位（盖章）："), strict=True):
        w.sheet.write((width * x, rows[-1] + 9), text, w.face, body)
    if happens(w.rng, 0.5):
        w.signature(width * 0.52, rows[-1] + 9)
    return [(width * 0.8, rows[-1] + between(w.rng, -14, 12)), (width * 0.25, rows[-1] - 6)]


def receipt(w: Writer) -> list[Spot]:
    """Print a receipt or a voucher, filled in by machine or by hand."""
    (width, height), body = w.sheet.size, between(w.rng, 3.2, 4.4)
    colour = pick(w.rng, ((40, 36, 34), (150, 90, 50), (60, 60, 170), (70, 120, 60)))
    title = phrases.title(w.rng, "receipt")
    w.sheet.write((width / 2, 12), title, w.bold, 7, colour=colour, anchor=0.5, gap=2)
    w.sheet.line((width * 0.32, 18), (width * 0.68, 18), 0.4, colour)
    w.sheet.write((width * 0.75, 14), f"No.{digits(w.rng, 7)}", w.latin, 4, colour=(50, 45, 190))
    step = (height - 44) / 5
    w.sheet.grid([8, width - 8], [24 + i * step for i in range(6)], colour)
    hand = happens(w.rng, 0.5)
    for i in range(5):
        y = 24 + (i + 0.5) * step
        w.sheet.write((11, y), phrases.label(w.rng) + "：", w.face, body, colour=colour)
        text = phrases.value(w.rng, w.split) + phrases.value(w.rng, w.split)
        if hand:
            w.by_hand(11 + body * 7, y, text, body * 1.2)
        else:
            w.sheet.write((11 + body * 7, y), text, w.face, body)
    w.sheet.write(
        (11, height - 10), "收款单位（盖章）：　　　　经手人：", w.face, body, colour=colour
    )
    return [(width * 0.66, height * 0.66), (width * 0.3, height * 0.75)]


def invoice(w: Writer) -> list[Spot]:
    """Print an invoice's form in brown-red lines and fill it in."""
    from sealbench.forms import write_invoice

    return write_invoice(w)


def certificate(w: Writer) -> list[Spot]:
    """Print a certificate: an ornate border, a large title, a few fields."""
    from sealbench.forms import write_certificate

    return write_certificate(w)


def handwriting(w: Writer) -> list[Spot]:
    """Write a note by hand, on plain or ruled paper."""
    (width, height), body = w.sheet.size, between(w.rng, 5.0, 8.0)
    step, margin = body * between(w.rng, 1.4, 2.0), between(w.rng, 14, 26)
    colour: Colour = pick(w.rng, ((190, 170, 150), (160, 160, 220), (170, 190, 170)))
    ruled = happens(w.rng, 0.5)
    y = margin + 6
    last = height * between(w.rng, 0.35, 0.75)
    while y < last:
        if ruled:
            w.sheet.line((margin, y + step / 2), (width - margin, y + step / 2), 0.2, colour)
        text = phrases.sentence(w.rng, w.split)[: int((width - 2 * margin) / body * 0.95)]
        w.by_hand(margin + between(w.rng, 0, 4), y, text, body)
        y += step
    w.by_hand(width * 0.6, y + step, names.person(w.rng, w.split), body)
    w.signature(width * 0.7, y + 2.2 * step)
    return [(width * 0.68, y + step), (width * 0.35, y + step * 1.5)]


def blank(w: Writer) -> list[Spot]:
    """Leave the sheet empty, or nearly so: a number, a line, a stray mark."""
    width, height = w.sheet.size
    if happens(w.rng, 0.5):
        w.sheet.write(
            (width / 2, height - 14), f"- {int(w.rng.integers(1, 90))} -", w.latin, 3.5, anchor=0.5
        )
    if happens(w.rng, 0.3):
        w.sheet.write((width / 2, height * 0.3), "（此页无正文）", w.face, 4.5, anchor=0.5)
    return [(width * between(w.rng, 0.25, 0.75), height * between(w.rng, 0.25, 0.75))]


_SLIP = ((190.0, 100.0), (175.0, 85.0), (210.0, 140.0), (148.0, 105.0), (105.0, 148.0))
#: Every kind of page by its name in the truth.
KINDS: Mapping[str, Kind] = {
    "contract": Kind((A4,), 5, contract),
    "invoice": Kind(((240.0, 140.0), (210.0, 140.0), (190.0, 127.0)), 3.5, invoice),
    "certificate": Kind(((297.0, 210.0), A4, (285.0, 200.0)), 2, certificate),
    "receipt": Kind(_SLIP, 2.5, receipt),
    "table": Kind((A4, (297.0, 210.0)), 2.5, table),
    "letter": Kind((A4,), 3, letter),
    "handwriting": Kind((A4, (185.0, 260.0), (148.0, 210.0)), 1.2, handwriting),
    "blank": Kind((A4, (148.0, 210.0)), 0.8, blank),
}


def start(rng: np.random.Generator, split: Split, kind: str, paper: Colour, dpi: int) -> Writer:
    """Return a writer with an empty sheet of one of the kind's sizes."""
    width, height = pick(rng, KINDS[kind].sizes)
    pixels = (round(height * dpi / 25.4), round(width * dpi / 25.4), 3)
    image = np.empty(pixels, np.uint8)
    image[:] = paper
    return Writer(Sheet((width, height), dpi, image), rng, split)
