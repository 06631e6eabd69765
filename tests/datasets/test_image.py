"""Whatever a picture's ground, place, size and format, the network sees a digit as MNIST has them."""

import struct
import zlib

import numpy as np
import pytest
from PIL import Image, ImageDraw

from scratchnet.datasets import mnist, normalize_digit, read_image
from scratchnet.errors import DataError

RNG = np.random.default_rng(0)

# A bar of 4:1 by MNIST's rule: 20 × 5 pixels, the centre of mass (13.5, 14)
BAR = np.zeros((28, 28), np.uint8)
BAR[4:24, 12:17] = 255


@pytest.fixture(scope="module")
def digits():
    return mnist.load_data()[1][0]


def bar(ground=255, ink=0, *, height=40, at=(13, 25), size=(90, 70)):
    picture = np.full(size, ground, np.uint8)
    picture[at[0] : at[0] + height, at[1] : at[1] + height // 4] = ink
    return picture


def save(path, picture, **options):
    (picture if isinstance(picture, Image.Image) else Image.fromarray(picture)).save(path, **options)
    return path


def on_paper(digit, *, scale, size, at, contrast=200):
    """A digit of MNIST, enlarged, in dark ink on white: (height, width) floats."""
    ink = np.asarray(Image.fromarray(digit).resize((28 * scale, 28 * scale), Image.Resampling.BICUBIC))
    paper = np.zeros(size)
    paper[at[0] : at[0] + len(ink), at[1] : at[1] + len(ink)] = ink
    return 250 - contrast / 255 * paper


def likeness(a, b):
    """Their correlation, where they lie best over each other: where a mass is halfway between pixels, both are right."""
    moves = [(i, j) for i in (-1, 0, 1) for j in (-1, 0, 1)]
    return max(np.corrcoef(np.roll(a, move, (0, 1)).ravel().astype(float), b.ravel())[0, 1] for move in moves)


# ---------- MNIST stays MNIST
def test_mnist_passes_unchanged(digits):
    same = [np.array_equal(normalize_digit(digit, (28, 28)), digit) for digit in digits[:2000]]
    assert np.mean(same) >= 0.999


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_file_of_mnist_is_what_the_network_was_trained_on(tmp_path, digits, dtype):
    for digit in digits[:5]:
        x = read_image(save(tmp_path / "digit.png", digit), (28, 28, 1), dtype)
        np.testing.assert_array_equal(x, (digit / np.array(255, dtype))[..., None], strict=True)
        on_white = read_image(save(tmp_path / "digit.png", 255 - digit), (28, 28, 1), dtype)
        np.testing.assert_array_equal(on_white, x, strict=True)


def test_mnist_as_jpeg_is_nearly_unchanged(tmp_path, digits):
    differences = []
    for digit in digits[:100]:
        x = read_image(save(tmp_path / "digit.jpg", 255 - digit, quality=75), (28, 28, 1))
        differences.append(np.abs(255 * x[..., 0] - digit).mean())
    assert np.mean(np.array(differences) < 4) >= 0.95


@pytest.mark.parametrize("move", [(0, 3), (-3, 0), (3, 3)])
def test_a_moved_digit_returns_to_its_place(digits, move):
    def moved(digit):
        return np.pad(digit, 4)[4 - move[0] : 32 - move[0], 4 - move[1] : 32 - move[1]]

    assert np.mean([likeness(normalize_digit(moved(digit), (28, 28)), digit) for digit in digits[:30]]) > 0.97


# ---------- MNIST's rule, exactly
@pytest.mark.parametrize(
    "picture",
    [
        bar(),
        bar(0, 255),
        bar(at=(0, 0)),  # touching the border
        bar(at=(50, 60)),
        bar(0, 200),  # stretched to 255
        bar(128, 100),  # darker than a grey ground
        bar(100, 128),
        bar(0, 255, height=20, size=(28, 28), at=(8, 0)),
        bar(0, 255, height=12, size=(28, 28), at=(8, 13)),  # too small where it ought to be
        bar(height=160, size=(196, 180)),
        bar(height=80, size=(1600, 1200), at=(1520, 1180)),  # found from afar
    ],
)
def test_a_bar_on_any_ground_at_any_place_and_size(picture):
    np.testing.assert_array_equal(normalize_digit(picture, (28, 28)), BAR, strict=True)


@pytest.mark.parametrize(
    ("size", "rows", "columns"),
    [
        ((28, 28), (4, 24), (12, 17)),
        ((56, 56), (8, 48), (23, 33)),  # 40 × 10 around 28: 27.5 is 28 − ½
        ((14, 14), (2, 12), (6, 8)),  # 10 × 2 (2.5 rounds to even) around 7
        ((28, 84), (4, 24), (40, 45)),  # the shorter side bounds it
        ((84, 14), (22, 62), (2, 12)),
    ],
)
def test_other_sizes_keep_the_proportions(size, rows, columns):
    expected = np.zeros(size, np.uint8)
    expected[slice(*rows), slice(*columns)] = 255
    np.testing.assert_array_equal(normalize_digit(bar(), size), expected)


def test_the_centre_of_mass_is_moved_to_14_not_the_box(digits):
    for digit in digits[:100]:
        image = normalize_digit(on_paper(digit, scale=7, size=(196, 250), at=(0, 50)).astype(np.uint8), (28, 28))
        mass = [image.sum(1 - axis) @ np.arange(28) / image.sum() for axis in (0, 1)]
        assert all(13.49 <= centre < 14.51 for centre in mass)


def test_ink_stays_in_the_frame_where_its_mass_lies_far_out():
    flag = np.zeros((200, 200), np.uint8)
    flag[:, 98:101] = 60
    flag[:40, 20:180] = 255
    image = normalize_digit(np.pad(flag, 9), (28, 28))
    assert image[8:12, 7:23].min() > 200  # by its mass, it would begin in row 12, and the pole would end outside
    assert image[27, 14] > 0


def test_shrinking_averages_areas():
    half = np.zeros((60, 60), np.uint8)
    half[10:50, 10:30] = 255
    half[10:50:2, 30:50] = 255  # every other row: half the light
    image = normalize_digit(half, (28, 28))
    assert sorted(np.unique(image)) == [0, 128, 255]
    assert (image == 128).sum() == (image == 255).sum() == 200


# ---------- photographs
@pytest.mark.parametrize("contrast", [140, 60])
def test_a_photograph_under_uneven_light(tmp_path, digits, contrast):
    light = np.linspace(0.7, 1, 400) * np.linspace(0.9, 1, 500)[:, None]  # hardly a plane
    alike, black = [], []
    for digit in digits[:20]:
        photo = light * on_paper(digit, scale=10, size=(500, 400), at=(150, 60), contrast=contrast)
        photo += RNG.normal(0, 6, photo.shape)
        save(tmp_path / "photo.jpg", photo.clip(0, 255).astype(np.uint8), quality=60)
        x = read_image(tmp_path / "photo.jpg", (28, 28, 1))[..., 0]
        alike.append(likeness(x, digit))
        black.append((x == 0).mean())
    assert np.mean(alike) > 0.95
    assert np.mean(black) > 0.75  # as in MNIST: 0.82


def test_a_small_digit_on_a_large_page(digits):
    def page(digit):
        return on_paper(digit, scale=2, size=(1500, 1200), at=(1111, 777)).astype(np.uint8)

    assert np.mean([likeness(normalize_digit(page(digit), (28, 28)), digit) for digit in digits[:20]]) > 0.94


# ---------- formats
def transparent(ink, mode="RGBA"):
    picture = Image.new("RGBA", (70, 90), (*[255 - ink] * 3, 0))  # what isn't seen has the other colour
    ImageDraw.Draw(picture).rectangle((25, 13, 34, 52), fill=(ink, ink, ink, 255))
    return picture.convert(mode)


def card(ground, ink):
    picture = Image.new("RGBA", (70, 90), (0, 0, 0, 0))
    ImageDraw.Draw(picture).rounded_rectangle((0, 0, 69, 89), radius=9, fill=(ground, ground, ground, 255))
    ImageDraw.Draw(picture).rectangle((25, 13, 34, 52), fill=(ink, ink, ink, 255))
    return picture


@pytest.mark.parametrize(
    "picture",
    [
        Image.fromarray(bar()).convert("1"),
        Image.fromarray(bar()).convert("LA"),
        Image.fromarray(bar()).convert("P"),
        Image.fromarray(bar()).convert("RGB"),
        Image.fromarray(bar().astype(np.uint16) * 257),
        Image.fromarray(np.stack([bar(), bar(220, 0), bar(0, 0)], axis=-1)),
        transparent(0),
        transparent(255),
        transparent(0, "LA"),
        transparent(255, "P"),
        card(255, 0),
        card(20, 220),
    ],
)
def test_every_kind_of_png(tmp_path, picture):
    x = read_image(save(tmp_path / "picture", picture, format="PNG"), (28, 28, 1))
    np.testing.assert_array_equal(x, (BAR / np.float32(255))[..., None], strict=True)


@pytest.mark.parametrize("mode", ["L", "RGB", "CMYK"])
def test_every_kind_of_jpeg(tmp_path, mode):
    picture = Image.fromarray(bar(height=160, size=(320, 240), at=(40, 80))).convert(mode)
    x = read_image(save(tmp_path / "picture.jpg", picture, quality=95), (28, 28, 1))
    assert np.abs(255 * x[..., 0] - BAR).max() < 5


@pytest.mark.parametrize(
    ("orientation", "stored"),
    [
        (1, lambda picture: picture),
        (2, np.fliplr),
        (3, lambda picture: np.rot90(picture, 2)),
        (4, np.flipud),
        (5, np.transpose),
        (6, np.rot90),
        (7, lambda picture: np.rot90(picture, 2).T),
        (8, lambda picture: np.rot90(picture, -1)),
        (9, lambda picture: picture),  # none of EXIF's
    ],
)
def test_a_photograph_is_turned_as_its_tag_says(tmp_path, digits, orientation, stored):
    exif = Image.Exif()
    exif[0x0112] = orientation
    picture = save(tmp_path / "turned.png", np.ascontiguousarray(stored(digits[0])), exif=exif)
    np.testing.assert_array_equal(np.rint(255 * read_image(picture, (28, 28, 1))[..., 0]), digits[0])


def test_a_damaged_tag_does_not_matter(tmp_path):
    cut_short = b"Exif\0\0II*\0\x08\0\0\0\x05\0"
    picture = save(tmp_path / "picture.jpg", bar(height=160, size=(320, 240), at=(40, 80)), exif=cut_short, quality=95)
    assert np.abs(255 * read_image(picture, (28, 28, 1))[..., 0] - BAR).max() < 5


def test_three_channels_take_the_whole_picture_over_white(tmp_path):
    picture = np.zeros((4, 6, 4), np.uint8)
    picture[:, :3] = 200, 100, 0, 255
    picture[:2, 3:] = 0, 0, 0, 0  # transparent
    picture[2:, 3:] = 0, 0, 255, 255
    x = read_image(save(tmp_path / "picture.png", picture), (2, 2, 3))
    expected = np.array([[[200, 100, 0], [255, 255, 255]], [[200, 100, 0], [0, 0, 255]]]) / np.float32(255)
    np.testing.assert_array_equal(x, expected.astype(np.float32), strict=True)
    assert read_image(tmp_path / "picture.png", (32, 40, 3), "float64").shape == (32, 40, 3)


def test_other_things_than_digits_are_taken_whole(tmp_path):
    picture = np.zeros((4, 6, 4), np.uint8)
    picture[:, :3] = 100, 100, 100, 255
    picture[2:, 3:] = 40, 40, 40, 255
    x = read_image(save(tmp_path / "picture.png", picture), (2, 2, 1), np.float64, normalize=False)
    np.testing.assert_array_equal(x, np.array([[[100], [255]], [[100], [40]]]) / 255, strict=True)


# ---------- what is no digit
@pytest.mark.parametrize(
    "picture",
    [
        bar(255, 255),
        bar(0, 0),
        bar(200, 190),  # below the least contrast
        RNG.normal(180, 8, (300, 200)).clip(0, 255).astype(np.uint8),
        np.zeros((1, 1), np.uint8),
        Image.new("RGBA", (30, 30), (255, 0, 0, 0)),
    ],
)
def test_a_blank_picture_is_refused(tmp_path, picture):
    with pytest.raises(DataError, match="blank.png: a picture in which nothing stands out"):
        read_image(save(tmp_path / "blank.png", picture), (28, 28, 1))


def bomb():
    """A PNG that says it is 30,000 × 30,000."""
    header = b"IHDR" + struct.pack(">IIBBBBB", 30000, 30000, 8, 0, 0, 0, 0)
    chunks = struct.pack(">I", 13) + header + struct.pack(">I", zlib.crc32(header)) + struct.pack(">I", 0) + b"IDAT"
    return b"\x89PNG\r\n\x1a\n" + chunks


def test_files_that_hold_no_picture_are_refused(tmp_path):
    path = tmp_path / "picture.png"
    save(path, RNG.integers(0, 256, (90, 90), np.uint8))
    whole = path.read_bytes()
    data = whole.index(b"IDAT")
    wrong_length = whole[: data - 4] + struct.pack(">I", 1000) + whole[data:]
    for content in (
        b"",
        b"no picture",
        whole[:-2000],
        whole[: data + 40] + bytes(99) + whole[data + 139 :],
        wrong_length,
        bomb(),
    ):
        path.write_bytes(content)
        with pytest.raises(DataError, match=r"picture.png, which can't be read") as caught:
            read_image(path, (28, 28, 1))
        assert caught.value.do
    save(path, bar(), format="GIF")
    with pytest.raises(DataError, match="Expected a PNG or JPEG picture of at most 89478485 pixels"):
        read_image(path, (28, 28, 1))
    for nothing in (tmp_path, tmp_path / "missing.png"):
        with pytest.raises(DataError, match=f"{nothing.name}, which can't be read"):
            read_image(nothing, (28, 28, 1))


def test_a_picture_twice_as_large_as_is_safe_is_refused_too(tmp_path, monkeypatch):
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", bar().size - 1)  # Pillow only warns up to the double
    with pytest.raises(DataError, match="could be decompression bomb"):
        read_image(save(tmp_path / "picture.png", bar()), (28, 28, 1))


@pytest.mark.parametrize("shape", [(784,), (28, 28), (28, 28, 4)])
def test_a_model_that_takes_no_pictures(tmp_path, shape):
    with pytest.raises(DataError, match=r"whose input has the shape \(.*Expected a model of images"):
        read_image(save(tmp_path / "picture.png", bar()), shape)
