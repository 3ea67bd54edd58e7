"""Pictures, compared by their pixels."""

from __future__ import annotations

from pathlib import Path


def image_difference(mine: Path, yours: Path) -> str | None:
    """How two pictures differ, None if all their pixels agree. Raises ImportError without Pillow,
    OSError or ValueError for what is no picture.
    """
    from PIL import Image, ImageChops

    with Image.open(mine) as one, Image.open(yours) as other:
        if one.size != other.size:
            sizes = [f"{width} x {height}" for width, height in (one.size, other.size)]
            return f"size {sizes[0]} became {sizes[1]}"
        a, b = one.convert("RGBA"), other.convert("RGBA")
        box = ImageChops.difference(a, b).getbbox(alpha_only=False)
        if box is None:
            return None
        left, top, right, bottom = box
        return f"pixels in {right - left} x {bottom - top} from column {left}, row {top}"
