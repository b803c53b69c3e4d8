"""Pictures, decoded with Pillow: TIFF with all its frames, others with their first."""

from __future__ import annotations

import errno
import logging
import struct
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import BinaryIO

from PIL import Image, ImageFile, ImageOps
from PIL.BmpImagePlugin import BmpImageFile
from PIL.GifImagePlugin import GifImageFile
from PIL.JpegImagePlugin import JpegImageFile
from PIL.PngImagePlugin import PngImageFile
from PIL.TiffImagePlugin import TiffImageFile
from PIL.WebPImagePlugin import WebPImageFile

from sealq_configs.text import one_line
from sealq_storage.media import MediaType
from sealq_worker.documents.page_image import DocumentLimits, OpenDocument, PageImage, name_page
from sealq_worker.documents.pixels import picture_dpi, to_bgr
from sealq_worker.documents.tiff_frames import count_frames
from sealq_worker.errors import CorruptDocumentError, TooManyPixelsError

#: Readers by what the file is. `Image.open` would guess again among all formats that Pillow knows,
#: and would refuse a TIFF for the size of its first frame, whichever is asked for.
_READERS: MappingProxyType[MediaType, Callable[[BinaryIO], ImageFile.ImageFile]] = MappingProxyType(
    {
        MediaType.TIFF: TiffImageFile,
        MediaType.PNG: PngImageFile,
        MediaType.JPEG: JpegImageFile,
        MediaType.BMP: BmpImageFile,
        MediaType.WEBP: WebPImageFile,
        MediaType.GIF: GifImageFile,
    }
)

#: What Pillow raises on damaged files.
_DAMAGE = (SyntaxError, ValueError, EOFError, IndexError, KeyError, TypeError, struct.error)

#: What helps with a damaged file, and with a picture of which a part may be there.
_WHOLE = "get a whole copy of it, or save it anew"
_AS_FAR_AS_IT_GOES = (
    "get a whole copy of it, or set SEALQ_READ_DAMAGED=true to read such pages as far as they go"
)

log = logging.getLogger(__name__)


class PictureFile(OpenDocument):
    """A picture file. Every page is decoded afresh, so a failed one leaves nothing behind."""

    def __init__(
        self, path: Path, name: str, media_type: MediaType, limits: DocumentLimits
    ) -> None:
        self.media_type = media_type
        self._name = name
        self._limits = limits
        self._file = path.open("rb")
        try:
            self.page_count = self._count()
        except BaseException:
            self.close()
            raise

    def page(self, number: int) -> PageImage:
        """Decode a frame, turned as its EXIF orientation says."""
        where = name_page(self._name, number, self.page_count)
        try:
            return self._decode(where, number, _AS_FAR_AS_IT_GOES)
        except CorruptDocumentError as exc:
            if not self._limits.read_damaged:
                raise
            log.warning("%s Read as far as it goes.", exc)
        with _cut_ones_too():
            return replace(self._decode(where, number, _WHOLE), damage="it is cut short")

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()

    def _decode(self, where: str, number: int, remedy: str) -> PageImage:
        with _pillow_errors(where, remedy):
            picture = self._open()
            picture.seek(number - 1)
            width, height = picture.size
            self._limits.check_pixels(where, width, height, "save it smaller")
            ImageOps.exif_transpose(picture, in_place=True)
        return PageImage(to_bgr(picture), picture_dpi(picture))

    def _open(self) -> ImageFile.ImageFile:
        """Read the header, and no pixels."""
        self._file.seek(0)
        return _READERS[self.media_type](self._file)

    def _count(self) -> int:
        count = 1
        with _pillow_errors(self._name, _WHOLE):
            if self.media_type is MediaType.TIFF:
                count = count_frames(self._file, self._limits.max_pages)
            self._open()
        self._limits.check_pages(self._name, count)
        return count


@contextmanager
def _cut_ones_too() -> Iterator[None]:
    """Let Pillow decode what is there of a picture; the rest stays black or grey."""
    ImageFile.LOAD_TRUNCATED_IMAGES = True
    try:
        yield
    finally:
        ImageFile.LOAD_TRUNCATED_IMAGES = False


@contextmanager
def _pillow_errors(where: str, remedy: str) -> Iterator[None]:
    """Turn what Pillow raises and warns into errors that name the file."""
    try:
        with warnings.catch_warnings():
            # Of half its size limit, and of metadata that does not matter here.
            warnings.simplefilter("ignore")
            yield
    except Image.DecompressionBombError as exc:
        raise TooManyPixelsError(
            f"{where} has more pixels than Pillow decodes at once ({exc}): save it smaller."
        ) from exc
    except OSError as exc:
        # Decoders give no number; a damaged offset makes an invalid seek. Others are the disk's.
        if exc.errno not in {None, errno.EINVAL}:
            raise
        raise _corrupt(where, remedy, exc) from exc
    except _DAMAGE as exc:
        raise _corrupt(where, remedy, exc) from exc


def _corrupt(where: str, remedy: str, exc: Exception) -> CorruptDocumentError:
    return CorruptDocumentError(
        f"{where} is damaged or coded in a way that can't be decoded ({one_line(str(exc))}): "
        f"{remedy}."
    )
