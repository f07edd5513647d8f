from __future__ import annotations

import io
import struct
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from mlp_core.datasets.picture import MOST_PIXELS, Conversion, converted, is_on_light_paper, picture_size
from mlp_core.errors import DataError

AS_IT_IS = Conversion(6, 6, contrast="kept")
GREYS = (np.arange(36) * 7).reshape(6, 6).astype(np.uint8)


def kept(path: Path, *, dark_ink: bool = False) -> NDArray[np.uint8]:
    return converted(path, AS_IT_IS, dark_ink=dark_ink)


def saved(path: Path, pixels: Any, mode: str | None = None, **options: Any) -> Path:
    image = Image.fromarray(np.asarray(pixels))
    (image if mode is None else image.convert(mode)).save(path, **options)
    return path


@pytest.mark.parametrize("name", ["a.png", "a.bmp", "a.gif", "a.tif", "a.webp"])
def test_lossless_formats_keep_every_pixel(tmp_path: Path, name: str) -> None:
    options: dict[str, Any] = {"lossless": True} if name == "a.webp" else {}
    path = saved(tmp_path / name, GREYS, **options)
    np.testing.assert_array_equal(kept(path), GREYS)
    np.testing.assert_array_equal(kept(path, dark_ink=True), 255 - GREYS)
    assert picture_size(path) == (6, 6)
    np.testing.assert_array_equal(kept(path.rename(tmp_path / "b.jpg")), GREYS)  # its content tells, not its name


def test_jpeg_is_near(tmp_path: Path) -> None:
    assert np.abs(kept(saved(tmp_path / "a.jpg", GREYS, quality=95)).astype(int) - GREYS).max() < 8


@pytest.mark.parametrize("mode", ["L", "RGB", "RGBA", "LA", "P", "I", "F", "CMYK", "I;16"])
def test_every_mode_comes_out_the_same(tmp_path: Path, mode: str) -> None:
    image = Image.fromarray(GREYS)
    if mode == "I;16":
        image = Image.fromarray(GREYS.astype(np.uint16) * 257)
    elif mode == "I":
        image = Image.fromarray(GREYS.astype(np.int32) * 257)
    else:
        image = image.convert(mode)
    image.save(tmp_path / "a.tif")
    assert np.abs(kept(tmp_path / "a.tif").astype(int) - GREYS).max() <= (1 if mode == "CMYK" else 0)


def test_bilevel_and_floats_up_to_one(tmp_path: Path) -> None:
    np.testing.assert_array_equal(kept(saved(tmp_path / "a.png", GREYS > 99)), (GREYS > 99) * 255)
    np.testing.assert_array_equal(kept(saved(tmp_path / "a.tif", (GREYS / 255).astype(np.float32))), GREYS)
    with pytest.raises(DataError, match="no numbers"):
        kept(saved(tmp_path / "b.tif", np.full((6, 6), np.nan, np.float32)))


def test_16_bit_png_is_scaled_not_cut_off(tmp_path: Path) -> None:
    np.testing.assert_array_equal(kept(saved(tmp_path / "a.png", GREYS.astype(np.uint16) * 257)), GREYS)


def test_colours_by_their_luminance(tmp_path: Path) -> None:
    pixels = np.zeros((6, 6, 3), np.uint8)
    pixels[:2, :, 0] = pixels[2:4, :, 1] = pixels[4:, :, 2] = 255
    assert kept(saved(tmp_path / "a.png", pixels))[::2, 0].tolist() == [76, 150, 29]


def test_first_frame_of_several(tmp_path: Path) -> None:
    Image.fromarray(GREYS).save(tmp_path / "a.gif", save_all=True, append_images=[Image.fromarray(255 - GREYS)])
    np.testing.assert_array_equal(kept(tmp_path / "a.gif"), GREYS)


@pytest.mark.parametrize("stroke", [0, 255])
@pytest.mark.parametrize("palette", [False, True])
def test_transparent_parts_are_paper(tmp_path: Path, stroke: int, palette: bool) -> None:
    pixels = np.zeros((6, 6, 4), np.uint8)
    pixels[:] = (stroke, stroke, stroke, 0)
    pixels[2:4, 1:5, 3] = 255
    image = Image.fromarray(pixels)
    (image.quantize(4) if palette else image).save(tmp_path / "a.png")
    light_paper = is_on_light_paper(tmp_path / "a.png")
    assert light_paper == (stroke == 0)
    np.testing.assert_array_equal(kept(tmp_path / "a.png", dark_ink=light_paper), pixels[..., 3])


