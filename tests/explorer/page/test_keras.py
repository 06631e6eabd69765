"""Beside Keras: tensors of a recording, worst first, and a row leads to the number."""

import pytest
from playwright.sync_api import expect

from scratchnet import load_model
from tests.explorer.page.browsing import chosen, settled
from tests.explorer.page.serving import Server
from tests.explorer.recordings import record


@pytest.fixture(scope="module")
def beside(run, tmp_path_factory):
    """The trained run beside a recording in which one number of a tensor of the first image is another."""
    path = record(run / "model.keras", tmp_path_factory.mktemp("recordings") / "keras.npz", **{"dense.y": moved()})
    server = Server(run, "--limit", "10", "--reference", str(path))
    yield server.url
    server.stop()


def moved():
    import numpy as np

    by = np.zeros((1, 128), "float32")
    by[0, 77] = 0.5
    return by


def rows(page):
    return [row.split("\t") for row in page.locator("#keras tbody").inner_text().split("\n")]


def test_what_differs_comes_first_and_leads_to_its_number(visit, beside):
    page = visit(beside)
    page.locator("#keras").get_by_role("button", name="Show them").click()
    settled(page)
    expect(page.locator("#keras p").first).to_contain_text("27 tensors, 1 further apart than")
    found = rows(page)
    assert len(found) == 27
    name, apart, _, at, ours, theirs, verdict = found[0]
    assert (name, apart, at, verdict) == ("dense/y", "0.5000", "[77]", "✗ differs")
    assert float(theirs) - float(ours) == pytest.approx(0.5, rel=1e-6)
    assert {row[-1] for row in found[1:]} == {"✓ equal"}
    page.locator("#keras").get_by_role("button", name="dense/y", exact=True).click()
    assert (chosen(page)["layer"], chosen(page)["at"]) == ("dense", [77])
    expect(page.locator("#number h3")).to_contain_text("dense, number 77")
    expect(page.locator("#keras figcaption").last).to_have_text("|Δ|: dense/y")


def test_another_image_has_no_difference(visit, beside):
    page = visit(f"{beside}#from=reference&reference=2")
    expect(page.locator("#keras p").first).to_contain_text("image 2: 27 tensors, none further apart")
    assert {row[1] for row in rows(page)} == {"0"}


def test_a_recording_of_other_weights_is_said_to_be(visit, run, tmp_path):
    model = load_model(run / "model.keras", kernels="plain")
    path = record(run / "model.keras", tmp_path / "keras.npz", images=1)
    model.layers[0].params["bias"][3] += 1
    model.save(tmp_path / "model.keras")
    server = Server(tmp_path / "model.keras", "--limit", "10", "--reference", str(path))
    page = visit(f"{server.url}#from=reference")
    expect(page.locator("#keras .bad")).to_contain_text("conv2d/bias isn't the same")
    page.close()  # which may still be asking for something
    server.stop()
