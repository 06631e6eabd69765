"""`scratchnet explore`, as far as the command line goes."""

import pytest

from scratchnet import explorer


def test_every_option_is_passed_on(scratchnet, monkeypatch):
    asked = {}
    monkeypatch.setattr(explorer, "serve", lambda path, *, ready, **options: (asked.update(options), ready(f"{path}!")))
    assert scratchnet("explore", "m.keras", "--data", "d", "--limit", 3, "--port", 5, "--no-browser") == (
        0, "m.keras is at m.keras! (Ctrl-C ends it)\n", "",
    )  # fmt: skip
    assert asked | {"data": "d", "limit": 3, "port": 5, "browser": False} == asked
    scratchnet("explore", "m.keras")
    assert asked | {"data": None, "limit": None, "port": 8642, "browser": True} == asked


@pytest.mark.parametrize(("arguments", "said"), [
    (["gone"], "gone"), (["."], "a folder without a run"), (["{trained}", "--port", "65536"], "Port 65536"),
    (["{trained}", "--limit", "0"], "limit=0"), (["{trained}", "--data", "gone.npz"], "gone.npz"),
])  # fmt: skip
def test_a_mistake_is_one_message(arguments, said, scratchnet, trained):
    status, out, err = scratchnet(
        "explore", *[argument.format(trained=trained) for argument in arguments], "--no-browser"
    )
    assert (status, out) == (2, "")
    assert err.startswith("Error: ")
    assert said in err
    assert err.count("\n") == 1
