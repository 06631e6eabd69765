"""A picture of one's own, as the network is used to seeing them."""

import warnings
from pathlib import Path

import numpy as np
from numpy.typing import DTypeLike
from PIL import ExifTags, Image

from scratchnet.datasets.arrays import scale_images
from scratchnet.errors import DataError
from scratchnet.typing import Array, Shape

# MNIST, in 28ths of the image's side: the longest side of a digit, and the index where its centre of mass lies
DIGIT, CENTRE, SIDE = 20, 14, 28
LOOK = 200  # the longest side, in pixels, at which ink is looked for: averaging down to it takes out the grain of photographs
NOISE = 5  # in standard deviations of the ground: what stands out less belongs to it
MIN_CONTRAST = 16  # of 255: where nothing stands out by more, there is no digit
SOFT_EDGE = 0.2  # of the strongest ink: weaker ink, such as a JPEG's ringing, doesn't widen a digit's box
TIE = 1e-6  # a centre of mass this close to halfway between two pixels is halfway: rounding doesn't choose

# What undoes each EXIF orientation. ImageOps.exif_transpose would also write the other tags anew, and fail where they are bad.
TURNS: dict[object, Image.Transpose] = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


def read_image(path: str | Path, input_shape: Shape, dtype: DTypeLike = np.float32, *, normalize: bool = True) -> Array:
    """The picture that a PNG or JPEG file holds, as x: (H, W, C) of `dtype` within [0, 1], for a model of that input_shape.

    One channel: a digit on any ground, at any place and size, which `normalize_digit` makes one of MNIST's; what is
    transparent is ground. Three channels, or normalize=False (for a model trained on other things than digits): the whole
    picture, resized to H × W whatever its proportions; what is transparent is white. An EXIF orientation is obeyed.

    Raises DataError if the file can't be read, isn't PNG or JPEG, is too large to be safe, or shows no digit.
    """
    if len(input_shape) != 3 or input_shape[2] not in (1, 3):
        raise DataError(
            came=f"a picture for a model whose input has the shape {input_shape}",
            expected="a model of images with one or three channels: (H, W, 1) or (H, W, 3)",
            do="Give another model, or hand arrays to its predict.",
        )
    H, W, C = input_shape
    picture = _open(Path(path))
    if C == 1 and normalize:
        try:
            pixels = normalize_digit(_grey(picture), (H, W))
        except DataError as error:
            raise DataError(came=f"{path}: {error.came}", expected=error.expected, do=error.do) from error
    else:
        over_white = Image.alpha_composite(Image.new("RGBA", picture.size, "white"), picture.convert("RGBA"))
        pixels = np.asarray(_resize(over_white.convert("L" if C == 1 else "RGB"), H, W)).reshape(input_shape)
    return scale_images(pixels[None], dtype)[0]


def normalize_digit(grey: Array, size: tuple[int, int]) -> Array:
    """The digit in a grey picture, as MNIST has them: light on black, its longest side 20/28 of the image's, its centre of
    mass at index 14 of 28 (13.5 or more, less than 14.5).

    grey: (height, width) uint8, a digit darker or lighter than its ground → (H, W) uint8; size: (H, W)

    The ground is a plane fitted to the border (light falls on paper unevenly); the ink is what stands out from it furthest,
    towards black or towards white. It is cropped, averaged by area, stretched to 255 and moved by whole pixels. A picture
    of that size which is so already is returned as it is: 99.96 % of MNIST's test images.

    Raises DataError if nothing stands out.
    Source: the MNIST page of Y. LeCun, C. Cortes and C. J. C. Burges, for the rule; the numbers were measured.
    """
    H, W = size
    ink, box, scale = _find_ink(grey)
    if scale > 1:  # found from afar: now from near
        margin = max(side.stop - side.start for side in box) // 4 + 1
        grey = grey[tuple(slice(max(0, s.start - margin) * scale, (s.stop + margin) * scale) for s in box)]
        ink, box, scale = _find_ink(grey)
    h, w = (side.stop - side.start for side in box)
    zoom = min(H / h, W / w) * DIGIT / SIDE
    centre = CENTRE / SIDE * np.array(size)
    if ink.shape == size and abs(max(h, w) * (1 - zoom)) <= 1 and np.all(np.abs(_mass(ink) - centre) < 0.5 + TIE):
        return np.rint(ink).astype(np.uint8)
    h, w = max(1, round(h * zoom)), max(1, round(w * zoom))
    digit = np.asarray(_resize(Image.fromarray(ink[box].astype(np.float32)), h, w), np.float64).clip(0)
    digit = digit * (255 / digit.max())
    y, x = np.ceil(centre - 0.5 - TIE - _mass(digit)).astype(int).clip(0, (H - h, W - w))
    image = np.zeros(size, np.uint8)
    image[y : y + h, x : x + w] = np.rint(digit)
    return image


