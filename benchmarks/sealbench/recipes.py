"""Random seals, as Chinese offices, companies and people have them cut."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

import numpy as np

from sealbench import names
from sealbench.chance import between, digits, happens, pick, weighted
from sealbench.design import (
    Arc,
    Bar,
    Columns,
    Design,
    Element,
    Emblem,
    Frame,
    Lettering,
    Line,
    Star,
)
from sealbench.fonts import Split, faces

#: What a company's seals are for.
PURPOSES = (
    "合同专用章 财务专用章 业务专用章 发票专用章 报价专用章 采购专用章 收货专用章 出库专用章 投标专用章 质检专用章 人事专用章 "
    "项目专用章 技术专用章 销售专用章 行政专用章 检验专用章 售后服务章 结算专用章 合同专用章（1） 财务专用章（2） 合同章 财务章"
).split()
#: Words of rectangular stamps.
_NOTES = (
    "作废 副本 正本 已审核 现金付讫 现金收讫 银行付讫 转账收讫 与原件一致 此件与原件核对无误 已归档 附件 受控文件 急件 密件 "
    "仅供办理业务使用 再次复印无效 骑缝章 同意 已验收 合格 来文已阅 款已收讫 已报销"
).split()
_CLERKS = ("业务清讫", "现金清讫", "转讫", "现金收讫", "收讫章", "付讫章", "核对章", "业务受理章")

Maker = Callable[[np.random.Generator, Split], Design]


def random_seal(rng: np.random.Generator, split: Split) -> Design:
    """Return a seal such as lie on contracts, invoices, vouchers and certificates."""
    return weighted(rng, _SEALS)(rng, split)


def random_straddling(rng: np.random.Generator, split: Split) -> Design:
    """Return a seal such as is used over the edges of several pages."""
    return weighted(rng, {company_seal: 5.0, office_seal: 2.0, bilingual_seal: 1.0})(rng, split)


def company_seal(rng: np.random.Generator, split: Split) -> Design:
    """Return a company's round seal: a ring, its name around the top, mostly a star."""
    diameter = weighted(rng, {40.0: 5.0, 42.0: 4.0, 38.0: 3.0, 45.0: 1.0, 36.0: 0.5, 30.0: 0.3})
    owner = names.company(rng, split)
    purpose = pick(rng, PURPOSES) if happens(rng, 0.6) else ""
    centre = _centre(rng, diameter, purpose)
    elements = [*_frames(rng, diameter), _name_arc(rng, split, owner, diameter), *centre]
    elements += _purpose(rng, split, purpose, diameter)
    if happens(rng, 0.5):
        elements.append(_number_arc(rng, split, digits(rng, int(rng.integers(10, 15))), diameter))
    return Design("round", (diameter, diameter), tuple(elements))


def office_seal(rng: np.random.Generator, split: Split) -> Design:
    """Return a public body's round seal: larger, with a star or an emblem, and hardly a purpose."""
    diameter = pick(rng, (42.0, 44.0, 45.0, 50.0))
    owner = names.office(rng, split)
    elements = [*_frames(rng, diameter), _name_arc(rng, split, owner, diameter)]
    if happens(rng, 0.3):
        elements.append(Emblem(0, diameter * between(rng, 0.13, 0.18), int(rng.integers(0, 3))))
    else:
        elements.append(Star(0, 0, diameter * between(rng, 0.14, 0.19)))
    if happens(rng, 0.3):
        purpose = f"业务专用章（{int(rng.integers(1, 9))}）"
        elements.append(_straight("purpose", purpose, diameter * 0.29, diameter * 0.55, _song(rng, split)))
    if happens(rng, 0.5):
        elements.append(_number_arc(rng, split, digits(rng, 13), diameter))
    return Design("round", (diameter, diameter), tuple(elements))


def bilingual_seal(rng: np.random.Generator, split: Split) -> Design:
    """Return a round seal with a Latin ring outside and a Chinese one inside, or the other way."""
    diameter = pick(rng, (40.0, 42.0, 45.0, 48.0))
    outer = diameter / 2
    owner, latin = names.company(rng, split), names.latin_company(rng, split)
    letters = Lettering(pick(rng, faces(split).latin), diameter * 0.07, diameter * 0.07, 2)
    sweep = min(300.0, len(latin) * 9.5)
    out = Arc("owner", latin, (outer * 0.83,) * 2, sweep, letters)
    inner = replace(_name_arc(rng, split, owner, diameter * 0.74), sweep=200)
    ring = Frame(outer * 0.3, 0.35) if happens(rng, 0.5) else Frame(0.0, 1.0)
    star = Star(0, diameter * 0.03, diameter * 0.09)
    purpose = _purpose(rng, split, pick(rng, PURPOSES), diameter * 0.78)
    return Design(
        "round", (diameter, diameter), (*_frames(rng, diameter), ring, out, inner, star, *purpose)
    )


