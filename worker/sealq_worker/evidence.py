"""Plain pictures of a page and its seals: what people check a reading by, and teach models with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import cv2
from PIL import Image as Pictures

from sealq_storage.objects.keys import PAGE_PICTURE, region_picture
from sealq_storage.readings import NewRegion, crop_corner
from sealq_worker.careful.observation import Image


def with_plain(
    drawn: Mapping[str, Pictures.Image], page: Image, regions: Sequence[NewRegion]
) -> dict[str, Pictures.Image]:
    """Return the drawn pictures and, where there are any, the plain page and its plain regions.

    A region that lies in an unwarped image has no place on the page, and no picture.

    Args:
        drawn: By name; none where pictures are not wanted.
        page: BGR.
        regions: In their order.
    """
    if not drawn:
        return {}
    image = Pictures.fromarray(cv2.cvtColor(page, cv2.COLOR_BGR2RGB))
    crops = {
        region_picture(number): image.crop((*crop_corner(region.box), *_far_corner(region)))
        for number, region in enumerate(regions, start=1)
        if region.frame == "page"
    }
    return {**drawn, PAGE_PICTURE: image, **crops}


def _far_corner(region: NewRegion) -> tuple[int, int]:
    left, top = crop_corner(region.box)
    _, _, right, bottom = region.box
    return max(left + 1, round(right)), max(top + 1, round(bottom))
