"""The journey by keyboard alone: Tab, arrows, [ ], Enter, Esc, F, B, P, ?; the focus is never lost and never held."""

import re

import pytest
from playwright.sync_api import expect

from tests.explorer.page.browsing import checks, chosen, settled

FOCUS = """() => {
    const at = document.activeElement;
    return [at.tagName, at.getAttribute('aria-label') ?? at.textContent.trim().slice(0, 40)];
}"""
CURSOR = r"^conv2d_1 map {} \({}, {}\) (0|−?\d[\d.]*(·10[⁻⁰¹²³⁴⁵⁶⁷⁸⁹]+)?)$"


def tab_to(page, name, limit=120):
    """Tab until what has the focus is called so."""
    for _ in range(limit):
        page.keyboard.press("Tab")
        if re.search(name, focused(page)[1]):
            return
    raise AssertionError(f"Tab never came to {name}")


def focused(page):
    return page.evaluate(FOCUS)


def press(page, *keys):
    for key in keys:
        page.keyboard.press(key)


@pytest.fixture
def at_conv2d_1(page):
    """The page, with the focus on conv2d_1."""
    tab_to(page, "^conv2d_1: 64 maps")
    return page


def test_tab_passes_everything_and_returns(page):
    names = []
    for _ in range(150):
        page.keyboard.press("Tab")
        tag, name = focused(page)
        if tag == "BODY" or (names and [tag, name] == names[0]):
            break
        names.append([tag, name])
    else:
        raise AssertionError("the end of the page is never reached")
    layers = [name.split(":")[0] for tag, name in names if tag == "DIV" and re.search(r": \d+ (maps|numbers)", name)]
    assert layers == ["conv2d", "conv2d_1", "max_pooling2d", "dropout", "flatten", "dense", "dropout_1", "dense_1"]
    assert names[0] == ["A", "To the layers"]
    assert ["BUTTON", "Epoch after"] in names


def test_passing_layers_chooses_nothing(page):
    tab_to(page, "^dense: 128 numbers")
    expect(page.locator("#live")).to_have_text(re.compile("^dense number 0 "))
    assert chosen(page)["layer"] is None
    press(page, "ArrowRight")
    assert chosen(page)["layer"] == "dense"
    steps = page.evaluate("history.length")
    press(page, *["ArrowRight"] * 5)
    assert page.evaluate("history.length") == steps, "a step of the cursor is no step back"


def test_skipping_to_the_layers(page):
    press(page, "Tab", "Enter", "Tab")
    assert focused(page)[1].startswith("conv2d: 32 maps")


def test_arrows_and_brackets_move_and_are_said(at_conv2d_1):
    page, live = at_conv2d_1, at_conv2d_1.locator("#live")
    expect(live).to_have_text(re.compile(CURSOR.format(0, 12, 12)))
    press(page, *["ArrowUp"] * 7, *["ArrowLeft"] * 3, *["]"] * 18, "[")
    expect(live).to_have_text(re.compile(CURSOR.format(17, 5, 9)))
    assert chosen(page)["at"] == [5, 9, 17]
    value = page.evaluate(
        """async () => {
            const { short } = await import('/numbers.js');
            const { postTrace } = await import('/server.js');
            return short((await postTrace({ test: 0 })).tensors.get('conv2d_1/y').at([5, 9, 17]));
        }"""
    )
    expect(live).to_have_text(f"conv2d_1 map 17 (5, 9) {value}")
    press(page, "ArrowDown", "ArrowRight")
    expect(live).to_have_text(re.compile(CURSOR.format(17, 6, 10)))
    press(page, *["ArrowUp"] * 9)
    expect(live).to_have_text(re.compile(CURSOR.format(17, 0, 10)))  # and no further
    assert focused(page)[1].startswith("conv2d_1: 64 maps")


def test_into_the_number_and_out(at_conv2d_1):
    page = at_conv2d_1
    press(page, "Enter")
    expect(page.locator("#number h3")).to_contain_text("conv2d_1, map 0 (12, 12)")
    expect(page.locator("#number h3")).to_be_focused()
    assert checks(page)
    press(page, "b")
    expect(page.locator("#number").get_by_role("button", name="Backward")).to_have_attribute("aria-pressed", "true")
    expect(page.locator("#number h3")).to_be_focused()
    assert chosen(page)["view"] == "gradients"
    press(page, "f")
    expect(page.locator("#number").get_by_role("button", name="Forward")).to_have_attribute("aria-pressed", "true")
    assert chosen(page)["view"] == "values"
    press(page, "Escape")
    assert focused(page)[1].startswith("conv2d_1: 64 maps")
    press(page, "ArrowDown")
    expect(page.locator("#number h3")).to_contain_text("map 0 (13, 12)")


