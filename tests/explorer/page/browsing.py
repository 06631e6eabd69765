"""What tests of the page do with a browser."""

import re
from base64 import b64decode

import numpy as np
from playwright.sync_api import expect

ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--disable-quic",
]
# Violations of the policy are messages of the console, too; this one also sees those in reports only.
VIOLATIONS = """addEventListener('securitypolicyviolation',
    event => console.error(`policy: ${event.violatedDirective} ${event.blockedURI}`))"""


class Watch:
    """A page, and all that it complains of or asks others for."""

    def __init__(self, context, url):
        self.context, self.origin = context, re.match(r"\w+://[^/]+", url)[0]
        self.said, self.expected = [], []
        context.add_init_script(VIOLATIONS)
        context.on("request", self._asked)
        self.page = context.new_page()
        self.page.on("console", self._console)
        self.page.on("pageerror", lambda error: self.said.append(f"error: {error}"))
        self.page.on("crash", lambda: self.said.append("crash"))
        self.page.goto(url)
        settled(self.page)

    def _asked(self, request):
        if not request.url.startswith((self.origin + "/", "data:", "blob:")):
            self.said.append(f"asked {request.url}")

    def _console(self, message):
        if message.type in ("error", "warning"):
            self.said.append(f"{message.type}: {message.text}")

    def complaints(self):
        return [said for said in self.said if not any(text in said for text in self.expected)]


def settled(page):
    """Wait until what is shown is of what was asked."""
    expect(page.locator("#about")).not_to_have_text("Loading the model …")
    expect(page.locator("body.stale")).to_have_count(0)


# ---------- by pointer
def number(page, layer, at):
    """Click one number of a layer's maps, (i, j, c), where it is drawn."""
    atlas = card(page, layer).locator(".atlas")
    atlas.scroll_into_view_if_needed()
    atlas.click(position=place(atlas, at))


def card(page, layer):
    return page.locator("#layers article").filter(has=page.get_by_role("heading", name=re.compile(rf"^{layer}(?!\w)")))


def place(atlas, at):
    """Where on an atlas a number lies, in CSS pixels. at: (i, j, c)"""
    return atlas.evaluate(
        """async (element, at) => {
            const { state } = await import('/state.js');
            const { mapsOf } = await import('/shapes.js');
            const { getModel } = await import('/server.js');
            const { Atlas } = await import('/atlas.js');
            const layers = (await getModel()).layers;
            const name = element.closest('article').getAttribute('aria-label');
            const atlas = new Atlas(mapsOf(layers, layers.findIndex(layer => layer.name === name)), '');
            const { left, top } = atlas.corner(at[2]);
            const box = element.querySelector('canvas').getBoundingClientRect();
            const x = box.left + (box.width * (left + at[1] + 0.5)) / atlas.width;
            const y = box.top + (box.height * (top + at[0] + 0.5)) / atlas.height;
            return { x: Math.round(x) - box.left, y: Math.round(y) - box.top }; // clicks are told in whole pixels
        }""",
        list(at),
    )


def draw(page, *strokes):
    """Strokes on the pad, each a list of points, from (0, 0) to (1, 1)."""
    pad = page.locator("canvas.pad")
    pad.scroll_into_view_if_needed()
    box = pad.bounding_box()
    for points in strokes:
        places = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in points]
        page.mouse.move(*places[0])
        page.mouse.down()
        for each in places[1:]:
            page.mouse.move(*each, steps=8)
        page.mouse.up()


FOUR = ([(0.35, 0.15), (0.3, 0.55), (0.72, 0.55)], [(0.66, 0.2), (0.62, 0.9)])


# ---------- what is shown
def chosen(page):
    """The page's state."""
    return page.evaluate("import('/state.js').then(({ state }) => ({ ...state }))")


def checks(page):
    """The sentences in which a sum is compared with what was traced."""
    return [text for text in page.locator("#number .step .check").all_text_contents() if "traced" in text]


def pixels(canvas):
    """What a canvas shows: (height, width, 4) bytes."""
    height, width, data = canvas.evaluate(
        """canvas => {
            const copy = document.createElement('canvas');  // one that may be read as often as one likes
            [copy.width, copy.height] = [canvas.width, canvas.height];
            const context = copy.getContext('2d', { willReadFrequently: true });
            context.drawImage(canvas, 0, 0);
            const { data } = context.getImageData(0, 0, copy.width, copy.height);
            return [copy.height, copy.width, btoa(Array.from(data, byte => String.fromCharCode(byte)).join(''))];
        }"""
    )
    return np.frombuffer(b64decode(data), np.uint8).reshape(height, width, 4).astype(int)