def test_one_colour_may_be_named_transparent(tmp_path: Path) -> None:
    path = saved(tmp_path / "a.png", np.full((6, 6), 9, np.uint8), transparency=9)
    assert kept(path, dark_ink=True).max() == 0


@pytest.mark.parametrize(("paper", "stroke"), [(255, 0), (200, 60), (0, 255), (40, 180)])
def test_paper_is_seen_by_the_border(tmp_path: Path, paper: int, stroke: int) -> None:
    pixels = np.full((90, 70), paper, np.uint8)
    pixels[:80, 10:60] = stroke  # most of it, and over one edge
    assert is_on_light_paper(saved(tmp_path / "a.png", pixels)) == (paper > 127)
    assert is_on_light_paper(saved(tmp_path / "a.jpg", pixels)) == (paper > 127)


def test_ink_chosen_wins(tmp_path: Path) -> None:
    path = saved(tmp_path / "a.png", GREYS)
    for ink, expected in (("dark", 255 - GREYS), ("light", GREYS)):
        for dark_ink in (True, False):
            conversion = Conversion(6, 6, ink=ink, contrast="kept")
            np.testing.assert_array_equal(converted(path, conversion, dark_ink=dark_ink), expected)


def test_fits(tmp_path: Path) -> None:
    pixels = np.zeros((40, 120), np.uint8)
    pixels[:, 40:80] = 200  # left, middle and right third
    path = saved(tmp_path / "a.png", pixels)

    def fitted(fit: str) -> NDArray[np.bool_]:
        return converted(path, Conversion(12, 12, fit, "light", "kept"), dark_ink=False) > 100

    expected = np.zeros((12, 12), np.bool_)
    expected[4:8, 4:8] = True
    np.testing.assert_array_equal(fitted("pad"), expected)
    expected[:, 4:8] = True
    np.testing.assert_array_equal(fitted("stretch"), expected)
    assert fitted("crop").all()


def test_padding_has_the_colour_of_the_paper(tmp_path: Path) -> None:
    pixels = np.full((10, 40), 230, np.uint8)
    pixels[3:7, 10:30] = 0
    image = converted(saved(tmp_path / "a.png", pixels), Conversion(contrast="kept"), dark_ink=True)
    assert set(image[[0, 5, 22, 27]].reshape(-1).tolist()) == {25}


@pytest.mark.parametrize("shape", [(1, 1), (1, 3000), (3000, 1), (3, 5), (777, 555)])
@pytest.mark.parametrize("fit", ["pad", "stretch", "crop"])
@pytest.mark.parametrize("size", [(1, 1), (28, 28), (5, 64)])
def test_any_shape_to_any_size(tmp_path: Path, shape: tuple[int, int], fit: str, size: tuple[int, int]) -> None:
    path = saved(tmp_path / "a.png", np.full(shape, 120, np.uint8))
    assert (converted(path, Conversion(*size, fit), dark_ink=False) == 120).all()


@pytest.mark.parametrize("width", [2, 4, 8, 30])
@pytest.mark.parametrize("name", ["a.png", "a.jpg"])
def test_thin_strokes_of_a_large_drawing_stay_strong(tmp_path: Path, width: int, name: str) -> None:
    drawing = Image.new("RGB", (1000, 1000), "white")
    ImageDraw.Draw(drawing).line([(203, 101), (203, 901)], (0, 0, 90), width)
    drawing.save(tmp_path / name)
    image = converted(tmp_path / name, Conversion(), dark_ink=True)
    assert (image[4:24, 4:8].max(axis=1) > 200).all()
    assert image[:, 10:].max() < 10


