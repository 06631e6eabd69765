"""The shipped MNIST is the canonical one, under its licence, in Keras's shapes and dtypes."""

import gzip
import hashlib
import re
from pathlib import Path

import numpy as np
import pytest

import scratchnet.datasets
from scratchnet.datasets import mnist

DATA = Path(scratchnet.datasets.__file__).with_name("data")
LICENSE = (DATA / "LICENSE.md").read_text()


def test_the_licence_names_authors_and_terms():
    for words in ("LeCun", "Cortes", "Burges", "CC BY-SA 3.0"):
        assert words in LICENSE


@pytest.mark.parametrize(
    ("name", "sha256"),
    [
        ("train-images-idx3-ubyte", "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db"),
        ("train-labels-idx1-ubyte", "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5"),
        ("t10k-images-idx3-ubyte", "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7"),
        ("t10k-labels-idx1-ubyte", "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2"),
    ],
)
def test_the_files_are_the_canonical_ones(name, sha256):
    content = gzip.decompress((DATA / f"{name}.gz").read_bytes())
    assert hashlib.sha256(content).hexdigest() == sha256
    assert re.search(rf"\| {name} \| {len(content)} \| {sha256} \|", LICENSE)


def test_load_data_gives_keras_shapes_and_dtypes():
    (x_train, y_train), (x_test, y_test) = mnist.load_data()
    for array, shape in [
        (x_train, (60000, 28, 28)),
        (y_train, (60000,)),
        (x_test, (10000, 28, 28)),
        (y_test, (10000,)),
    ]:
        assert (array.shape, array.dtype) == (shape, np.uint8)
        assert array.flags.writeable
        assert array.flags.c_contiguous
    assert y_train[:10].tolist() == [5, 0, 4, 1, 9, 2, 1, 3, 1, 4]
    assert y_test[:10].tolist() == [7, 2, 1, 0, 4, 1, 4, 9, 5, 9]
    assert np.bincount(y_train).tolist() == [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949]
    assert x_train[0, 5].tolist()[12:24] == [3, 18, 18, 18, 126, 136, 175, 26, 166, 255, 247, 127]
