"""The journey by pointer: an image, all layers, a map, a number and its arithmetic, evidence, epochs, and back."""

import math
import re

import numpy as np
import pytest
from playwright.sync_api import expect

from tests.explorer.page.browsing import FOUR, card, checks, chosen, draw, number, settled


def test_a_test_image_is_picked(page):
    thumbnail = page.get_by_role("button", name=re.compile("^Test image 4, a 4$"))
    thumbnail.click()
    settled(page)
    expect(thumbnail).to_have_attribute("aria-pressed", "true")
    expect(page.locator("#answer tr.best th")).to_have_text("4")
    expect(page.locator("#answer .loss")).to_contain_text("Loss of 4: ")
    assert chosen(page)["test"] == 4
    seen = page.locator("canvas.seen").evaluate(
        """async canvas => {
            const { getTests } = await import('/server.js');
            const { data } = (await getTests({ from: 4, count: 1 })).tensors.get('images');
            const pixels = canvas.getContext('2d').getImageData(0, 0, 28, 28).data;
            return data.every((value, k) => Math.abs(pixels[4 * k] - value) <= 1);
        }"""
    )
    assert seen, "what the network sees is that image"


def test_only_images_that_are_mistaken(page):
    page.get_by_label("wrong only").check()
    expect(page.locator(".picker .note")).to_contain_text(re.compile(r"of \d+ mistaken"), timeout=20_000)
    count = int(re.search(r"of (\d+)", page.locator(".picker .note").text_content())[1])
    assert 3 <= count <= 40  # of 200, at 0.9
    page.locator(".thumbnails button").first.click()
    settled(page)
    label = re.search(r"a (\d)$", page.locator(".thumbnails button").first.get_attribute("aria-label"))[1]
    assert page.locator("#answer tr.best th").text_content() != label
    expect(page.locator("#answer tr", has_text="the label").locator("th")).to_have_text(label)


def test_a_drawn_four_is_a_four(page):
    page.get_by_role("button", name="Draw").click()
    expect(page.locator("#answer")).to_contain_text("Nothing is drawn yet.")
    draw(page, *FOUR)
    expect(page.locator("#live")).to_have_text("The answer is 4.")
    expect(page.locator("#answer tr.best th")).to_have_text("4")
    page.get_by_role("button", name="Undo").click()
    expect(page.locator("#live")).not_to_have_text("The answer is 4.")
    page.get_by_role("button", name="Clear").click()
    expect(page.locator("#live")).to_have_text("Nothing is drawn yet.")


def test_every_layer_is_drawn(page):
    names = page.locator("#layers h3 .name").all_text_contents()
    assert names == ["conv2d", "conv2d_1", "max_pooling2d", "dropout", "flatten", "dense", "dropout_1", "dense_1"]
    colours = page.locator("#layers canvas").evaluate_all(
        """canvases => canvases.map(canvas => {
            const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
            return new Set(new Uint32Array(data.buffer)).size;
        })"""
    )
    assert all(count > 8 for count in colours[:-1]), colours
    assert colours[-1] > 1  # ten probabilities, most of them near 0


def test_forward_to_the_layers_below(page):
    number(page, "conv2d_1", (5, 9, 17))
    settled(page)
    assert chosen(page)["layer"] == "conv2d_1"
    assert chosen(page)["at"] == [5, 9, 17]
    expect(page.locator("#number h3")).to_contain_text("conv2d_1, map 17 (5, 9): ")
    expect(page.locator("#map h3")).to_have_text("conv2d_1, map 17 of 64")
    expect(page.locator("#map .kernel")).to_contain_text("32 × 3 × 3")
    _hold(page)
    expect(page.locator("#number .tiles")).to_be_visible()
    link = page.locator("#number button.link[title='to conv2d']").first
    name, value = link.text_content().split(" ")
    at = [int(i) for i in re.findall(r"\d+", name)]
    link.click()
    expect(page.locator("#number h3")).to_have_text(f"conv2d, map {at[2]} ({at[0]}, {at[1]}): {value}")
    assert chosen(page)["at"] == at
    _hold(page)
    page.go_back()
    expect(page.locator("#number h3")).to_contain_text("conv2d_1, map 17 (5, 9): ")
    page.go_back()
    expect(page.locator("#number h3")).to_have_count(0)


def test_backward_to_the_kernels_gradient(page):
    number(page, "conv2d", (14, 14, 3))
    page.locator("#number").get_by_role("button", name="Backward").click()
    settled(page)
    expect(page.locator("#number h4", has_text="To its weights")).to_be_visible()
    _hold(page)
    gradients = page.locator("#number select")
    assert gradients.locator("option").all_text_contents() == ["kernel", "bias"]
    expect(page.locator("#number h4").last).to_contain_text(re.compile(r"kernel\[\d,\d,0,3\]"))
    row = page.get_by_role("spinbutton", name="row")
    row.fill("2")
    row.blur()
    expect(page.locator("#number h4").last).to_contain_text("kernel[2,")
    _hold(page)
    gradients.select_option("bias")
    expect(page.locator("#number h4").last).to_contain_text("bias[3]")
    _hold(page)
    assert page.locator("#controls button[aria-pressed=true]").first.text_content() == "Gradients"