def invoice_seal(rng: np.random.Generator, split: Split) -> Design:
    """Return an oval invoice seal, 40 x 30 mm: name around, tax number across, purpose below."""
    size = (40.0, 30.0) if happens(rng, 0.8) else (45.0, 30.0)
    owner, lettering = names.company(rng, split), _song(rng, split)
    count = len(owner)
    width = min(3.6, 62.0 / count)
    ring = Lettering(lettering.face, between(rng, 3.8, 4.4), width, lettering.weight)
    sweep = min(250.0, 60 + count * 13.0)
    name = Arc("owner", owner, (size[0] / 2 - 4.2, size[1] / 2 - 4.2), sweep, ring)
    code = names.tax_code(rng)
    latin = Lettering(pick(rng, faces(split).latin), 3.0, 2.6, 2)
    number = Line("code", code, 0.6, 27.0 / len(code), latin)
    purpose = _straight("purpose", "发票专用章", size[1] * 0.24, 20.0, lettering, height=3.9)
    elements: list[Element] = [Frame(0, between(rng, 0.6, 1.1)), name, number, purpose]
    if happens(rng, 0.3):
        mark = f"（{int(rng.integers(1, 10))}）"
        elements.append(_straight("number", mark, size[1] * 0.38, 6.0, lettering, height=2.6))
    return Design("oval", size, tuple(elements))


def foreign_seal(rng: np.random.Generator, split: Split) -> Design:
    """Return an oval or round seal with Latin letters only."""
    round_one = happens(rng, 0.5)
    size = (40.0, 40.0) if round_one else (46.0, 32.0)
    latin = pick(rng, faces(split).latin)
    name = names.latin_company(rng, split)
    radii = (size[0] / 2 - 4, size[1] / 2 - 4)
    letters = Lettering(latin, 4.2, min(4.2, 70 / len(name)), 2)
    lines = "AUTHORIZED SIGNATURE", "FOR AND ON BEHALF OF", "OFFICIAL SEAL", "INVOICE", "PAID"
    middle = pick(rng, lines)
    word = Lettering(latin, 3.2, 3.0, 2)
    elements: list[Element] = [
        *_frames(rng, size[1]),
        Arc("owner", name, radii, min(300.0, 9.0 * len(name)), letters),
        Line("purpose", middle, 0, min(2.2, size[0] * 0.7 / len(middle)), word),
    ]
    if happens(rng, 0.5):
        elements.append(Star(0, size[1] * 0.28, 2.2, hollow=happens(rng, 0.3)))
    if happens(rng, 0.5):
        elements.append(Frame(7.0, 0.35))
    return Design("round" if round_one else "oval", size, tuple(elements))


def oval_seal(rng: np.random.Generator, split: Split) -> Design:
    """Return an oval department's seal: a name around, a purpose across."""
    size = pick(rng, ((45.0, 30.0), (40.0, 28.0), (36.0, 26.0), (30.0, 42.0)))
    design = invoice_seal(rng, split)
    lettering = _song(rng, split)
    purpose = _straight("purpose", pick(rng, PURPOSES), size[1] * 0.08, size[0] * 0.6, lettering)
    kept = [element for element in design.elements if isinstance(element, Frame | Arc)]
    scaled = [
        replace(e, radii=(size[0] / 2 - 4.2, size[1] / 2 - 4.2)) if isinstance(e, Arc) else e
        for e in kept
    ]
    number = _straight("number", f"（{int(rng.integers(1, 20))}）", size[1] * 0.28, 7.0, lettering)
    return Design("oval", size, (*scaled, purpose, number))


def name_seal(rng: np.random.Generator, split: Split) -> Design:
    """Return a person's square seal: two columns, cut in relief or in reverse."""
    side = between(rng, 15.0, 25.0)
    name = names.person(rng, split)
    text = name + weighted(rng, {"印": 3.0, "之印": 2.0, "": 2.0, "印章": 1.0})
    lettering = replace(_any(rng, split), weight=int(rng.integers(1, 5)))
    reverse = happens(rng, 0.2)
    field = side - between(rng, 2.6, 4.0)
    half = len(text) - len(text) // 2
    columns = (text[:half], text[half:]) if len(text) > 1 else (text,)
    block = Columns("name", columns, (field, field), lettering)
    frame = () if reverse else (Frame(0, between(rng, 0.5, 1.4), _wear(rng)),)
    return Design("square", (side, side), (*frame, block), between(rng, 0, 2), reverse)


