"""When something isn't there, or isn't as expected: the page says what, and what to do."""

import re
import time

import numpy as np
import pytest
from playwright.sync_api import expect

from tests.explorer.page.browsing import FOUR, draw, number, settled
from tests.explorer.page.serving import Server

GONE = "ERR_CONNECTION_"  # refused, or reset while something is on the way: the browser's own messages


def test_a_blank_pad(page):
    page.get_by_role("button", name="Draw").click()
    for part in "answer", "evidence":
        expect(page.locator(f"#{part}")).to_contain_text("Nothing is drawn yet.")
    expect(page.locator(".hint")).to_have_text("Draw here")
    expect(page.locator("#trouble")).to_be_hidden()
    page.locator("canvas.pad").click()
    expect(page.locator(".hint")).to_be_hidden()
    expect(page.locator("#answer tr")).to_have_count(10)  # of a dot


def test_while_it_loads_what_was_is_dimmed(page):
    held = []
    before = page.locator("#answer tr.best th").text_content()
    opacity = lambda: float(page.locator("#layers .body").evaluate("body => getComputedStyle(body).opacity"))
    assert opacity() == 1
    hold = lambda route: held.append(route)  # noqa: PLW0108  # Playwright keeps functions, not methods
    page.route("**/api/trace**", hold)
    page.get_by_role("button", name="Test image 1, a 2").click()
    expect(page.locator("body.stale")).to_have_count(1)
    page.wait_for_timeout(400)
    assert opacity() < 1
    assert page.locator("#answer tr.best th").text_content() == before
    assert [("test=1&" in route.request.url) for route in held] == [True]
    held[0].continue_()
    page.unroute("**/api/trace**", hold)
    settled(page)
    expect(page.locator("#answer tr.best th")).to_have_text("2")
    page.wait_for_timeout(400)
    assert opacity() == 1


def test_one_question_at_a_time_and_the_last_one_counts(page):
    page.evaluate(
        """() => {
            const own = fetch;
            let on_the_way = 0;
            window.most = window.strokes = 0;
            window.fetch = async (path, options) => {
                if (!path.startsWith('/api/trace') || path.includes('backward')) return own(path, options);
                window.most = Math.max(window.most, ++on_the_way);
                window.strokes++;
                const response = await own(path, options);
                const { arrayBuffer } = response;
                response.arrayBuffer = () => arrayBuffer.call(response).finally(() => on_the_way--);
                return response;
            };
        }"""
    )
    page.get_by_role("button", name="Draw").click()
    draw(page, *FOUR)
    expect(page.locator("#live")).to_contain_text("The answer is")
    assert page.evaluate("most") == 1
    assert page.evaluate("strokes") > 3
    same = page.evaluate(
        """async () => {
            const pad = document.querySelector('canvas.pad');
            const { data } = pad.getContext('2d').getImageData(0, 0, pad.width, pad.height);
            const { postTrace } = await import('/server.js');
            const body = Uint8Array.from({ length: pad.width * pad.height }, (_, k) => data[4 * k]);
            const { header } = await postTrace({ side: pad.width, normalize: true }, body);
            return `The answer is ${header.prediction}.`;
        }"""
    )
    expect(page.locator("#live")).to_contain_text(same.removesuffix("."))


def test_a_server_that_is_gone_and_comes_back(visit, run):
    server = Server(run, "--limit", "50")
    try:
        page = visit(server.url)
        visit.expected(page, GONE)
        server.stop()
        page.get_by_role("button", name="Test image 1, a 2").click()
        alert = page.get_by_role("alert")
        expect(alert).to_contain_text("The server is gone. Start it again: scratchnet explore.")
        expect(page.locator("body.stale")).to_have_count(0)
        alert.get_by_role("button", name="Try again").click()
        expect(alert).to_contain_text("The server is gone")
        server.start()
        alert.get_by_role("button", name="Try again").click()
        expect(alert).to_be_hidden()
        expect(page.locator("#answer tr.best th")).to_have_text("2")
        number(page, "conv2d", (13, 13, 1))
        expect(page.locator("#number .check").first).to_contain_text("✓")
    finally:
        server.stop()


