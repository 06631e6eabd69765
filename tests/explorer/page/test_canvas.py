"""What is drawn is what was traced: each pixel is the table's colour of its number."""

import numpy as np
import pytest

from tests.explorer.page.browsing import pixels, settled

# What the canvas of a layer must show, worked out here from the numbers: rows of columns of [r, g, b, a].
NUMBERS = """async ({ test, name, pixels: body }) => {
    const { getModel, postTrace } = await import('/server.js');
    const { Trace } = await import('/trace.js');
    const { mapsOf } = await import('/shapes.js');
    const tables = await import('/tables.js');
    const { layers } = await getModel();
    const trace = new Trace(layers, await postTrace({ ...(body ? {} : { test }), backward: true }, body && Uint8Array.from(body)));
    const index = layers.findIndex(layer => layer.name === name);
    const numbers = tensor => [...tensor.data].map(value => (Number.isFinite(value) ? value : null));
    return {
        maps: mapsOf(layers, index),
        values: numbers(trace.get(index, 'y')),
        gradients: numbers(trace.get(index, 'dy') ?? trace.get(index, 'dz')),
        tables: { values: tables.VALUES, gradients: tables.GRADIENTS },
    };
}"""
HATCH = {(255, 215, 0), (0, 0, 0)}


def table(text):
    """(256, 3) bytes of six hexadecimal digits each"""
    return np.frombuffer(bytes.fromhex(text), np.uint8).reshape(256, 3).astype(int)


def layout(picture, maps):
    """The maps of an atlas, (C, H, W, 3), which stand in rows with a gap of a pixel; and the gaps' pixels."""
    H, W, C = maps
    gap = int(H * W > 1)
    columns = (picture.shape[1] + gap) // (W + gap)
    corners = [divmod(c, columns) for c in range(C)]
    cut = [picture[r * (H + gap) : r * (H + gap) + H, c * (W + gap) : c * (W + gap) + W] for r, c in corners]
    return np.stack(cut)[..., :3]


def shown(page, name):
    return pixels(page.locator(f"#layers article[aria-label={name}] canvas"))


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("view", ["values", "gradients"])
def test_each_pixel_is_the_colour_of_its_number(visit, seed, view, scheme):
    page = visit(f"{seed}#test=3&view={view}", color_scheme=scheme)
    for name in "conv2d", "conv2d_1", "flatten", "dense", "dense_1":
        found = page.evaluate(NUMBERS, {"test": 3, "name": name, "pixels": None})
        H, W, C = found["maps"]
        numbers = np.array(found[view])
        assert numbers.any()
        place = 127.5 + 127.5 * numbers / np.abs(numbers).max()
        doubtful = np.abs(place % 1 - 0.5).reshape(H, W, C).transpose(2, 0, 1) < 1e-3  # rounded up or down
        expected = table(found["tables"][view][scheme])[np.floor(place + 0.5).astype(int).clip(0, 255)]
        seen = layout(shown(page, name), found["maps"])
        wrong = (seen != expected.reshape(H, W, C, 3).transpose(2, 0, 1, 3)).any(axis=-1)
        zero = numbers.reshape(H, W, C).transpose(2, 0, 1) == 0  # exactly between two; its own test asks for the middle
        assert not (wrong & ~doubtful).any(), name
        assert wrong[~zero].mean() < 0.01, name


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_zero_is_the_middle_of_the_table(visit, seed, scheme):
    page = visit(f"{seed}#test=3", color_scheme=scheme)
    found = page.evaluate(NUMBERS, {"test": 3, "name": "conv2d_1", "pixels": None})
    numbers = np.array(found["values"]).reshape(found["maps"]).transpose(2, 0, 1)
    zeros = layout(shown(page, "conv2d_1"), found["maps"])[numbers == 0]
    assert len(zeros) > 1000
    colours = table(found["tables"]["values"][scheme])
    assert (zeros == colours[128]).all()
    assert np.abs(colours[127] - colours[128]).max() <= 3
    ground = page.evaluate("getComputedStyle(document.body).backgroundColor")
    shade = np.mean([int(part) for part in ground.removeprefix("rgb(").removesuffix(")").split(", ")])
    assert abs(colours[128].mean() - shade) < 40  # where there is nothing it looks like the page


