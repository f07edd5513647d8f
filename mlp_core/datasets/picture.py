"""One picture file as an array of grey values: opened with care, fitted to a size, light ink on dark paper."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from PIL import BmpImagePlugin, GifImagePlugin, Image, ImageChops, ImageFile, ImageFilter, ImageOps
from PIL import JpegImagePlugin as Jpeg
from PIL import PngImagePlugin as Png
from PIL import TiffImagePlugin as Tiff
from PIL import WebPImagePlugin as WebP

from mlp_core.datasets import pen
from mlp_core.datasets.files import open_file
from mlp_core.datasets.wording import brief
from mlp_core.errors import DataError

MAX_SIDE: Final = 1024
MOST_PIXELS: Final = 40_000_000  # to decode at once: a page scanned at 600 dots an inch, and 160 MB in colour
FITS: Final = {
    "ink": "trim to the ink and centre it, as MNIST was made",
    "pad": "keep the aspect, fill up with the paper's colour",
    "stretch": "stretch to the size",
    "crop": "keep the aspect, cut off what is too much",
}
INKS: Final = {
    "auto": "as most pictures are: dark ink is inverted",
    "dark": "dark ink on light paper: inverted",
    "light": "light ink on dark paper: kept",
}
CONTRASTS: Final = {
    "full": "from black to white: thin strokes stay strong",
    "kept": "greys stay as they are",
}

# By their first bytes, whatever the file is called. Image.open would warn of huge pictures instead of leaving them to
# us, and would look through the further pictures that a phone may put behind a JPEG.
_OPENERS: Final[tuple[tuple[bytes, Callable[..., ImageFile.ImageFile]], ...]] = (
    (b"\x89PNG\r\n\x1a\n", Png.PngImageFile),
    (b"\xff\xd8\xff", Jpeg.JpegImageFile),
    (b"GIF8", GifImagePlugin.GifImageFile),
    (b"BM", BmpImagePlugin.BmpImageFile),
    (b"RIFF", WebP.WebPImageFile),
    (b"II*\0", Tiff.TiffImageFile),
    (b"MM\0*", Tiff.TiffImageFile),
)
_ORIENTATION: Final = 0x0112
_UPRIGHT: Final = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_GLANCE: Final = 64  # pixels a side are enough to see the paper
_BLANK: Final = 8  # greys between the darkest and the lightest pixel: less is paper and noise
_NEARLY_PAPER: Final = 24  # greys from it, of the pixels of a glance
_MOST_BORDER: Final = 0.9  # of a drawing is paper, though a stroke may run off it
_MOST_INK: Final = 1 / 3  # of what is seen of a drawing
_DETAIL: Final = 40  # pixels of a JPEG that are decoded for each of the image's: a drawing may be small on its page
_FULL_INK: Final = 0.99  # of the ink is not darker: a speck may be
_NOISE: Final = 4  # times what half of the paper's pixels differ by, or less; noise is seldom more
_ON_BLACK, _ON_WHITE = 0, 255


@dataclass(frozen=True, slots=True)
class Conversion:
    """What is to be done with pictures, so that they become images of one size.

    Parameters
    ----------
    height, width : int
        Of the images, 1 to 1,024 pixels.
    fit : str
        A key of `FITS`.
    ink : str
        A key of `INKS`. A network gets light ink on dark paper, as in MNIST. ``auto`` decides once for a whole folder,
        by what most of its pictures are: pictures of the same kind are never treated in different ways.
    contrast : str
        A key of `CONTRASTS`.

    Raises
    ------
    DataError
        If a value is out of range; it names the field.
    """

    height: int = 28
    width: int = 28
    fit: str = "pad"
    ink: str = "auto"
    contrast: str = "full"

    def __post_init__(self) -> None:
        for field in ("height", "width"):
            side = getattr(self, field)
            if not 1 <= side <= MAX_SIDE:
                raise DataError(field, f"{side!r} is out of range. Choose 1 to {MAX_SIDE:,} pixels.")
        for field, known in (("fit", FITS), ("ink", INKS), ("contrast", CONTRASTS)):
            if getattr(self, field) not in known:
                raise DataError(field, f"{getattr(self, field)!r} is not known. Choose {', '.join(known)}.")


def picture_size(path: Path) -> tuple[int, int]:
    """Return height and width of a picture as it is shown, from its header.

    Raises
    ------
    DataError
        If the file is no picture that can be read.
    """
    with _opened(path) as image:
        turned = _orientation(image) > 4 and image.format != "TIFF"  # which Pillow turns itself
        return (image.width, image.height) if turned else (image.height, image.width)


@dataclass(frozen=True, slots=True)
class Paper:
    """What a picture is drawn on.

    Attributes
    ----------
    light : bool
        Whether the border of the picture is light, or what is drawn on a transparent one is dark.
    plain : bool
        Whether the border is nearly of one grey, and only a part of the picture, but some, differs from it: it is a
        drawing, and no photograph.
    """

    light: bool
    plain: bool


def paper_of(path: Path) -> Paper:
    """Return what a picture is drawn on, as far as a glance tells.

    Raises
    ------
    DataError
        If the picture cannot be read.
    """
    with _opened(path) as image:
        _decode(path, image, _GLANCE)
        on_white, on_black = (_glanced(_grey(image, paper)) for paper in (_ON_WHITE, _ON_BLACK))
    paper_shown = on_white - on_black  # 0 where the picture covers the paper, 255 where it is transparent
    if np.median(_border(paper_shown)) < 128:
        light = bool(np.median(_border(on_white)) >= 128)
    else:
        light = bool(on_black.sum() * 2 < (255 - paper_shown).sum())  # on black, each pixel counts as far as it covers
    seen = on_white if light else on_black
    differs = np.abs(seen - np.median(_border(seen))) > _NEARLY_PAPER
    return Paper(light, plain=bool(_border(~differs).mean() >= _MOST_BORDER and 0 < differs.mean() <= _MOST_INK))


def converted(path: Path, conversion: Conversion, *, dark_ink: bool) -> NDArray[np.uint8]:
    """Return a picture as grey values, 0 paper to 255 ink.

    Parameters
    ----------
    path : Path
        A PNG, JPEG, GIF, BMP, WebP or TIFF file, whatever its suffix; of several pictures in it the first.
    conversion : Conversion
    dark_ink : bool
        Whether the ink is dark on light paper; it is what ``auto`` stands for. Transparent parts are paper.

    Returns
    -------
    ndarray of uint8, shape (height, width)
        Colours become grey by their luminance. A picture that has this size already keeps every pixel, but for the
        ink and the contrast, unless it is trimmed to its ink.

    Raises
    ------
    DataError
        If the picture cannot be read, is damaged, or has too many pixels.
    """
    dark_ink = {"dark": True, "light": False}.get(conversion.ink, dark_ink)
    detail = _DETAIL if conversion.fit == "ink" else 2
    with _opened(path) as image:
        _decode(path, image, detail * max(conversion.height, conversion.width))
        orientation = _orientation(image)
        grey = _grey(image, _ON_WHITE if dark_ink else _ON_BLACK)
    if orientation in _UPRIGHT:
        grey = grey.transpose(_UPRIGHT[orientation])
    if conversion.fit == "ink":
        return _centred_ink(ImageOps.invert(grey) if dark_ink else grey, conversion)
    pixels = np.asarray(_fitted(grey, conversion))
    if conversion.contrast == "full":
        pixels = _stretched(pixels)
    return 255 - pixels if dark_ink else pixels


@contextmanager
def _opened(path: Path) -> Iterator[ImageFile.ImageFile]:
    """Open a picture without decoding it, and let nothing but a DataError out."""
    try:
        with open_file(path) as file:
            start = file.read(8)
            opener = next((opener for magic, opener in _OPENERS if start.startswith(magic)), None)
            if opener is None:
                raise ValueError("no PNG, JPEG, GIF, BMP, WebP or TIFF file")
            file.seek(0)
            with opener(file) as image:
                yield image
    except (DataError, MemoryError):
        raise
    except Exception as error:  # a damaged picture fails in a dozen ways, most not documented
        what = brief(str(error) or type(error).__name__)
        raise DataError(
            path, f"it cannot be read as a picture ({what}). Save it again as PNG, or take it away."
        ) from error


def _decode(path: Path, image: ImageFile.ImageFile, side: int) -> None:
    """Decode a picture, if it has not too many pixels; a JPEG at once to fewer, `side` a side or more."""
    image.draft("L", (side, side))
    if not 0 < image.width * image.height <= MOST_PIXELS:
        raise DataError(
            path,
            f"it says it has {image.width:,}\N{MULTIPLICATION SIGN}{image.height:,} pixels; at most {MOST_PIXELS:,} "
            "can be read. Make it smaller, or take it away.",
        )
    image.load()


def _orientation(image: ImageFile.ImageFile) -> int:
    """Return how the camera was held, 1 to 8, as far as is known before or after decoding."""
    try:
        return int(Image.Image.getexif(image).get(_ORIENTATION, 1))  # a PNG's own would decode it for this
    except Exception:  # what a camera noted beside the picture may be damaged where the picture is not
        return 1


def _grey(image: Image.Image, paper: int) -> Image.Image:
    if image.mode.startswith(("I", "F")):
        return _narrowed(image)
    if image.has_transparency_data:
        image = image.convert("RGBA")
        return Image.composite(image.convert("L"), Image.new("L", image.size, paper), image.getchannel("A"))
    return image.convert("L")


def _glanced(grey: Image.Image) -> NDArray[np.float64]:
    small = grey.resize((_GLANCE, _GLANCE), Image.Resampling.BOX, reducing_gap=1.0)
    return np.asarray(small, np.float64)


def _narrowed(image: Image.Image) -> Image.Image:
    """Return greys of 16 bits, or floats to 1 or 255, in 8 bits; Pillow's own conversion cuts them off at 255."""
    pixels = np.asarray(image).astype(np.float32)
    if not np.isfinite(pixels).all():
        raise ValueError("pixels that are no numbers")
    factor = 1 / 257 if image.mode != "F" else 255 if pixels.max() <= 1 else 1
    return Image.fromarray(np.rint(np.clip(pixels * factor, 0, 255)).astype(np.uint8))


