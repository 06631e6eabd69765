"""The tables of colours: zero in the middle, brighter or darker to each side alike, and told apart by the colour-blind."""

from itertools import product
from pathlib import Path

import numpy as np
import pytest

PAGE = Path(__file__).parents[3] / "scratchnet/explorer/page"

# Machado, Oliveira and Fernandes 2009, severity 1, on linear RGB
DEFICIENCIES = {
    "protanopia": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
    "deuteranopia": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]],
    "tritanopia": [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]],
}
XYZ = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])
WHITE = XYZ.sum(axis=1)
TABLES = list(product(["VALUES", "GRADIENTS"], ["light", "dark"]))


@pytest.fixture(scope="module")
def tables():
    """(256, 3) of each, as tables.js has them"""
    text = (PAGE / "tables.js").read_text()
    found = {}
    for name, scheme in TABLES:
        block = text[text.index(f"export const {name}") :]
        digits = block[block.index(f"{scheme}:") :].split(",\n", 1)[0].partition(":")[2]
        digits = "".join(part for k, part in enumerate(digits.replace('"', "'").split("'")) if k % 2)
        found[name, scheme] = np.frombuffer(bytes.fromhex(digits), np.uint8).reshape(-1, 3)
    return found


def linear(rgb):
    share = np.asarray(rgb) / 255
    return np.where(share <= 0.04045, share / 12.92, ((share + 0.055) / 1.055) ** 2.4)


def lab(rgb):
    """CIE L*a*b* of linear RGB, (…, 3)"""
    t = np.clip(rgb, 0, 1) @ XYZ.T / WHITE
    f = np.where(t > (6 / 29) ** 3, np.cbrt(t), t / (3 * (6 / 29) ** 2) + 4 / 29)
    return np.stack([116 * f[..., 1] - 16, 500 * (f[..., 0] - f[..., 1]), 200 * (f[..., 1] - f[..., 2])], -1)


@pytest.mark.parametrize("which", TABLES, ids="-".join)
def test_zero_is_where_lightness_turns(tables, which):
    colours = lab(linear(tables[which]))
    assert len(colours) == 256
    lightness = colours[:, 0]
    down, up = lightness[127::-1], lightness[128:]
    away = -1 if which[1] == "light" else 1  # from a light ground to dark, from a dark one to light
    for side in down, up:
        steps = away * np.diff(side)
        assert steps.min() > -0.6  # of 100: bytes round
        assert away * (side[-1] - side[0]) > 35
        assert (away * (side[12:] - side[:-12]) > 0).all()
    assert np.linalg.norm(colours[127] - colours[128]) < 3
    assert np.hypot(*colours[127:129, 1:].T).max() < 8  # nearly grey
    assert abs(abs(lightness[0] - lightness[127]) - abs(lightness[-1] - lightness[128])) < 12  # both sides alike


@pytest.mark.parametrize("sight", ["all", *DEFICIENCIES])
@pytest.mark.parametrize("which", TABLES, ids="-".join)
def test_the_sign_is_told_apart_by_everybody(tables, which, sight):
    matrix = np.eye(3) if sight == "all" else np.array(DEFICIENCIES[sight])
    colours = lab(linear(tables[which]) @ matrix.T)
    for share, apart in (1.0, 15), (0.5, 20), (0.25, 12):  # the ends of dark tables are both light, and so on
        low, high = round(127.5 - 127.5 * share), round(127.5 + 127.5 * share)
        assert np.linalg.norm(colours[low] - colours[high]) > apart, share
    assert np.linalg.norm(colours[0] - colours[127]) > 40


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_positive_values_are_blue_and_negative_orange(tables, scheme):
    _, a, b = lab(linear(tables["VALUES", scheme])).T
    assert b[192] < -10
    assert b[64] > 5
    assert a[64] > 5


def test_values_and_gradients_are_not_taken_for_each_other(tables):
    for scheme in "light", "dark":
        values, gradients = (lab(linear(tables[name, scheme])) for name in ("VALUES", "GRADIENTS"))
        for place in 32, 64, 192, 224:
            assert np.linalg.norm(values[place] - gradients[place]) > 15
