"""How long the explorer's page takes, in a browser: from a stroke to all layers, from a click to a number, to draw."""

import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import numpy as np
from rich.table import Table

from benchmarks.measures import WrongResultError
from benchmarks.verdicts import PASS, SHORT
from scratchnet.errors import ScratchnetError
from scratchnet.models import load_model
from scratchnet.runs import load_test

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]
STARTS = 5
PRESSED = 50  # ms, from the button down until it is up and the click counts: people's take longer

# What every script below has: the time when the frame that shows what was just done is painted.
PAINTED = "const painted = () => new Promise(done => requestAnimationFrame(() => { const { port1, port2 } = new MessageChannel(); port1.onmessage = () => done(performance.now()); port2.postMessage(0); }));"

# Each pixel of each layer's canvas against its colour of the table, which is of the library's own number.
DRAWN = """async ({ layers }) => {
    const { lut } = await import('/colours.js');
    const table = lut('values');
    let wrong = 0;
    for (const { name, shape: [H, W, C], values } of layers) {
        const canvas = document.querySelector(`#layers article[aria-label="${name}"] canvas`);
        const pixels = new Uint32Array(canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data.buffer);
        const gap = H * W > 1 ? 1 : 0;
        const columns = (canvas.width + gap) / (W + gap);
        const largest = Math.max(...values.map(Math.abs));
        values.forEach((value, k) => {
            const [i, j, c] = [Math.floor(k / C / W), Math.floor(k / C) % W, k % C];
            const at = (Math.floor(c / columns) * (H + gap) + i) * canvas.width + (c % columns) * (W + gap) + j;
            const exact = 127.5 + (127.5 * value) / largest;
            wrong += ![exact - 1e-3, exact, exact + 1e-3].some(place => table[Math.max(0, Math.min(255, Math.round(place)))] === pixels[at]);
        });
    }
    return wrong;
}"""

# From each movement of the pen until every layer of the answer is painted.
STROKE = (
    """() => {
    """
    + PAINTED
    + """
    const last = [...document.querySelectorAll('#layers canvas')].at(-1);
    const put = CanvasRenderingContext2D.prototype.putImageData;
    let began = null;
    window.times = [];
    document.querySelector('canvas.pad').addEventListener('pointermove', event => { if (event.buttons) began = event.timeStamp; }, true);
    CanvasRenderingContext2D.prototype.putImageData = function (...of) {
        put.apply(this, of);
        if (this.canvas !== last || began === null) return;
        const from = began;
        began = null;
        painted().then(now => window.times.push(now - from));
    };
}"""
)

# From a click on a number until its arithmetic is painted.
PICK = (
    """() => {
    """
    + PAINTED
    + """
    const body = document.querySelector('#number .body');
    let began = null;
    window.times = [];
    document.getElementById('layers').addEventListener('click', event => { began = event.timeStamp; }, true);
    new MutationObserver(() => {
        if (began === null || !body.querySelector('.check')) return;
        const from = began;
        began = null;
        painted().then(now => window.times.push(now - from));
    }).observe(body, { childList: true });
}"""
)

# All pictures drawn anew, as when the system turns dark: scripts, style, layout and paint of one frame.
FRAME = (
    """async count => {
    """
    + PAINTED
    + """
    const { dark } = await import('/theme.js');
    const times = [];
    for (let k = 0; k < count; k++) {
        await painted();
        times.push(await new Promise(done => requestAnimationFrame(() => {
            const from = performance.now();
            dark.dispatchEvent(new Event('change'));
            const { port1, port2 } = new MessageChannel();
            port1.onmessage = () => done(performance.now() - from);
            port2.postMessage(0);
        })));
    }
    return times;
}"""
)

WEIGHT = """async () => {
    const files = [...performance.getEntriesByType('navigation'), ...performance.getEntriesByType('resource')].filter(({ name }) => !name.includes('/api/'));
    const size = async query => (await (await fetch(`/api/trace?test=0${query}`, { method: 'POST' })).arrayBuffer()).byteLength;
    return { page: files.reduce((total, { decodedBodySize }) => total + decodedBodySize, 0), files: files.length, values: await size(''), gradients: await size('&backward=1') };
}"""


@dataclass(frozen=True)
class Latency:
    """Times in ms;  bar: what 19 of 20 must stay within, None where it is only to be known"""

    name: str
    times: list[float] = field(repr=False)
    bar: float | None = None

    @property
    def p50(self) -> float:
        return float(np.percentile(self.times, 50))

    @property
    def p95(self) -> float:
        return float(np.percentile(self.times, 95))

    @property
    def says(self) -> str:
        return "" if self.bar is None else PASS if self.p95 <= self.bar else SHORT


@dataclass(frozen=True)
class Found:
    """weights: bytes of the page's files and of a trace, by name"""

    latencies: list[Latency]
    weights: dict[str, int]
    browser: str

    def as_json(self) -> dict[str, Any]:
        figures = [asdict(one) | {"p50": one.p50, "p95": one.p95, "verdict": one.says} for one in self.latencies]
        return {"unit": "ms", "latencies": figures, "bytes": self.weights, "browser": self.browser}


def chromium() -> str:
    """Raises ScratchnetError where there is none."""
    for name in BROWSERS:
        if path := shutil.which(name):
            return path
    raise ScratchnetError(came="No browser", expected=f"one of {', '.join(BROWSERS)}", do="Install chromium.")