@pytest.mark.parametrize(
    ("layer", "at", "says"),
    [
        ("max_pooling2d", (6, 6, 10), "the winner"),
        ("flatten", (3, 4, 5), "y["),
        ("dense", (0, 0, 30), "9,216 terms"),
        ("dense_1", (0, 0, 4), "max z = "),
    ],
)
def test_the_arithmetic_of_other_layers(page, layer, at, says):
    number(page, layer, at)
    expect(page.locator("#number")).to_contain_text(says)
    _hold(page)
    page.locator("#number").get_by_role("button", name="Backward").click()
    expect(page.locator("#number").get_by_role("button", name="Backward")).to_have_attribute("aria-pressed", "true")
    _hold(page)


@pytest.mark.parametrize("where", ["#layers article[aria-label=dense] .atlas", "#map .atlas[role=application]"])
def test_what_a_number_takes_is_asked_for_while_it_is_pressed(visit, seed, where):
    page = visit(f"{seed}#layer=dense&at=3")
    expect(page.locator("#number h3")).to_contain_text("number 3:")
    asked = []
    page.on("request", lambda request: asked.append(request.url.partition("/api/")[2]))
    atlas = page.locator(where)
    atlas.scroll_into_view_if_needed()
    box = atlas.bounding_box()
    page.mouse.move(int(box["x"] + 0.7 * box["width"]), int(box["y"] + 0.7 * box["height"]))
    with page.expect_response("**/api/params/dense?unit=*"):
        page.mouse.down()
    assert chosen(page)["at"] == [3]
    page.mouse.up()
    expect(page.locator("#number h3")).not_to_contain_text("number 3:")
    unit = chosen(page)["at"][0]
    assert [url for url in asked if url.startswith("params/")] == [f"params/dense?unit={unit}"]


def test_all_digits_are_copied(page):
    number(page, "conv2d", (3, 4, 5))
    first, then = _copied(page)
    title, formula, *terms, bias, total = first.split("\n")
    assert (title, formula.split(" = ")[0]) == ("Filter 5 on the window at (3, 4)", "z[i,j,f]")
    values = [float(line.rpartition("= ")[2]) for line in terms]
    names = [line.split("\t")[0] for line in terms]
    assert names == [f"x[{3 + u},{4 + v},0]" for u in range(3) for v in range(3)]
    _, found, _, traced = total.split("\t")
    assert sum(values) + float(bias.split("\t")[1]) == pytest.approx(float(found), rel=1e-12)
    assert float(found) == pytest.approx(float(traced), abs=1e-6)
    assert then.startswith("relu of one number")


def test_of_thousands_of_terms_the_largest_are_listed(page):
    number(page, "dense", (0, 0, 70))
    expect(page.locator("#number h3")).to_contain_text("dense, number 70")
    _, _, *lines, _, _ = _copied(page)[0].split("\n")
    values = np.array([float(line.rpartition("= ")[2]) for line in lines])
    at = np.array([int(line.partition("]")[0].removeprefix("x[")) for line in lines])
    table = page.locator("#number .terms").first
    assert "9,216 terms, the 20 largest first" in table.text_content()
    listed = [_value(text) for text in table.locator("td.figure").all_text_contents()]
    order = np.argsort(-np.abs(values), kind="stable")
    np.testing.assert_allclose(listed[:20], values[order[:20]], rtol=5e-4)
    assert listed[20] == pytest.approx(values[order[20:]].sum(), rel=5e-4)
    tiles = page.locator("#number .tile").all_text_contents()
    sums = np.array([values[at % 64 == c].sum() for c in range(64)])  # rows, columns, maps
    for text, c in zip(tiles, np.argsort(-np.abs(sums)), strict=False):
        assert text.startswith(f"map {c}")
        assert _value(text.removeprefix(f"map {c}")) == pytest.approx(sums[c], rel=5e-4)
    more = np.count_nonzero(sums) - len(tiles)  # maps of zeros alone are told apart from these
    expect(page.locator("#number .step").first).to_contain_text(f"and {more} more")


