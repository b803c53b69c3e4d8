"""Printed forms: invoices with their brown-red lines, certificates with their borders."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from sealbench import names, phrases
from sealbench.chance import between, digits, happens, pick
from sealbench.ink import Pressing, press
from sealbench.lookalikes import emblem, qr_code
from sealbench.marks import Seal
from sealbench.recipes import tax_mark
from sealbench.sheet import Colour
from sealbench.writer import Spot, Writer

#: Printing inks of invoices, BGR: brown, brown-red, red, blue, green.
_FORM_INKS: tuple[Colour, ...] = (
    (52, 84, 148),
    (48, 62, 158),
    (60, 50, 190),
    (150, 96, 60),
    (90, 120, 60),
)
#: What fills a form in.
_TYPED: Colour = (92, 50, 40)
#: Shares of an invoice's height at which its boxes end: title, buyer, goods, total, seller, foot.
_RULES = (0.19, 0.36, 0.62, 0.72, 0.89)


def write_invoice(w: Writer) -> list[Spot]:
    """Print an invoice, the tax bureau's mark on most of them."""
    width, height = w.sheet.size
    ink = pick(w.rng, _FORM_INKS)
    title = phrases.title(w.rng, "invoice")
    w.sheet.write((width / 2, height * 0.08), title, w.bold, 7.5, colour=ink, anchor=0.5, gap=1)
    for y in (0.125, 0.134):
        w.sheet.line((width * 0.33, height * y), (width * 0.67, height * y), 0.3, ink)
    if happens(w.rng, 0.7):
        _print_tax_mark(w, ink, (width / 2, height * between(w.rng, 0.1, 0.14)))
    _invoice_head(w, ink)
    _invoice_body(w, ink)
    return [(width * between(w.rng, 0.72, 0.86), height * between(w.rng, 0.76, 0.88))]


def write_certificate(w: Writer) -> list[Spot]:
    """Print a certificate: border, at times an emblem, title, fields, the issuer at the end."""
    width, height = w.sheet.size
    ink: Colour = pick(w.rng, ((70, 150, 180), (60, 120, 170), (110, 140, 90), (60, 60, 180)))
    _border(w, ink)
    top = height * 0.1
    if happens(w.rng, 0.35):
        emblem(w.sheet, w.rng, (width / 2, top + 4), between(w.rng, 18, 28))
        top += 18
    title = phrases.title(w.rng, "certificate")
    w.sheet.write((width / 2, top + 12), title, w.bold, between(w.rng, 11, 16), anchor=0.5, gap=4)
    if happens(w.rng, 0.5):
        qr_code(w.sheet, w.rng, (width * 0.82, top + 16), between(w.rng, 16, 24))
    body = between(w.rng, 3.6, 5.0)
    w.fields(width * 0.12, top + 34, int(w.rng.integers(3, 8)), body * 2.4, body)
    w.fields(width * 0.58, top + 34, int(w.rng.integers(2, 5)), body * 2.4, body)
    x, y = width * between(w.rng, 0.7, 0.8), height * between(w.rng, 0.74, 0.82)
    w.sheet.write((x, y), "登记机关", w.face, body, anchor=0.5, gap=1)
    w.sheet.write((x, y + body * 2.2), names.date(w.rng), w.face, body, anchor=0.5)
    return [(x + between(w.rng, -4, 14), y + between(w.rng, -4, 8))]


def _print_tax_mark(w: Writer, ink: Colour, at: Spot) -> None:
    design = tax_mark(w.rng, w.split)
    colour: Colour = pick(w.rng, (ink, (50, 45, 200)))
    name = "red" if colour[2] > colour[0] else "blue"
    pressing = Pressing(name, colour, 0.95, 0.0, 0.0, 0.0)
    impression = press(design, pressing, w.sheet.scale, 0.0, w.rng)
    seal = Seal(digits(w.rng, 9), "tax_mark", design, name, 0.0)
    w.sheet.stamp(seal, impression, at)


