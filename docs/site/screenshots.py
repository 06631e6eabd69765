"""The pictures of docs/explore.md: each view of the explorer, light and dark, of a run with kept epochs.

    scratchnet explore RUN --reference FILE --no-browser --port 8642
    python docs/site/screenshots.py http://127.0.0.1:8642/

Needs Chromium and the extra `test`. The digit is drawn with the mouse, as anybody would draw it.
"""

import io
import shutil
import sys
from pathlib import Path

from PIL import Image
from playwright.sync_api import Page, sync_playwright

IMAGES = Path(__file__).parents[1] / "images" / "explorer"
FOUR = [[(0.35, 0.2), (0.3, 0.55), (0.72, 0.55)], [(0.62, 0.25), (0.6, 0.85)]]  # strokes, in shares of the pad
NUMBER = "layer=conv2d_1&at=11,10,16"

VIEWS = {  # by file: what is shown, and the sections of it
    "input": ("", ["#input", "#answer"]),
    "layers": ("", ["#layers"]),
    "gradients": ("view=gradients", ["#layers"]),
    "number": (NUMBER, ["#map", "#number"]),
    "backward": (f"{NUMBER}&view=gradients&direction=backward", ["#map", "#number"]),
    "evidence": ("", ["#evidence"]),
    "epochs": ("", ["#epochs"]),
    "keras": ("from=reference&reference=4", ["#keras"]),
}


def main(url: str) -> None:
    """Write every picture."""
    IMAGES.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        for scheme in "light", "dark":
            page = browser.new_page(color_scheme=scheme, viewport={"width": 1240, "height": 900})
            page.goto(url)
            draw(page)
            for name, (chosen, sections) in VIEWS.items():
                page.evaluate("chosen => { location.hash = chosen; }", "&".join(filter(None, ["from=pad", chosen])))
                page.wait_for_timeout(1500)
                picture(page, sections).save(IMAGES / f"{name}-{scheme}.png", optimize=True)
        browser.close()


def draw(page: Page) -> None:
    """A 4 on the pad."""
    page.get_by_role("button", name="Draw").click()
    box = page.locator("canvas.pad").bounding_box()
    assert box is not None  # it is on the screen
    for stroke in FOUR:
        (x, y), *rest = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in stroke]
        page.mouse.move(x, y)
        page.mouse.down()
        for x, y in rest:
            page.mouse.move(x, y, steps=10)
        page.mouse.up()


def picture(page: Page, sections: list[str]) -> Image.Image:
    """These sections, cut out of the page."""
    whole = Image.open(io.BytesIO(page.screenshot(full_page=True)))
    boxes = [page.locator(section).bounding_box() for section in sections]
    scrolled = page.evaluate("scrollY")
    sides = [(b["x"], b["y"] + scrolled, b["x"] + b["width"], b["y"] + b["height"] + scrolled) for b in boxes if b]
    left, top, right, bottom = (
        pick(side) for pick, side in zip((min, min, max, max), zip(*sides, strict=True), strict=True)
    )
    return whole.convert("RGB").crop((int(left) - 8, int(top) - 8, int(right) + 8, int(bottom) + 8))


if __name__ == "__main__":
    main(sys.argv[1])