def square_seal(rng: np.random.Generator, split: Split) -> Design:
    """Return a company's square seal: its name and purpose in columns."""
    side = between(rng, 22.0, 42.0)
    text = names.company(rng, split) + pick(rng, PURPOSES)[:5]
    count = 3 if len(text) < _LONG else 4
    step = -(-len(text) // count)
    columns = tuple(text[i : i + step] for i in range(0, len(text), step))
    field = side - between(rng, 3.0, 4.5)
    block = Columns("owner", columns, (field, field), _any(rng, split))
    return Design("square", (side, side), (Frame(0, between(rng, 0.6, 1.3)), block))


#: Characters from which on a square seal has four columns.
_LONG = 14


def note_stamp(rng: np.random.Generator, split: Split) -> Design:
    """Return a rectangular stamp: a note, at times with a company's name and a day."""
    width, height = between(rng, 32.0, 62.0), between(rng, 11.0, 24.0)
    lettering = _any(rng, split)
    note = pick(rng, _NOTES)
    frames: list[Element] = [Frame(0, between(rng, 0.4, 1.2), _wear(rng))]
    if happens(rng, 0.25):
        frames.append(Frame(1.6, 0.4))
    if height > _TWO_LINES:
        top = _straight("owner", names.company(rng, split), -height * 0.2, width * 0.86, lettering)
        low = _straight("purpose", note, height * 0.2, width * 0.6, lettering, height=height * 0.3)
        return Design("rectangle", (width, height), (*frames, top, low), between(rng, 0, 2))
    line = _straight("purpose", note, 0, width * 0.84, lettering, height=height * 0.62)
    return Design("rectangle", (width, height), (*frames, line), between(rng, 0, 2))


#: Height in millimetres from which on a rectangular stamp has two lines.
_TWO_LINES = 16.0


def person_strip(rng: np.random.Generator, split: Split) -> Design:
    """Return a clerk's rectangular name stamp, across or upright."""
    name = names.person(rng, split)
    lettering = _any(rng, split)
    frame = Frame(0, between(rng, 0.4, 0.9))
    if happens(rng, 0.3):
        block = Columns("name", (name,), (6.4, 17.0), lettering)
        return Design("rectangle", (9.0, 20.0), (frame, block))
    return Design(
        "rectangle", (22.0, 10.0), (frame, _straight("name", name, 0, 18.0, lettering, height=6.4))
    )


def diamond_seal(rng: np.random.Generator, split: Split) -> Design:
    """Return a diamond: inspectors and tellers have them."""
    width = between(rng, 26.0, 46.0)
    height = width * between(rng, 0.6, 1.0)
    lettering = _any(rng, split)
    word = pick(rng, (*_CLERKS, "合格", "检验", "质检", "已检验"))
    line = _straight("purpose", word, 0, width * 0.52, lettering, height=height * 0.2)
    elements: list[Element] = [Frame(0, between(rng, 0.5, 1.2)), line]
    if happens(rng, 0.5):
        number = Lettering(pick(rng, faces(split).latin), height * 0.15, height * 0.15, 2)
        text = f"{int(rng.integers(1, 99)):02}"
        elements.append(Line("number", text, height * 0.24, height * 0.1, number))
    return Design("diamond", (width, height), tuple(elements))


def dated_seal(rng: np.random.Generator, split: Split) -> Design:
    """Return a bank's round stamp: a band with the day across the middle."""
    diameter = between(rng, 28.0, 40.0)
    lettering = _any(rng, split)
    face = pick(rng, faces(split).latin)
    day = f"{int(rng.integers(2005, 2026))}.{int(rng.integers(1, 13)):02}.{int(rng.integers(1, 29)):02}"
    band = Line("number", day, 0, diameter * 0.075, Lettering(face, diameter * 0.13, diameter * 0.12, 2))
    bars = (Bar(y * diameter, diameter * 0.96, 0.5) for y in (-0.11, 0.11))
    owner = names.company(rng, split)
    word = _straight("purpose", pick(rng, _CLERKS), diameter * 0.25, diameter * 0.5, lettering)
    return Design(
        "round",
        (diameter, diameter),
        (*_frames(rng, diameter), _name_arc(rng, split, owner, diameter), band, *bars, word),
    )


def tax_mark(rng: np.random.Generator, split: Split) -> Design:
    """Return the tax bureau's mark that is printed on invoices: an oval with two rings."""
    lettering = _song(rng, split)
    ring = Lettering(lettering.face, 3.0, 2.3, lettering.weight)
    size = (30.0, 20.0)
    place = names.town(rng, split) + pick(rng, ("市", "", "市税务局"))
    return Design(
        "oval",
        size,
        (
            Frame(0, 0.7),
            Frame(1.1, 0.25),
            Arc("purpose", "全国统一发票监制章", (11.6, 6.9), 190, ring),
            _straight("owner", place, 0.6, 12.0, lettering, height=3.2),
            Arc("owner", "国家税务总局监制", (10.9, 6.4), -100, replace(ring, height=2.3, width=1.9)),
        ),
    )


#: How often each kind comes.
_SEALS: Mapping[Maker, float] = {
    company_seal: 10.0,
    invoice_seal: 3.5,
    office_seal: 2.5,
    name_seal: 3.0,
    square_seal: 1.5,
    note_stamp: 2.5,
    bilingual_seal: 1.2,
    foreign_seal: 1.2,
    oval_seal: 1.2,
    diamond_seal: 2.0,
    dated_seal: 1.5,
    person_strip: 1.0,
}


def _song(rng: np.random.Generator, split: Split) -> Lettering:
    """Return how names on rings are cut: mostly Song, slim, a little fat after years of use."""
    face = faces(split).chinese[0 if happens(rng, 0.75) else -1]
    return Lettering(face, 4.0, 3.2, int(rng.integers(1, 4)))


def _any(rng: np.random.Generator, split: Split) -> Lettering:
    return Lettering(pick(rng, faces(split).chinese), 4.0, 4.0, int(rng.integers(0, 4)))


def _wear(rng: np.random.Generator) -> float:
    """Return the share of its frame that a stamp has lost."""
    return between(rng, 0.02, 0.12) if happens(rng, 0.15) else 0.0


def _frames(rng: np.random.Generator, diameter: float) -> list[Element]:
    """Return one ring or two, as thick as a seal of this size has them."""
    outer = diameter * between(rng, 0.015, 0.035)
    rings: list[Element] = [Frame(0, outer, _wear(rng))]
    if happens(rng, 0.22):
        rings.append(Frame(outer + diameter * 0.015, diameter * between(rng, 0.006, 0.012)))
    return rings


def _name_arc(rng: np.random.Generator, split: Split, owner: str, diameter: float) -> Arc:
    """Return a name around the top: long ones go further around, with narrower characters."""
    lettering, outer = _song(rng, split), diameter / 2
    height = diameter * between(rng, 0.115, 0.14)
    radius = outer - diameter * between(rng, 0.045, 0.065) - height / 2
    sweep = min(270.0, max(120.0, len(owner) * between(rng, 16.0, 20.0)))
    room = radius * np.radians(sweep) / max(1, len(owner) - 1)
    width = min(height, float(room) * between(rng, 0.82, 0.95))
    shape = Lettering(lettering.face, height, width, lettering.weight)
    return Arc("owner", owner, (radius, radius), sweep, shape)


def _number_arc(rng: np.random.Generator, split: Split, number: str, diameter: float) -> Arc:
    """Return the seal's registered number along the bottom."""
    size = diameter * between(rng, 0.05, 0.065)
    letters = Lettering(pick(rng, faces(split).latin), size, size, 1)
    radius = diameter / 2 - diameter * 0.05 - size / 2
    return Arc("number", number, (radius, radius), -between(rng, 60, 85), letters)


def _centre(rng: np.random.Generator, diameter: float, purpose: str) -> list[Element]:
    """Return what stands in the middle: a star, an emblem or nothing."""
    y = -diameter * (0.04 if purpose else 0.0)
    kind = weighted(rng, {"star": 8.0, "hollow": 0.4, "emblem": 0.8, "none": 0.8})
    radius = diameter * between(rng, 0.1, 0.155)
    if kind == "emblem":
        return [Emblem(y, radius, int(rng.integers(0, 3)))]
    if kind == "none":
        return []
    return [Star(0, y, radius, hollow=kind == "hollow")]


def _purpose(rng: np.random.Generator, split: Split, text: str, diameter: float) -> list[Element]:
    """Return the purpose below the centre: straight, seldom bent along the ring."""
    if not text:
        return []
    lettering = _song(rng, split)
    if happens(rng, 0.15) and "（" not in text:
        size = diameter * 0.11
        letters = replace(lettering, height=size, width=size * 0.9)
        radius = diameter * 0.5 - diameter * 0.06 - size / 2
        return [Arc("purpose", text, (radius, radius), -len(text) * 17.0, letters)]
    y = diameter * between(rng, 0.19, 0.25)
    return [_straight("purpose", text, y, diameter * 0.56, lettering, height=diameter * 0.105)]


def _straight(
    role: str, text: str, y: float, width: float, lettering: Lettering, height: float = 4.0
) -> Line:
    """Return a line that is no wider than there is room, its characters squeezed if need be."""
    pitch = min(height * 1.12, width / len(text))
    slim = replace(lettering, height=height, width=min(height, pitch * 0.94))
    return Line(role, text, y, pitch, slim)


