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

from mlp_core.datasets.picture import (
    CONTRASTS,
    FITS,
    INKS,
    MOST_PIXELS,
    Conversion,
    Paper,
    converted,
    paper_of,
    picture_size,
)
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
    light_paper = paper_of(tmp_path / "a.png").light
    assert light_paper == (stroke == 0)
    np.testing.assert_array_equal(kept(tmp_path / "a.png", dark_ink=light_paper), pixels[..., 3])


def test_one_colour_may_be_named_transparent(tmp_path: Path) -> None:
    path = saved(tmp_path / "a.png", np.full((6, 6), 9, np.uint8), transparency=9)
    assert kept(path, dark_ink=True).max() == 0


@pytest.mark.parametrize(("paper", "stroke"), [(255, 0), (200, 60), (0, 255), (40, 180)])
def test_paper_is_seen_by_the_border(tmp_path: Path, paper: int, stroke: int) -> None:
    pixels = np.full((90, 70), paper, np.uint8)
    pixels[:80, 10:60] = stroke  # most of it, and over one edge
    assert paper_of(saved(tmp_path / "a.png", pixels)).light == (paper > 127)
    assert paper_of(saved(tmp_path / "a.jpg", pixels)).light == (paper > 127)


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
@pytest.mark.parametrize("fit", list(FITS))
@pytest.mark.parametrize("size", [(1, 1), (28, 28), (5, 64)])
def test_any_shape_to_any_size(tmp_path: Path, shape: tuple[int, int], fit: str, size: tuple[int, int]) -> None:
    path = saved(tmp_path / "a.png", np.full(shape, 120, np.uint8))
    assert (converted(path, Conversion(*size, fit), dark_ink=False) == (0 if fit == "ink" else 120)).all()


def hook(
    size: tuple[int, int] = (200, 150), at: tuple[int, int] = (40, 30), scale: int = 5, pen: int = 4
) -> NDArray[np.uint8]:
    """Return a drawing, 0 paper to 255 ink, of 11 by 13 times `scale` pixels, heavy at the bottom on the right."""
    drawing = Image.new("L", size)
    points = [(at[0] + scale * x, at[1] + scale * y) for x, y in ((0, 2), (3, 0), (5, 9), (11, 6), (11, 13), (4, 12))]
    ImageDraw.Draw(drawing).line(points, 255, pen)
    return np.asarray(drawing)


def trimmed(path: Path, pixels: NDArray[Any], dark_ink: bool = True, **changed: Any) -> NDArray[np.uint8]:
    return converted(saved(path, pixels), Conversion(fit="ink", **changed), dark_ink=dark_ink)


def in_box_and_centred(image: NDArray[np.uint8]) -> bool:
    """Return whether the ink fills 20/28 of one side and no more of the other, its mass in the middle."""
    for axis in (0, 1):
        side = image.shape[axis]
        sums = image.sum(axis=1 - axis, dtype=float)
        inked = np.flatnonzero(image.max(axis=1 - axis) > 25)
        if abs(sums @ np.arange(side) / sums.sum() - (side - 1) / 2) > 1 or np.ptp(inked) + 1 > round(side * 20 / 28):
            return False
    filled = [np.ptp(np.flatnonzero(image.max(axis=1 - axis) > 25)) + 1 for axis in (0, 1)]
    return any(n / (side * 20 / 28) > 0.85 for n, side in zip(filled, image.shape, strict=True))


@pytest.mark.parametrize("size", [(28, 28), (40, 16), (16, 40), (64, 64), (15, 15)])
def test_trimmed_to_the_ink_it_does_not_matter_where_it_was_drawn(tmp_path: Path, size: tuple[int, int]) -> None:
    height, width = size
    images = [
        trimmed(tmp_path / "a.png", 255 - hook(at=at), height=height, width=width)
        for at in ((10, 10), (120, 60), (67, 41))
    ]
    assert images[0].shape == size
    assert in_box_and_centred(images[0])
    for image in images[1:]:
        np.testing.assert_array_equal(image, images[0])


def test_trimmed_to_the_ink_it_does_not_matter_how_large_it_was_drawn(tmp_path: Path) -> None:
    small = trimmed(tmp_path / "a.png", 255 - hook())
    for times in (3, 12):
        large = trimmed(tmp_path / "a.png", 255 - hook(at=(90, 70)).repeat(times, axis=0).repeat(times, axis=1))
        assert in_box_and_centred(large)
        assert np.abs(large.astype(float) - small).mean() < 5


def test_trimming_keeps_the_aspect(tmp_path: Path) -> None:
    bar = np.zeros((100, 300), np.uint8)
    bar[70:80, 20:60] = 255
    ink = trimmed(tmp_path / "a.png", bar, dark_ink=False) > 127
    assert (ink.any(axis=1).sum(), ink.any(axis=0).sum()) == (5, 20)


