"""The sample contract: a PDF with embedded text, and both parties' seals on its last page."""

from __future__ import annotations

import math
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

from ink import draw_seal
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.lib.utils import ImageReader
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import Flowable, Frame, Paragraph
from seals import PRINTING, TRADE, Company, Seal, company_seal
from sheet import INCH, Page, PlacedSeal, ink_box, moved

#: Resolution at which boxes on PDF pages are given, dots per inch.
PDF_DPI = 144
#: The seals' pictures are so many times finer.
FINER = 2
#: Text of the contract: title, preamble, clauses, one paragraph a line.
TEXT = Path(__file__).with_name("contract.txt")
#: How many paragraphs stand before the first clause, without indent.
PREAMBLE = 3

BODY = ParagraphStyle(
    "body", fontName="sample", fontSize=12, leading=25, wordWrap="CJK", firstLineIndent=24
)
PLAIN = ParagraphStyle("plain", parent=BODY, firstLineIndent=0)
HEADING = ParagraphStyle("heading", parent=PLAIN, spaceBefore=6)
TITLE = ParagraphStyle("title", parent=PLAIN, fontSize=20, leading=46, alignment=1)

#: Each party, how its seal was turned (degrees), and where its block's left edge stands (mm).
PARTIES = (("甲方", TRADE, 7.0, 28.0), ("乙方", PRINTING, -5.0, 114.0))
#: What the parties use their seals for here.
PURPOSE = "合同专用章"
#: Top of the signature blocks, mm from the page's upper edge.
SIGNATURES = 128.0
#: Centre of a seal from its block's left edge and top, in mm.
SEAL_AT = (62.5, 21.5)
#: Lines of a signature block: left edge and height in mm from the block's; the seal lies on two.
ROWS = ((0.0, 0.0), (0.0, 10.0), (50.0, 22.0))


class Contract:
    """The contract while it is written: a canvas and the truth of the pages that are finished."""

    def __init__(self, font: Path) -> None:
        pdfmetrics.registerFont(TTFont("sample", font))
        self.font = font
        self.pages: list[Page] = []
        self.data = BytesIO()
        # Invariant: no date and no random id, so that the same text gives the same file.
        self.canvas = Canvas(self.data, pagesize=A4, invariant=1, pageCompression=1)
        self.canvas.setTitle("样本画册印制合同（示例）")

    def write(self, story: list[Flowable]) -> None:
        """Write paragraphs over as many pages as they take; the last page stays open."""
        while True:
            frame = Frame(26 * mm, 22 * mm, A4[0] - 52 * mm, A4[1] - 44 * mm)
            frame.addFromList(story, self.canvas)
            if not story:
                return
            self.end_page()

    def sign(self, role: str, company: Company, turn: float, left: float) -> PlacedSeal:
        """Write a signature block, `left` mm from the page's edge, and press the seal on it."""
        self.canvas.setFont("sample", 12)
        texts = (f"{role}（盖章）：", company.name, "2024年2月1日")
        for (x, y), text in zip(ROWS, texts, strict=True):
            self.canvas.drawString((left + x) * mm, A4[1] - (SIGNATURES + y) * mm, text)
        seal = company_seal(company, PURPOSE, numbered=False).pressed(turn=turn, seed=round(left))
        return self._press(seal, left + SEAL_AT[0], SIGNATURES + SEAL_AT[1])

    def end_page(self, *seals: PlacedSeal) -> None:
        """Finish the open page, on which these seals stand."""
        self.pages.append(Page((_pixels(A4[0]), _pixels(A4[1])), seals))
        self.canvas.setFont("sample", 9)
        self.canvas.drawCentredString(A4[0] / 2, 14 * mm, f"第 {len(self.pages)} 页")
        self.canvas.showPage()

    def _press(self, seal: Seal, x: float, y: float) -> PlacedSeal:
        """Press a seal centred x and y mm from the page's upper left corner."""
        ink = draw_seal(seal, self.font, FINER * PDF_DPI / INCH)
        width, height = (side / FINER for side in ink.size)
        left, top = x / INCH * PDF_DPI - width / 2, y / INCH * PDF_DPI - height / 2
        point = 72 / PDF_DPI
        self.canvas.saveState()
        self.canvas.setBlendMode("Multiply")
        self.canvas.drawImage(
            ImageReader(ink),
            left * point,
            A4[1] - (top + height) * point,
            width * point,
            height * point,
            mask="auto",
        )
        self.canvas.restoreState()
        box = ink_box(ink.reduce(FINER))
        return PlacedSeal(seal, moved(box, round(left), round(top)))


def contract(font: Path) -> tuple[bytes, tuple[Page, ...]]:
    """Return the PDF's bytes and what stands on each of its pages."""
    writer = Contract(font)
    writer.write(list(_paragraphs()))
    writer.end_page(*[writer.sign(*party) for party in PARTIES])
    writer.canvas.save()
    return writer.data.getvalue(), tuple(writer.pages)


def _paragraphs() -> Iterator[Flowable]:
    title, *paragraphs = TEXT.read_text(encoding="utf-8").splitlines()
    yield Paragraph(title, TITLE)
    for i, text in enumerate(paragraphs):
        heading = text.startswith("第") and "条　" in text
        yield Paragraph(text, PLAIN if i < PREAMBLE else HEADING if heading else BODY)


def _pixels(points: float) -> int:
    return math.ceil(points * PDF_DPI / 72)