def _invoice_head(w: Writer, ink: Colour) -> None:
    width, height = w.sheet.size
    w.sheet.write((width * 0.06, height * 0.06), digits(w.rng, 12), w.latin, 5, colour=ink)
    if happens(w.rng, 0.5):
        qr_code(w.sheet, w.rng, (width * 0.1, height * 0.125), 14)
    for y, text in (
        (0.06, f"No {digits(w.rng, 8)}"),
        (0.11, f"开票日期：{names.date(w.rng)}"),
        (0.16, f"校验码：{digits(w.rng, 10)}"),
    ):
        w.sheet.write((width * 0.73, height * y), text, w.face, 3.4, colour=_TYPED)


def _invoice_body(w: Writer, ink: Colour) -> None:
    width, height = w.sheet.size
    left, right = width * 0.05, width * 0.95
    rules = [height * y for y in _RULES]
    w.sheet.grid([left, right], rules, ink)
    for top, bottom in ((rules[0], rules[1]), (rules[3], rules[4])):
        w.sheet.grid([left, left + 7, width * 0.58, width * 0.58 + 7, right], [top, bottom], ink)
        for i, label in enumerate(("名　　称：", "纳税人识别号：", "地址、电话：")):
            y = top + (i + 0.6) * (bottom - top) / 3.4
            w.sheet.write((left + 9, y), label, w.face, 3.2, colour=ink)
            text = names.tax_code(w.rng) if i == 1 else names.company(w.rng, w.split)
            w.sheet.write((left + 34, y), text, w.face, 3.3, colour=_TYPED)
    _goods(w, ink, rules[1], rules[2])
    w.sheet.write(
        (left + 20, (rules[2] + rules[3]) / 2), "价税合计（大写）", w.face, 3.6, colour=ink
    )
    total = f"（小写）￥{names.amount(w.rng)}"
    w.sheet.write((width * 0.66, (rules[2] + rules[3]) / 2), total, w.face, 3.8, colour=_TYPED)
    foot = ("收款人：", "复核：", "开票人：", "销售方：（章）")
    for x, text in zip((0.06, 0.28, 0.5, 0.72), foot, strict=True):
        w.sheet.write((width * x, height * 0.94), text, w.face, 3.4, colour=ink)


def _goods(w: Writer, ink: Colour, top: float, bottom: float) -> None:
    width = w.sheet.size[0]
    columns = [width * x for x in (0.05, 0.3, 0.4, 0.48, 0.58, 0.68, 0.8, 0.86, 0.95)]
    count = int(w.rng.integers(3, 6))
    w.sheet.grid(columns, [top, bottom], ink)
    step = (bottom - top) / count
    for i in range(count):
        y = top + (i + 0.5) * step
        for left, right in pairwise(columns):
            text = phrases.label(w.rng) if i == 0 else phrases.value(w.rng, w.split)
            colour = ink if i == 0 else _TYPED
            text = text[: int((right - left) / 2.4)]
            w.sheet.write(((left + right) / 2, y), text, w.face, 3.1, colour=colour, anchor=0.5)


def _border(w: Writer, ink: Colour) -> None:
    """Print an ornate frame of waves that cross."""
    width, height = w.sheet.size
    inset, depth = between(w.rng, 8, 13), between(w.rng, 2, 5)
    period = between(w.rng, 6, 12)
    for along, across, flip in ((width, height, False), (height, width, True)):
        t = np.arange(inset, along - inset, 0.7)
        for phase in (0, 0.5):
            wave = np.sin((t / period + phase) * 2 * np.pi) * depth / 2
            for base in (inset + depth / 2, across - inset - depth / 2):
                points = np.stack([t, base + wave], axis=1)
                w.sheet.curve(points[:, ::-1] if flip else points, 0.3, ink)
    for edge in (inset - 1, inset + depth + 1):
        w.sheet.grid([edge, width - edge], [edge, height - edge], ink)