def test_contrast_leaves_blank_paper_alone(tmp_path: Path) -> None:
    noise = np.random.RandomState(0).randint(250, 254, (28, 28)).astype(np.uint8)
    assert converted(saved(tmp_path / "a.png", noise), Conversion(), dark_ink=True).max() < 10
    image = converted(saved(tmp_path / "a.png", 100 + GREYS // 4), Conversion(6, 6), dark_ink=False)
    assert (image.min(), image.max()) == (0, 255)


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("name", ["a.jpg", "a.png", "a.webp", "a.tif"])
def test_orientation_of_the_camera(tmp_path: Path, orientation: int, name: str) -> None:
    upright = np.zeros((40, 60), np.uint8)
    upright[:20, :20] = 255  # at the top on the left
    turned = {
        1: upright,
        2: upright[:, ::-1],
        3: upright[::-1, ::-1],
        4: upright[::-1],
        5: upright.T,
        6: np.rot90(upright),
        7: upright[::-1, ::-1].T,
        8: np.rot90(upright, -1),
    }[orientation]
    exif = Image.Exif()
    exif[0x0112] = orientation
    path = saved(tmp_path / name, np.ascontiguousarray(turned), exif=exif)
    assert picture_size(path) == (40, 60)
    image = converted(path, Conversion(4, 6, ink="light"), dark_ink=False)
    np.testing.assert_array_equal(image > 127, upright[::10, ::10] > 127)


def test_damaged_notes_of_the_camera_do_not_matter(tmp_path: Path) -> None:
    path = saved(tmp_path / "a.png", GREYS, exif=b"Exif\0\0MM\0*\0\0\xff\xff")
    np.testing.assert_array_equal(kept(path), GREYS)


def png(width: int, height: int, data: bytes) -> bytes:
    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    header = struct.pack(">2I5B", width, height, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", data) + chunk(b"IEND", b"")


def jpeg() -> bytes:
    file = io.BytesIO()
    Image.fromarray(np.tile(GREYS, (20, 20))).save(file, "JPEG")
    return file.getvalue()


UNREADABLE = {
    "empty": (b"", "no PNG"),
    "text": (b"not a picture", "no PNG"),
    "only the magic number": (b"\x89PNG\r\n\x1a\n", "cannot be read as a picture"),
    "cut short": (png(6, 6, zlib.compress(bytes(42)))[:45], "truncated"),
    "JPEG cut short": (jpeg()[:-300], "truncated"),
    "no compression": (png(6, 6, bytes(range(42))), "cannot be read as a picture"),
    "no width": (png(0, 6, zlib.compress(bytes(7))), "cannot be read as a picture"),
    "one row of 2 billion": (png(2**31 - 1, 1, zlib.compress(bytes(7))), "2,147,483,647×1 pixels"),
    "claims much": (png(60_000, 60_000, zlib.compress(bytes(7))), "60,000×60,000 pixels"),
    "bomb": (png(10_000, 10_000, zlib.compress(bytes(10_001 * 10_000))), f"at most {MOST_PIXELS:,}"),
    "WebP of another kind": (b"RIFF\x10\0\0\0WAVEfmt " + bytes(20), "cannot be read as a picture"),
    "TIFF without pictures": (b"II*\0\x08\0\0\0" + bytes(8), "cannot be read as a picture"),
}


@pytest.mark.parametrize(("data", "message"), UNREADABLE.values(), ids=UNREADABLE)
def test_unreadable(tmp_path: Path, data: bytes, message: str) -> None:
    (tmp_path / "a.png").write_bytes(data)
    with pytest.raises(DataError, match=message) as raised:
        converted(tmp_path / "a.png", Conversion(), dark_ink=False)
    assert str(raised.value).startswith(str(tmp_path / "a.png"))
    assert len(str(raised.value)) < len(str(tmp_path)) + 300


def test_no_file(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="cannot be read"):
        converted(tmp_path / "a.png", Conversion(), dark_ink=False)
    with pytest.raises(DataError, match="folder"):
        picture_size(tmp_path)


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"height": 0}, "height: 0 is out of range"),
        ({"width": 1025}, "width: 1025 is out of range"),
        ({"fit": "squeeze"}, "fit: 'squeeze' is not known. Choose pad, stretch, crop"),
        ({"ink": "red"}, "ink: 'red'"),
        ({"contrast": "?"}, "contrast: '?'"),
    ],
)
def test_conversion_refuses(changed: dict[str, Any], message: str) -> None:
    with pytest.raises(DataError, match=message.replace("?", r"\?")):
        Conversion(**changed)
