"""What the tests of figures share."""

from functools import partial

import pytest

from scratchnet import load_model
from scratchnet.figures import subject


@pytest.fixture(autouse=True)
def plain_kernels(monkeypatch):
    """Which need no compilation: the numbers are tested elsewhere to be the same."""
    monkeypatch.setattr(subject, "load_model", partial(load_model, kernels="plain"))
