import json
from dataclasses import dataclass
from math import inf, nan

import numpy as np
import pytest

from scratchnet import objects
from scratchnet.errors import ModelFileError, ScratchnetError


@dataclass(frozen=True)
class Inner:
    size: int = 1


@dataclass(frozen=True)
class OuterThing:
    width: int
    sizes: tuple[int, ...] = (1, 2)
    inner: Inner | None = None
    on: bool = True


KNOWN = objects.names(OuterThing, other=OuterThing)


def described(**config):
    return {"class_name": "OuterThing", "config": config}


def test_names():
    assert list(KNOWN) == ["OuterThing", "outer_thing", "other"]


def test_written_as_json_and_read_again():
    written = objects.serialize(OuterThing(3, (4, 5), Inner(6)))
    expected = {"width": 3, "sizes": [4, 5], "inner": {"class_name": "Inner", "config": {"size": 6}}, "on": True}
    assert json.loads(json.dumps(written)) == written == described(**expected)
    assert objects.make("thing", written, KNOWN).width == 3


@pytest.mark.parametrize("value", [None, False])
def test_an_option_of_keras_that_is_off_is_passed_over(value):
    assert objects.make("thing", described(width=1, colour=value), KNOWN) == OuterThing(1)


@pytest.mark.parametrize("off", [("auto", "mean"), None])
def test_off_may_have_other_values(off):
    assert objects.make("thing", described(width=1, colour="mean"), KNOWN, {"colour": off}) == OuterThing(1)


@pytest.mark.parametrize(
    ("given", "off", "kind", "words"),
    [
        ("outerthing", {}, ScratchnetError, "thing='outerthing'. Expected one of OuterThing. "),
        ("other", {}, ScratchnetError, "The thing other has no width"),
        (described(), {}, ModelFileError, "has no width"),
        (described(width=1, colour=0), {}, ModelFileError, "has colour=0. Expected colour=None"),
        (described(width=1, colour=True), {}, ModelFileError, "has colour=True"),
        (described(width=1, colour=None), {"colour": ("red",)}, ModelFileError, "Expected colour='red'"),
        ({"class_name": "__import__", "config": {}}, {}, ModelFileError, "__import__"),
        ({"class_name": "OuterThing", "config": ["width"]}, {}, ModelFileError, "thing={"),
        ({}, {}, ModelFileError, "thing={}"),
        (OuterThing, {}, ScratchnetError, "thing=<class"),
    ],
)
def test_what_can_not_be_made_is_refused(given, off, kind, words):
    with pytest.raises(ScratchnetError) as refused:
        objects.make("thing", given, KNOWN, off)
    assert type(refused.value) is kind
    assert words in str(refused.value)


def test_a_message_is_short_whatever_it_shows():
    deep = []
    for _ in range(100_000):
        deep = [deep]
    for value in (deep, "x" * 10**6, list(range(10**6)), {"a": deep}):
        assert len(objects.shown(value)) < 300


@pytest.mark.parametrize("value", [0, 1.5, np.float32(0.25), np.int64(7), -0.0])
def test_numbers(value):
    assert objects.number("rate", value) == value
    assert type(objects.number("rate", value)) is float


@pytest.mark.parametrize("value", [nan, inf, -inf, 10**400, "1", None, True, 1j, [1], np.ones(1)])
def test_no_numbers(value):
    with pytest.raises(ScratchnetError, match="rate=.* Expected a finite number"):
        objects.number("rate", value)


@pytest.mark.parametrize(("value", "fits"), [(0, True), (1, True), (-1e-9, False), (1.001, False)])
def test_limits_are_included(value, fits):
    if fits:
        assert objects.number("rate", value, least=0, most=1) == value
    else:
        with pytest.raises(ScratchnetError, match="a number from 0 to 1"):
            objects.number("rate", value, least=0, most=1)


@pytest.mark.parametrize("value", [2, np.int64(2), 2**63 - 1])
def test_whole_numbers(value):
    assert objects.whole("steps", value, least=2) == value
    assert type(objects.whole("steps", value, least=2)) is int


@pytest.mark.parametrize("value", [1, 2.0, 2**63, True, "2", None])
def test_no_whole_numbers(value):
    with pytest.raises(ScratchnetError, match="steps=.* Expected a whole number of 2 or more"):
        objects.whole("steps", value, least=2)


@pytest.mark.parametrize("value", [0, None, "yes"])
def test_flags_are_true_or_false(value):
    objects.check_flags(OuterThing(1, on=False))
    with pytest.raises(ScratchnetError, match=f"on={value!r}. Expected True or False"):
        objects.check_flags(OuterThing(1, on=value))
