"""Writes PDF files: just what the bench's pages need, and the same bytes for the same pages."""

from __future__ import annotations

import zlib
from collections.abc import Sequence

#: A PDF's unit is a point.
POINTS_PER_INCH = 72


class Pdf:
    """A PDF file while it grows."""

    def __init__(self) -> None:
        self._objects: list[bytes] = [b"", b""]
        self._pages: list[int] = []
        self._fields: list[int] = []

    def add(self, entries: str, stream: bytes | None = None, *, packed: bool = False) -> int:
        """Add a dictionary, with a stream where there is one, and return its number.

        Args:
            entries: The dictionary's inside, in PDF's own syntax.
            stream: Its content.
            packed: The content is already compressed as `entries` say.
        """
        if stream is None:
            self._objects.append(f"<< {entries} >>".encode())
        else:
            if not packed:
                stream, entries = zlib.compress(stream), entries + " /Filter /FlateDecode"
            head = f"<< {entries} /Length {len(stream)} >>\nstream\n".encode()
            self._objects.append(head + stream + b"\nendstream")
        return len(self._objects)

    def add_page(
        self,
        size: tuple[float, float],
        content: bytes,
        resources: str,
        widgets: Sequence[str] = (),
    ) -> None:
        """Add a page.

        Args:
            size: Width and height in points.
            content: What draws it.
            resources: The resource dictionary's inside.
            widgets: Form fields on it, each the inside of its dictionary.
        """
        stream = self.add("", content)
        fields = [self.add(widget) for widget in widgets]
        self._fields += fields
        annotations = " ".join(f"{field} 0 R" for field in fields)
        self._pages.append(
            self.add(
                f"/Type /Page /Parent 2 0 R /MediaBox [0 0 {size[0]:.3f} {size[1]:.3f}] "
                f"/Contents {stream} 0 R /Resources << {resources} >> /Annots [{annotations}]"
            )
        )

    def saved(self) -> bytes:
        """Return the file's bytes."""
        kids = " ".join(f"{page} 0 R" for page in self._pages)
        fields = " ".join(f"{field} 0 R" for field in self._fields)
        form = f"/AcroForm << /Fields [{fields}] /SigFlags 3 >>" if fields else ""
        self._objects[0] = f"<< /Type /Catalog /Pages 2 0 R {form} >>".encode()
        count = len(self._pages)
        self._objects[1] = f"<< /Type /Pages /Kids [{kids}] /Count {count} >>".encode()
        return self._assembled()

    def _assembled(self) -> bytes:
        data, offsets = bytearray(b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n"), []
        for number, body in enumerate(self._objects, start=1):
            offsets.append(len(data))
            data += f"{number} 0 obj\n".encode() + body + b"\nendobj\n"
        start, size = len(data), len(self._objects) + 1
        data += f"xref\n0 {size}\n0000000000 65535 f \n".encode()
        data += b"".join(f"{offset:010} 00000 n \n".encode() for offset in offsets)
        data += f"trailer\n<< /Size {size} /Root 1 0 R >>\nstartxref\n{start}\n%%EOF\n".encode()
        return bytes(data)


def picture_page(pdf: Pdf, jpeg: bytes, pixels: tuple[int, int], dpi: int) -> None:
    """Add a page that is one JPEG.

    Args:
        pdf: File to add to.
        jpeg: Its bytes, in colour.
        pixels: Width and height.
        dpi: Gives the page's size.
    """
    width, height = (side * POINTS_PER_INCH / dpi for side in pixels)
    image = pdf.add(
        f"/Type /XObject /Subtype /Image /Width {pixels[0]} /Height {pixels[1]} "
        "/ColorSpace /DeviceRGB /BitsPerComponent 8 /Filter /DCTDecode",
        jpeg,
        packed=True,
    )
    content = f"q {width:.3f} 0 0 {height:.3f} 0 0 cm /I Do Q".encode()
    pdf.add_page((width, height), content, f"/XObject << /I {image} 0 R >>")
