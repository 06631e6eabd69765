"""`scratchnet parity`."""

import re
from pathlib import Path

from scratchnet.kernels import plain

RECORDED = Path(__file__).parents[1] / "parity/data"


def test_parity_with_a_recording(scratchnet):
    status, out, err = scratchnet("parity", RECORDED / "dropout.npz", "--kernels", "plain")
    assert (status, err) == (0, "")
    assert re.search(r"\nok: \d+ tensors over 2 steps, largest difference \d\.\de-1\d \(", out)


def test_a_difference_is_the_exit_status(scratchnet, monkeypatch):
    monkeypatch.setattr(plain, "dense", lambda x, w, b: x @ w)
    status, out, _ = scratchnet("parity", RECORDED / "dropout.npz", "--kernels", "plain")
    assert status == 1
    assert "first dense" in out.splitlines()[-1]


def test_parity_of_what_is_no_recording(scratchnet, trained):
    status, out, err = scratchnet("parity", trained / "model.keras")
    assert (status, out) == (2, "")
    assert "Expected a recording, as python -m reference.dump writes it" in err
