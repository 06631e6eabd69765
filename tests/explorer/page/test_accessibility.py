"""axe-core finds nothing, light and dark, whatever is open. (What it can't find, test_keyboard.py asks.)"""

from pathlib import Path

import axe_playwright_python
import pytest
from playwright.sync_api import expect

from tests.explorer.page.browsing import FOUR, card, draw, settled

AXE = (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text()
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


def violations(page):
    """What axe-core says of the page, each with where."""
    page.evaluate(AXE)  # as a debugger would, which the page's policy doesn't bind
    found = page.evaluate(
        "tags => axe.run({ runOnly: { type: 'tag', values: tags } }).then(({ violations, passes }) => [violations, passes.length])",
        TAGS,
    )
    assert found[1] > 20, "it has looked"
    return [(rule["id"], node["html"][:120], node["failureSummary"]) for rule in found[0] for node in rule["nodes"]]


def drawing(page):
    draw(page, *FOUR)
    expect(page.locator("#live")).to_contain_text("The answer is")


def keys(page):
    page.get_by_role("button", name="Keys ?").click()
    expect(page.get_by_role("dialog")).to_be_visible()


def table(page):
    card(page, "conv2d").get_by_role("button", name="as table").click()
    expect(page.get_by_role("dialog")).to_be_visible()


VIEWS = {
    "at first": ("", None),
    "a number forward": ("#layer=conv2d_1&at=5,9,17", None),
    "a number backward": ("#layer=conv2d&at=5,9,17&view=gradients&direction=backward", None),
    "probabilities": ("#layer=dense_1&at=4&training=true", None),
    "a blank pad": ("#from=pad", None),
    "a drawing": ("#from=pad&layer=max_pooling2d&at=5,5,5", drawing),
    "pixel by pixel": ("#from=pixels&logit=3&scale=map", None),
    "the keys": ("", keys),
    "a table": ("", table),
}


@pytest.mark.parametrize("view", VIEWS)
def test_axe_finds_nothing(visit, seed, view):
    address, act = VIEWS[view]
    page = visit(seed + address)
    if act:
        act(page)
    settled(page)
    assert violations(page) == []
    page.emulate_media(color_scheme="dark")
    page.wait_for_timeout(50)  # pictures are drawn anew
    assert violations(page) == []


def test_axe_would_find_something(page):
    """Grey on white, and a picture without a name."""
    page.evaluate("document.getElementById('about').style.color = '#aaa'")
    page.evaluate("document.querySelector('.seen').removeAttribute('aria-label')")
    assert {rule for rule, *_ in violations(page)} == {"color-contrast", "role-img-alt"}