def measure(model: Path, count: int, say: Callable[[str], object]) -> Found:
    """The page of a trained network for MNIST. Raises WrongResultError where it doesn't draw what the library traces."""
    browser = chromium()
    try:
        from playwright.sync_api import sync_playwright  # noqa: PLC0415  # of the extra
    except ImportError as error:
        raise ScratchnetError(
            came="No Playwright", expected="the package playwright", do="Install it: pip install playwright."
        ) from error
    starts = []
    for _ in range(STARTS):
        with served(model) as (_, milliseconds):
            starts.append(milliseconds)
    with served(model) as (url, _), sync_playwright() as playwright:
        chrome = playwright.chromium.launch(executable_path=browser, args=ARGUMENTS)
        page = chrome.new_page(viewport={"width": 1280, "height": 900})
        page.goto(url)
        _shown(page)
        _check(page, model)
        say("every pixel is of the number that trace() gives")
        weights = page.evaluate(WEIGHT)
        strokes = _strokes(page, count)
        say(f"{count} movements of the pen")
        page.goto(f"{url}#test=1")
        page.reload()
        _shown(page)
        page.evaluate(PICK)
        forward = _picks(page, count)
        page.get_by_role("button", name="Gradients").click()
        _shown(page)
        backward = _picks(page, count)
        say(f"{2 * count} clicks")
        frames = page.evaluate(FRAME, count)
        version = f"Chromium {chrome.version}"
        chrome.close()
    latencies = [
        Latency("stroke → all layers, painted", strokes, 100.0),
        Latency("click → a number forward, painted", forward, 50.0),
        Latency("click → a number backward, painted", backward, 50.0),
        Latency("all pictures drawn anew, a frame", frames, 1000 / 60),
        Latency("start → the page is answered", starts),
    ]
    return Found(latencies, weights, version)


@contextmanager
def served(model: Path) -> Iterator[tuple[str, float]]:
    """The page's address, and how many ms it took from the start of the process until it was answered."""
    began = time.perf_counter()
    command = [
        sys.executable,
        "-m",
        "scratchnet",
        "explore",
        str(model),
        "--no-browser",
        "--port",
        "0",
        "--limit",
        "100",
    ]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        try:
            assert process.stdout is not None
            said = process.stdout.readline()
            url = next((word for word in said.split() if word.startswith("http://127.0.0.1:")), None)
            if url is None:
                raise ScratchnetError(came=said + process.stdout.read(), expected="an address", do="See what it says.")
            with urlopen(url) as answer:
                answer.read()
            yield url, 1000 * (time.perf_counter() - began)
        finally:
            process.kill()


def _shown(page: Any) -> None:
    page.locator("#answer tr.best").wait_for()
    page.locator("body:not(.stale)").wait_for()
    page.locator("#evidence .legend").first.wait_for()


def _check(page: Any, path: Path) -> None:
    model = load_model(path, kernels="plain")
    x, _ = load_test(None, 1)
    layers: list[dict[str, Any]] = []
    maps: tuple[int, ...] = x.shape[1:]
    for layer in model.trace(x.astype(model.dtype)).layers:
        y = layer.y[0]
        maps = y.shape if y.ndim == 3 else maps if y.size == np.prod(maps) else (1, 1, y.size)
        layers.append({"name": layer.name, "shape": maps, "values": y.ravel().astype(float).tolist()})
    if wrong := page.evaluate(DRAWN, {"layers": layers}):
        raise WrongResultError(f"The page draws {wrong} pixels that aren't of the numbers of trace()")


def _strokes(page: Any, count: int) -> list[float]:
    """One movement after the other, each when the one before is shown."""
    page.get_by_role("button", name="Draw").click()
    page.evaluate(STROKE)
    box = page.locator("canvas.pad").bounding_box()
    places = [
        (box["x"] + box["width"] * (0.5 + 0.3 * np.cos(k / 7)), box["y"] + box["height"] * (0.5 + 0.3 * np.sin(k / 11)))
        for k in range(count + 1)
    ]
    page.mouse.move(*places[0])
    page.mouse.down()
    page.wait_for_timeout(500)
    for k in range(1, count + 1):
        page.mouse.move(*places[k])
        _wait(page, k)
    page.mouse.up()
    return page.evaluate("times")


def _picks(page: Any, count: int) -> list[float]:
    """Numbers here and there, of one layer after the other."""
    page.evaluate("window.times = []")
    rng = np.random.default_rng(0)
    atlases = page.locator("#layers .atlas:visible").all()
    for k in range(1, count + 1):
        atlas = atlases[k % len(atlases)]
        atlas.scroll_into_view_if_needed()
        box = atlas.bounding_box()
        for _ in range(20):  # between two maps there is no number
            seen = len(page.evaluate("times"))
            place = {"x": box["width"] * rng.uniform(0.02, 0.98), "y": box["height"] * rng.uniform(0.02, 0.98)}
            atlas.click(position=place, delay=PRESSED)
            if _wait(page, seen + 1, 400):
                break
    return page.evaluate("times")


def _wait(page: Any, count: int, most: int = 5000) -> bool:
    """Whether so many times have come, within so many ms."""
    for _ in range(most // 5):
        if page.evaluate("times.length") >= count:
            return True
        page.wait_for_timeout(5)
    return False


def table(found: Found) -> Table:
    shown = Table(box=None, pad_edge=False, header_style="bold")
    shown.add_column("ms", no_wrap=True)
    for header in ("p50", "p95", "bar", "times"):
        shown.add_column(header, justify="right", no_wrap=True)
    shown.add_column("")
    for one in found.latencies:
        style = {PASS: "green", SHORT: "red"}.get(one.says, "yellow")
        bar = "" if one.bar is None else f"≤ {one.bar:.1f}"
        figures = f"{one.p50:.1f}", f"{one.p95:.1f}", bar, str(len(one.times))
        shown.add_row(one.name, *figures, f"[{style}]{one.says}[/]")
    return shown