TILES = """async room => {
    const { tiles } = await import('/tiles.js');
    const terms = [1, -1, 0.5, 0, -0.25, 0, 0.75, -0.5, 9, 9, 9, 9].map(value => ({ value }));
    const groups = [{ label: 'a', start: 4, sum: -0.25 }, { label: 'b', start: 0, sum: 0.5 }].map(group => ({ ...group, rows: 2, columns: 2 }));
    const element = tiles(groups, terms, room, 1, 'values');
    document.querySelector('#number .body').append(element);
    const { left, top } = element.getBoundingClientRect();
    const canvas = element.querySelector('canvas').getBoundingClientRect();
    const words = [...element.querySelectorAll('.tile')].map(tile => {
        const range = document.createRange();
        range.selectNodeContents(tile);
        const box = range.getBoundingClientRect();
        return { text: tile.textContent, left: box.left - left, top: box.top - top };
    });
    return { words, at: [canvas.left - left, canvas.top - top], scale: canvas.width / element.querySelector('canvas').width };
}"""


@pytest.mark.parametrize(("room", "second"), [(150, (0, 1)), (500, (1, 0))], ids=["narrow", "wide"])
def test_terms_are_pictures_above_their_sum(page, room, second):
    found = page.evaluate(TILES, room)
    seen = pixels(page.locator("#number .tiles canvas"))
    colours = table(page.evaluate("import('/tables.js').then(({ VALUES }) => VALUES.light)"))
    expected = np.array([[[-0.25, 0], [0.75, -0.5]], [[1, -1], [0.5, 0]]])
    assert found["at"] == [0, 0]
    assert [one["text"] for one in found["words"]] == ["a−0.2500", "b+0.5000"]
    width, height = seen.shape[1] // (1 + second[0]), seen.shape[0] // (1 + second[1])
    painted = np.zeros(seen.shape[:2], bool)
    for numbers, (across, down), words in zip(expected, [(0, 0), second], found["words"], strict=True):
        left, top = across * width, down * height
        place = np.floor(127.5 + 127.5 * numbers + 0.5).astype(int)
        assert (seen[top : top + 2, left : left + 2, :3] == colours[place.clip(0, 255)]).all()
        painted[top : top + 2, left : left + 2] = True
        assert words["left"] == pytest.approx(left * found["scale"])
        assert (top + 2) * found["scale"] <= words["top"] < (top + 3) * found["scale"]
    assert (seen[..., 3] == 255 * painted).all()


def test_what_is_no_number_is_hatched_and_counted(visit, served):
    page = visit(served("broken") + "#from=pixels")
    body = [200] * 64
    page.locator(".editor .atlas").focus()
    page.keyboard.press("9")
    settled(page)
    found = page.evaluate(NUMBERS, {"test": 0, "name": "conv2d", "pixels": body})
    H, W, C = found["maps"]
    bad = np.array([value is None for value in found["values"]]).reshape(H, W, C)
    assert bad[..., 1].all()
    assert not bad[..., [0, 2]].any()
    seen = layout(shown(page, "conv2d"), found["maps"])
    assert {tuple(pixel) for pixel in seen[1].reshape(-1, 3).tolist()} == HATCH
    assert (seen[1][:, 1:] != seen[1][:, :-1]).any(axis=-1).all()  # in turns
    assert not ({tuple(pixel) for pixel in seen[[0, 2]].reshape(-1, 3).tolist()} & HATCH)
    assert f"{H * W} NaN or ∞, hatched" in page.locator("#layers article[aria-label=conv2d]").text_content()


@pytest.mark.parametrize("scale", ["map", "layer", "all"])
def test_to_which_number_colours_go(visit, seed, scale):
    page = visit(f"{seed}#test=3&scale={scale}")
    found = [page.evaluate(NUMBERS, {"test": 3, "name": name, "pixels": None}) for name in LAYERS]
    largest = [np.abs(one["values"]).max() for one in found]
    one = found[1]
    colours = table(one["tables"]["values"]["light"])
    seen = layout(shown(page, LAYERS[1]), one["maps"])
    numbers = np.array(one["values"]).reshape(one["maps"]).transpose(2, 0, 1)
    for values, picture in zip(numbers, seen, strict=True):
        if not values.any():
            continue
        most = {"map": values.max(), "layer": largest[1], "all": max(largest)}[scale]
        i, j = np.unravel_index(values.argmax(), values.shape)
        place = int(np.floor(127.5 + 127.5 * values[i, j] / most + 0.5))
        assert picture[i, j].tolist() == colours[place].tolist()


LAYERS = ["conv2d", "conv2d_1", "max_pooling2d", "dropout", "flatten", "dense", "dropout_1", "dense_1"]