@pytest.mark.parametrize(
    "address",
    ["#layer=nothing&at=1,2,3", "#layer=conv2d&at=99,0,0", "#layer=conv2d&at=a,b", "#view=upside&test=x", "#%%%=&=&at"],
)
def test_an_address_of_nothing_there_is(visit, seed, address):
    page = visit(seed + address)
    expect(page.locator("#number")).to_contain_text("Choose a number above")
    expect(page.locator("#map")).to_contain_text("Choose a map above")
    expect(page.locator("#answer tr")).to_have_count(10)
    expect(page.locator("#trouble")).to_be_hidden()


@pytest.mark.parametrize("address", ["#test=99999", "#epoch=77", "#logit=12", "#label=12", "#seed=-1&training=true"])
def test_an_address_beyond_what_there_is_is_put_right(visit, seed, address):
    page = visit(seed + address)
    expect(page.locator("#answer tr")).to_have_count(10)
    expect(page.locator("#trouble")).to_be_hidden()
    number(page, "conv2d", (13, 13, 1))
    expect(page.locator("#number .check").first).to_contain_text("✓")


def test_without_kept_epochs_the_command_is_shown(visit, run, tmp_path):
    model = tmp_path / "model.keras"
    model.write_bytes((run / "model.keras").read_bytes())
    server = Server(model, "--limit", "50")
    try:
        page = visit(server.url)
        expect(page.locator("#epochs")).to_contain_text("scratchnet train --checkpoints every")
        expect(page.locator("#epochs")).to_contain_text("explore the run’s folder")
        expect(page.locator(".scrubber")).to_have_count(0)
        expect(page.locator("#keras pre")).to_contain_text(f"python -m reference.dump {model}")
        page.close()  # which may still be asking for something
    finally:
        server.stop()


def test_colours_and_many_classes(visit, served):
    page = visit(served("colour"))
    expect(page.locator("#about")).to_contain_text("images of 64 × 64 × 3")
    expect(page.get_by_role("button", name="Draw")).to_have_attribute("aria-pressed", "true")
    expect(page.get_by_role("button", name="Test image")).to_have_count(0)
    page.locator("input[type=color]").fill("#ff8000")
    draw(page, *FOUR)
    expect(page.locator("#answer tbody tr")).to_have_count(47)
    expect(page.locator("#live")).to_contain_text("The answer is")
    seen = page.evaluate(
        """() => {
            const { data } = document.querySelector('canvas.seen').getContext('2d').getImageData(0, 0, 64, 64);
            return Math.max(...data.filter((_, k) => k % 4 === 0)) === 255 && Math.max(...data.filter((_, k) => k % 4 === 2)) === 0;
        }"""
    )
    assert seen, "the stroke is orange"
    number(page, "conv2d", (10, 10, 2))
    expect(page.locator("#number .check").first).to_contain_text("✓")
    expect(page.locator("#number")).to_contain_text("75 terms")


def test_one_sigmoid_unit(visit, served):
    page = visit(served("yes_or_no") + "#from=pixels")
    page.locator(".editor .atlas").focus()
    page.keyboard.press("9")
    settled(page)
    expect(page.locator("#answer tbody tr").first).to_contain_text("%")
    number(page, "dense", (0, 0, 0))
    expect(page.locator("#number .check").first).to_contain_text("✓")
    page.locator("#number").get_by_role("button", name="Backward").click()
    expect(page.locator("#number h3")).to_contain_text("dense, number 0")
    shown = page.locator("#number .check").all_text_contents()
    assert all("more than rounding" not in text for text in shown)
    assert page.locator("#evidence").text_content().count("logit 0") >= 1


def test_every_kind_of_layer_is_shown_and_adds_up(visit, served):
    page = visit(served("every_kind") + "#from=pixels")
    rng = np.random.default_rng(1)
    page.locator(".editor .atlas").focus()
    for digit in rng.integers(1, 10, 20):
        page.keyboard.press(str(digit))
        page.keyboard.press("ArrowRight")
    settled(page)
    names = page.locator("#layers h3 .name").all_text_contents()
    for name in names:
        page.locator(f"#layers article[aria-label={name}] .atlas").click(position={"x": 9, "y": 5})
        expect(page.locator("#number h3")).to_contain_text(re.compile(rf"^{name}, "))
        checks = page.locator("#number .check")
        deadline = time.monotonic() + 5
        while not checks.count() and time.monotonic() < deadline:
            page.wait_for_timeout(20)
        assert checks.count(), name
        assert all(text.endswith("✓") for text in checks.all_text_contents()), (name, checks.all_text_contents())