def test_a_link_to_the_layer_below(at_conv2d_1):
    page = at_conv2d_1
    press(page, "Enter")
    tab_to(page, r"^x\[")
    press(page, "Enter")
    expect(page.locator("#number h3")).to_contain_text("conv2d, map ")
    assert focused(page)[0] != "BODY", "the focus is lost with the link"


def test_values_and_gradients_in_place(at_conv2d_1):
    page = at_conv2d_1
    legend = page.locator("#layers article[aria-label=conv2d_1] .legend .ends")
    values = legend.text_content()
    press(page, "b")
    expect(legend).not_to_have_text(values)
    assert focused(page)[1].startswith("conv2d_1: 64 maps")
    press(page, "F")
    expect(legend).to_have_text(values)


def test_pinning(at_conv2d_1):
    page = at_conv2d_1
    press(page, "ArrowUp", "ArrowDown", "p")
    expect(page.locator("#live")).to_have_text("Pinned")
    expect(page.locator("#number > .body > .check")).to_contain_text("Pinned, conv2d_1[12,12,0]")
    assert focused(page)[1].startswith("conv2d_1: 64 maps")
    press(page, "p")
    expect(page.locator("#number > .body > .check")).to_have_count(0)


def test_the_list_of_keys_opens_and_closes(at_conv2d_1):
    page = at_conv2d_1
    press(page, "?")
    dialog = page.get_by_role("dialog", name=re.compile("^Keys"))
    expect(dialog.locator("kbd").first).to_have_text("Tab")
    assert page.evaluate("document.getElementById('dialog').contains(document.activeElement)")
    press(page, "Escape")
    expect(dialog).to_have_count(0)
    assert focused(page)[1].startswith("conv2d_1: 64 maps")


def test_letters_are_left_to_fields(page):
    page.get_by_label("Number", exact=True).focus()
    press(page, "b", "?")
    assert chosen(page)["view"] == "values"
    expect(page.get_by_role("dialog")).to_have_count(0)


def test_shortcuts_of_the_browser_are_left_to_it(at_conv2d_1):
    press(at_conv2d_1, "ArrowUp", "Control+b", "Control+ArrowUp")
    assert chosen(at_conv2d_1)["view"] == "values"
    assert chosen(at_conv2d_1)["at"] == [11, 12, 0]


def test_the_large_map_keeps_the_focus(at_conv2d_1):
    page = at_conv2d_1
    press(page, "ArrowUp", "ArrowDown")
    tab_to(page, "^conv2d_1, map 0:")
    for key, at in ("ArrowRight", [12, 13, 0]), ("]", [12, 13, 1]), ("ArrowUp", [11, 13, 1]):
        press(page, key)
        expect(page.locator("#live")).to_contain_text(f"map {at[2]} ({at[0]}, {at[1]})")
        assert chosen(page)["at"] == at
    assert focused(page)[1].startswith("conv2d_1, map 1:")


def test_a_one_is_painted_pixel_by_pixel(page):
    tab_to(page, "^Pixel by pixel$")
    press(page, "Enter")
    assert focused(page) == ["BUTTON", "Pixel by pixel"]
    tab_to(page, r"^Image, pixel by pixel\.")
    tab_to(page, "^Clear$")
    press(page, "Enter", "Shift+Tab")
    press(page, *["ArrowUp"] * 8)
    for _ in range(18):
        press(page, "9", "ArrowRight", "9", "ArrowLeft", "ArrowDown")
    expect(page.locator("#live")).to_contain_text("The answer is 1.")
    expect(page.locator("#answer tr.best th")).to_have_text("1")
    press(page, "ArrowUp", " ")
    expect(page.locator(".editor .cursor")).to_have_text("row 23, column 14: 0 of 255")
    press(page, " ")
    expect(page.locator(".editor .cursor")).to_have_text("row 23, column 14: 255 of 255")
    press(page, "3")
    expect(page.locator(".editor .cursor")).to_have_text("row 23, column 14: 85 of 255")
    settled(page)
    seen = page.evaluate(
        """() => {
            const { data } = document.querySelector('canvas.seen').getContext('2d').getImageData(0, 0, 28, 28);
            return Array.from({ length: 28 }, (_, i) => data[4 * (28 * i + 14)]);
        }"""
    )
    assert seen == [0] * 6 + [255] * 17 + [85] + [0] * 4


def test_a_choice_keeps_the_focus(page):
    tab_to(page, "^Gradients$")
    press(page, "Enter")
    assert chosen(page)["view"] == "gradients"
    assert focused(page) == ["BUTTON", "Gradients"]