def test_evidence(page):
    rows = page.locator("#evidence tbody tr")
    expect(rows.last.locator("th")).to_have_text("sum")
    figures = [_value(text) for text in rows.locator("td.figure").all_text_contents()]
    assert sum(figures[:-1]) == pytest.approx(figures[-1], abs=_unsaid(*figures))
    logits = _logits(page)
    rival = max((k for k in range(10) if k != 7), key=logits.__getitem__)  # of test image 0, a 7
    assert figures[-1] == pytest.approx(logits[7] - logits[rival], rel=1e-3)
    page.locator("#evidence select").select_option("3")
    expect(page.locator("#evidence caption")).to_contain_text("logit 7 − logit 3")
    expect(rows.last.locator("td.figure")).not_to_have_text("")
    assert _value(rows.last.locator("td.figure").text_content()) == pytest.approx(logits[7] - logits[3], rel=1e-3)
    note = page.locator("#evidence .note", has_text="residual").text_content()
    total, residual, logit = (_value(text) for text in re.findall(r"−?[\d.]+(?:·10[⁻⁰-⁹¹²³]+)?", note))
    assert total + residual == pytest.approx(logit, abs=_unsaid(total, residual, logit))
    assert logit == pytest.approx(logits[7], rel=1e-3)


def test_epochs_by_buttons(page):
    number(page, "dense_1", (0, 0, 7))
    now, value = page.locator(".scrubber output"), page.locator("#number h3 .value")
    expect(now).to_have_text("the model as it is")
    at_epochs = page.evaluate(
        """async () => {
            const { exact } = await import('/numbers.js');
            const { postTrace } = await import('/server.js');
            const frames = await Promise.all([0, 1, 2, 3].map(epoch => postTrace({ test: 0, epoch })));
            return frames.map(({ tensors }) => exact(tensors.get('dense_1/y').at([7]), 'float32'));
        }"""
    )
    assert len(set(at_epochs)) == 4
    for epoch in (3, 2, 1, 0):
        page.get_by_role("button", name="Epoch before").click()
        expect(now).to_have_text(f"after epoch {epoch}")
        expect(value).to_have_attribute("title", at_epochs[epoch])
        _hold(page)
    expect(page.get_by_role("button", name="Epoch before")).to_be_focused()
    assert chosen(page)["at"] == [7]
    page.get_by_role("button", name="Epoch after").click()
    expect(value).to_have_attribute("title", at_epochs[1])


def test_a_number_pinned_is_compared_with_what_it_becomes(page):
    number(page, "conv2d", (10, 10, 4))
    before = page.locator("#number h3 .value").text_content()
    page.get_by_role("button", name="Pin", exact=True).click()
    page.get_by_role("button", name="Test image 1, a 2").click()
    settled(page)
    after = page.locator("#number h3 .value").text_content()
    assert before != after
    expect(page.locator("#number > .body > .check")).to_contain_text(f"y {before} → {after} (")


def test_an_address_is_what_was_chosen(visit, page):
    number(page, "conv2d_1", (5, 9, 17))
    page.get_by_role("button", name="Gradients").click()
    page.get_by_label("Gradients of the").select_option("logit 3")
    settled(page)
    other = visit(page.url)
    assert chosen(other) == chosen(page)
    expect(other.locator("#number h3")).to_have_text(page.locator("#number h3").text_content())


def test_as_table(page):
    card(page, "conv2d_1").get_by_role("button", name="as table").click()
    dialog = page.get_by_role("dialog", name="conv2d_1, values")
    expect(dialog.locator("tbody tr")).to_have_count(24)
    cells = lambda: dialog.locator("tbody td").all_text_contents()
    traced = lambda c: page.evaluate(
        """async c => {
            const { short } = await import('/numbers.js');
            const { postTrace } = await import('/server.js');
            const { data } = (await postTrace({ test: 0 })).tensors.get('conv2d_1/y');
            return Array.from({ length: 24 * 24 }, (_, k) => short(data[64 * k + c]));
        }""",
        c,
    )
    assert cells() == traced(0)
    dialog.get_by_label("Map").fill("17")
    dialog.get_by_label("Map").blur()
    expect(dialog.get_by_label("Map")).to_have_value("17")
    assert cells() == traced(17) != traced(0)
    dialog.get_by_role("button", name="Close").click()
    expect(dialog).to_have_count(0)


def _hold(page):
    """Some sums are shown, and each is what was traced."""
    expect(page.locator("#number .step .check").first).to_be_visible()
    shown = checks(page)
    assert shown
    assert all(text.endswith("✓") for text in shown), shown


def _logits(page):
    return page.evaluate(
        """async () => {
            const { postTrace } = await import('/server.js');
            return [...(await postTrace({ test: 0 })).tensors.get('dense_1/z').data];
        }"""
    )


def _copied(page):
    """What "Copy all digits" gives, step by step."""
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.get_by_role("button", name="Copy all digits").last.click()
    return page.evaluate("navigator.clipboard.readText()").rstrip().split("\n\n")


def _unsaid(*figures):
    """By how much a sum of figures may be off, each of which has four digits."""
    return sum(10 ** (math.floor(math.log10(abs(each))) - 3) / 2 for each in figures)


def _value(text):
    """A number as people read it → a float."""
    digits = text.replace("−", "-").replace("+", "").translate(str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789"))
    mantissa, _, exponent = digits.partition("·10")
    return float(mantissa) * 10 ** int(exponent or 0)