def resize(pixels: Array, size: tuple[int, int]) -> Array:
    """The whole picture as H × W pixels, whatever its proportions: (height, width, C) uint8, C = 1 or 3 → (H, W, C)"""
    picture = Image.fromarray(pixels[..., 0] if pixels.shape[2] == 1 else pixels)
    return np.asarray(_resize(picture, *size)).reshape(*size, -1)


def _find_ink(grey: Array) -> tuple[Array, tuple[slice, slice], int]:
    """How far each pixel stands out from the ground, the box of those that do, and by what factor both were reduced."""
    scale = -(-max(grey.shape) // LOOK)
    pixels = np.asarray(Image.fromarray(grey).reduce(scale)).astype(np.float64)
    H, W = pixels.shape
    y, x = np.mgrid[-1 : 1 : H * 1j, -1 : 1 : W * 1j]
    planes = np.stack([np.ones_like(x), y, x], axis=-1)
    edge = _edge(pixels.shape)
    # What is far from the border's median may be a digit that touches it.
    ground = edge & (np.abs(pixels - np.median(pixels[edge])) <= 3 * _deviation(pixels[edge]))
    pixels -= planes @ np.linalg.lstsq(planes[ground], pixels[ground])[0]
    ink = pixels if pixels.max() > -pixels.min() else -pixels
    noise = NOISE * _deviation(pixels[edge])
    if ink.max() <= max(noise, MIN_CONTRAST):
        raise DataError(
            came="a picture in which nothing stands out from the ground",
            expected="a digit on a plain ground",
            do="Write it larger or darker, or crop the picture around it.",
        )
    there = ink > max(noise, MIN_CONTRAST, SOFT_EDGE * ink.max())
    rows, columns = np.flatnonzero(there.any(axis=1)), np.flatnonzero(there.any(axis=0))
    box = slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1)
    return np.where(ink > noise, ink, 0), box, scale


def _mass(ink: Array) -> Array:
    """The centre of mass, (row, column)."""
    return np.array([ink.sum(1) @ np.arange(ink.shape[0]), ink.sum(0) @ np.arange(ink.shape[1])]) / ink.sum()


def _deviation(values: Array) -> float:
    """The standard deviation, as the median tells it: it doesn't mind what less than half of the values are."""
    return 1.4826 * float(np.median(np.abs(values - np.median(values))))


def _edge(shape: Shape) -> Array:
    edge = np.ones(shape, bool)
    edge[1:-1, 1:-1] = False
    return edge


def _resize(picture: Image.Image, height: int, width: int) -> Image.Image:
    shrinks = width * height <= picture.width * picture.height
    return picture.resize((width, height), Image.Resampling.BOX if shrinks else Image.Resampling.BICUBIC)


def _grey(picture: Image.Image) -> Array:
    if not picture.has_transparency_data:
        return np.asarray(picture.convert("L"))
    rgba = picture.convert("RGBA")
    luma, alpha = rgba.convert("L"), rgba.getchannel("A")
    values, opaque = np.asarray(luma), np.asarray(alpha) >= 128
    edge = _edge(values.shape)
    if 2 * (edge & opaque).sum() > edge.sum():  # a card, perhaps with rounded corners: they are as its border
        ground = np.median(values[edge & opaque])
    else:  # ink on nothing: what shows it best
        ground = 0 if values[opaque].sum() > 127.5 * opaque.sum() else 255
    return np.asarray(Image.composite(luma, Image.new("L", rgba.size, int(ground)), alpha))


def _open(path: Path) -> Image.Image:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # a damaged tag doesn't touch the pixels
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(path, formats=("PNG", "JPEG")) as file:
                turn = TURNS.get(file.getexif().get(ExifTags.Base.Orientation))
                picture = file.copy() if turn is None else file.transpose(turn)
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise DataError(
            came=f"{path}, which can't be read ({error})",
            expected=f"a PNG or JPEG picture of at most {Image.MAX_IMAGE_PIXELS} pixels",
            do="Check the path, or save the picture anew in one of these formats.",
        ) from error
    if picture.mode.startswith("I"):  # 16 bits: Pillow's versions convert them differently
        picture = Image.fromarray((np.asarray(picture) // 257).astype(np.uint8))
    return picture