def _fitted(grey: Image.Image, conversion: Conversion) -> Image.Image:
    width, height = conversion.width, conversion.height
    box = (0.0, 0.0, float(grey.width), float(grey.height))
    if conversion.fit == "crop":
        scale = min(grey.width / width, grey.height / height)
        left, top = (grey.width - width * scale) / 2, (grey.height - height * scale) / 2
        box = (left, top, left + width * scale, top + height * scale)
    elif conversion.fit == "pad":
        scale = min(width / grey.width, height / grey.height)
        inner = max(1, round(grey.width * scale)), max(1, round(grey.height * scale))
        if inner != (width, height):
            padded = Image.new("L", (width, height), int(np.median(_border(np.asarray(grey)))))
            padded.paste(_resized(grey, inner, box), ((width - inner[0]) // 2, (height - inner[1]) // 2))
            return padded
    return _resized(grey, (width, height), box)


def _centred_ink(light_ink: Image.Image, conversion: Conversion) -> NDArray[np.uint8]:
    """Return the ink of a picture, lighter than the paper, as MNIST's was fitted into a box and centred by its mass."""
    height, width = conversion.height, conversion.width
    ink = _ink(np.asarray(light_ink))
    left, top, right, bottom = _extent(ink)
    if left == right:
        return np.zeros((height, width), np.uint8)
    scale = min(width / (right - left), height / (bottom - top)) * pen.BOX / pen.SIZE
    inner = max(1, round((right - left) * scale)), max(1, round((bottom - top) * scale))
    trimmed = Image.fromarray(ink[top:bottom, left:right].astype(np.float32))  # thin strokes get fainter than a grey
    fitted = np.maximum(np.asarray(_resized(trimmed, inner, (0, 0, *trimmed.size))), 0)
    fitted /= fitted.max() if conversion.contrast == "full" else max(255, fitted.max())
    margins = [(side - box,) * 2 for side, box in zip((height, width), fitted.shape, strict=True)]
    image: NDArray[np.uint8] = pen.centred(np.pad(fitted, margins)[None], height, width)[0]
    return image


def _ink(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return how much lighter than the paper each pixel is, 0 where that may be noise of the paper."""
    border = _border(pixels).astype(np.float64)
    paper = int(np.median(border))
    noise = int(_NOISE * np.median(np.abs(border - paper)))
    ink = np.where(pixels > paper + noise, pixels - np.uint8(paper), np.uint8(0))
    return ink if ink.max() >= _BLANK else np.zeros_like(ink)


def _extent(ink: NDArray[np.uint8]) -> tuple[int, int, int, int]:
    """Return left, top, right and bottom of what is clearly ink, specks passed over; all 0 if there is none."""
    around = max(1, min(10, max(ink.shape) // 100))
    while ink.any():
        so_dark = np.cumsum(np.bincount(ink[ink > 0], minlength=256))
        full = int(np.searchsorted(so_dark, _FULL_INK * so_dark[-1]))
        clear = Image.fromarray(np.where(ink > full // 3, np.uint8(255), np.uint8(0)))
        # A line one pixel wide has as many pixels in a square as the square has rows, and a speck has fewer.
        share = ImageOps.crop(ImageOps.expand(clear, around).filter(ImageFilter.BoxBlur(around)), around)
        lines = share.point(lambda grey: 255 * (grey >= round(255 / (2 * around + 1))))
        box = ImageChops.multiply(lines, clear).getbbox()
        if box is not None:
            return box
        ink = np.where(np.asarray(clear), np.uint8(0), ink)  # all specks: they hid what is fainter
    return 0, 0, 0, 0


def _resized(grey: Image.Image, size: tuple[int, int], box: tuple[float, float, float, float]) -> Image.Image:
    return grey.resize(size, Image.Resampling.LANCZOS, box, reducing_gap=3.0)


def _stretched(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    low, high = int(pixels.min()), int(pixels.max())
    if high - low < _BLANK:
        return pixels
    greys = np.arange(256, dtype=np.float32)
    stretched: NDArray[np.uint8] = np.rint(np.clip((greys - low) * (255 / (high - low)), 0, 255)).astype(np.uint8)
    return stretched[pixels]


def _border(pixels: NDArray[Any]) -> NDArray[Any]:
    return np.concatenate([pixels[0], pixels[-1], pixels[:, 0], pixels[:, -1]])