def test_trimmed_ink_is_the_same_on_every_paper(tmp_path: Path) -> None:
    ink = hook()
    expected = trimmed(tmp_path / "a.png", 255 - ink)
    np.testing.assert_array_equal(trimmed(tmp_path / "a.png", ink, dark_ink=False), expected)
    for stroke, dark_ink in ((0, True), (255, False)):
        clear = np.full((*ink.shape, 4), stroke, np.uint8)
        clear[..., 3] = ink
        np.testing.assert_array_equal(trimmed(tmp_path / "a.png", clear, dark_ink), expected)
    grey = trimmed(tmp_path / "a.png", (190 - 0.5 * ink).astype(np.uint8))
    np.testing.assert_allclose(grey.astype(int), expected, atol=2)
    pencil = trimmed(tmp_path / "a.png", (190 - 0.5 * ink).astype(np.uint8), contrast="kept")
    assert pencil.min() == 0
    assert 100 <= pencil.max() <= 135


@pytest.mark.parametrize(("paper", "stroke", "dark_ink"), [(190, 60, True), (225, 150, True), (40, 180, False)])
def test_noise_is_not_ink(tmp_path: Path, paper: int, stroke: int, dark_ink: bool) -> None:
    random = np.random.RandomState(0)
    drawn = paper + (stroke - paper) * (hook(at=(120, 20)) / 255)
    noisy = np.clip(drawn + random.normal(0, 8, drawn.shape), 0, 255).astype(np.uint8)
    expected = trimmed(tmp_path / "a.png", 255 - hook())
    image = trimmed(tmp_path / "a.png", noisy, dark_ink)
    assert in_box_and_centred(image)
    assert np.abs(image.astype(float) - expected).mean() < 15
    assert trimmed(tmp_path / "a.png", np.full_like(noisy, paper), dark_ink).max() == 0
    blank = np.clip(paper + random.normal(0, 8, drawn.shape), 0, 255).astype(np.uint8)
    assert trimmed(tmp_path / "a.png", blank, dark_ink).max() == 0


@pytest.mark.parametrize("stroke", [20, 170])
def test_specks_are_not_ink(tmp_path: Path, stroke: int) -> None:
    drawn = (255 - (255 - stroke) * (hook(at=(100, 50)) / 255)).astype(np.uint8)
    expected = trimmed(tmp_path / "a.png", drawn)
    specks = np.random.RandomState(1).uniform(size=drawn.shape) < 0.001
    assert specks[:20].any()
    specked = trimmed(tmp_path / "a.png", np.where(specks, 0, drawn).astype(np.uint8))
    assert np.abs(specked.astype(float) - expected).mean() < 15
    assert trimmed(tmp_path / "a.png", np.where(specks, 0, np.full_like(drawn, 255))).max() == 0


@pytest.mark.parametrize("pen", [1, 2, 5])
@pytest.mark.parametrize("name", ["a.png", "a.jpg"])
def test_thin_strokes_survive_the_trimming(tmp_path: Path, pen: int, name: str) -> None:
    page = 255 - hook((2400, 1800), (1500, 300), 60, pen)
    image = trimmed(tmp_path / name, page)
    assert in_box_and_centred(image)
    assert image.max() == 255
    assert (image.max(axis=1) > 60).sum() >= 18


def test_plain_paper_is_seen_by_the_border_and_the_share_of_ink(tmp_path: Path) -> None:
    random = np.random.RandomState(0)
    ink = hook(at=(140, 80))  # off the edge on the right
    assert paper_of(saved(tmp_path / "a.png", 255 - ink)) == Paper(light=True, plain=True)
    assert paper_of(saved(tmp_path / "a.png", ink)) == Paper(light=False, plain=True)
    grey = np.clip(200 - 0.6 * ink + random.normal(0, 5, ink.shape), 0, 255).astype(np.uint8)
    assert paper_of(saved(tmp_path / "a.jpg", grey)) == Paper(light=True, plain=True)
    photograph = random.randint(0, 256, (6, 8), np.uint8).repeat(40, axis=0).repeat(40, axis=1)
    full = np.full((150, 200), 250, np.uint8)
    full[10:140, 10:190] = 20
    for pixels in (photograph, full, np.full((90, 90), 255, np.uint8)):
        assert not paper_of(saved(tmp_path / "a.png", pixels)).plain


def test_the_texts_for_a_narrow_list_are_short() -> None:
    assert all(len(text) <= 55 for texts in (FITS, INKS, CONTRASTS) for text in texts.values())


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
        ({"fit": "squeeze"}, "fit: 'squeeze' is not known. Choose ink, pad, stretch, crop"),
        ({"ink": "red"}, "ink: 'red'"),
        ({"contrast": "?"}, "contrast: '?'"),
    ],
)
def test_conversion_refuses(changed: dict[str, Any], message: str) -> None:
    with pytest.raises(DataError, match=message.replace("?", r"\?")):
        Conversion(**changed)
