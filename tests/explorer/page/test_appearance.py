"""Dark, with forced colours, without motion, and on a narrow screen."""

import pytest

from tests.explorer.page.browsing import pixels, settled

CHOSEN = "#layer=conv2d_1&at=5,9,17"
BACKWARD = CHOSEN + "&view=gradients&direction=backward"

# What is cut: text wider or higher than the element that holds it, where that hides the rest.
CUT = """() => [...document.querySelectorAll('main *, header *')].filter(element => {
    const { overflowX, overflowY, display } = getComputedStyle(element);
    const hides = (element.scrollWidth > element.clientWidth + 1 && ['hidden', 'clip'].includes(overflowX)) ||
        (element.scrollHeight > element.clientHeight + 1 && ['hidden', 'clip'].includes(overflowY));
    return display !== 'inline' && element.clientWidth > 1 && hides;
}).map(element => element.outerHTML.slice(0, 90))"""

# What sticks out of the screen, and isn't in a part that scrolls by itself.
OUTSIDE = """() => [...document.querySelectorAll('main *, header *')].filter(element => {
    const { right, width } = element.getBoundingClientRect();
    return width > 1 && right > document.documentElement.clientWidth + 1 && !element.closest('.scroll, pre, .unseen');
}).map(element => element.outerHTML.slice(0, 90))"""

OVERLAPS = """() => {
    const boxes = [...document.querySelectorAll('main > section')].map(section => [section.id, section.getBoundingClientRect()]);
    return boxes.flatMap(([one, a], k) => boxes.slice(k + 1).filter(([, b]) =>
        a.left < b.right - 1 && b.left < a.right - 1 && a.top < b.bottom - 1 && b.top < a.bottom - 1).map(([other]) => [one, other]));
}"""


def colour(page, selector, what):
    return page.locator(selector).first.evaluate(f"element => getComputedStyle(element).{what}")


def brightness(rgb):
    return sum(int(part) for part in rgb.removeprefix("rgb(").removesuffix(")").split(", ")) / 3


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_page_is_as_dark_as_the_system(visit, seed, scheme):
    page = visit(seed + CHOSEN, color_scheme=scheme)
    ground, text = brightness(colour(page, "body", "backgroundColor")), brightness(colour(page, "body", "color"))
    assert (ground < 60, text > 200) == ((True, True) if scheme == "dark" else (False, False))
    zero = page.evaluate("import('/colours.js').then(({ css, lut }) => css(lut('values'), 127))")
    assert (brightness(zero.replace(" ", ", ")) < 60) == (scheme == "dark")  # where there is nothing, nothing shines


def test_a_system_that_turns_dark_is_followed_at_once(page):
    light = corner(page)
    page.emulate_media(color_scheme="dark")
    dark = corner(page, other_than=light)
    assert light > 200
    assert dark < 60
    page.emulate_media(color_scheme="light")
    assert corner(page, other_than=dark) == light


@pytest.mark.parametrize("chosen", [CHOSEN, BACKWARD], ids=["forward", "backward"])
def test_all_that_is_coloured_turns_dark(visit, seed, chosen):
    """Pictures and legends, of every view, are as if the page had been opened in the dark."""
    turned, opened = visit(seed + chosen), visit(seed + chosen, color_scheme="dark")
    for page in turned, opened:
        page.locator("#number .check").first.wait_for()
        page.locator("#map .kernel canvas").wait_for()
        page.locator("#evidence canvas").last.wait_for()
    light, dark = coloured(turned), coloured(opened)
    seen = corner(turned)
    turned.emulate_media(color_scheme="dark")
    corner(turned, other_than=seen)
    assert coloured(turned) == dark
    assert sum(before != after for before, after in zip(light, dark, strict=True)) > 20  # what is grey stays


def coloured(page):
    """What each picture shows, and the colours of each legend."""
    return page.evaluate(
        """() => [...document.querySelectorAll('main canvas:not(.thumbnails *), .legend .bar')].map(element =>
            element.tagName === 'CANVAS' ? element.toDataURL() : element.style.backgroundImage)"""
    )


def corner(page, other_than=None):
    """The brightness of the first layer's first pixel; once it is another."""
    for _ in range(50):
        seen = pixels(page.locator("#layers canvas").first)[0, 0, :3].mean()
        if seen != other_than:
            break
        page.wait_for_timeout(20)
    return seen


def test_forced_colours_leave_what_is_chosen_and_how_much_visible(visit, seed):
    page = visit(seed + CHOSEN, forced_colors="active")
    ground = colour(page, "body", "backgroundColor")
    for selector, what in {
        "#answer .share": "backgroundColor",
        "#number .share": "backgroundColor",
        ".spot:not([hidden])": "outlineColor",
        ".field-of-view": "outlineColor",
    }.items():
        assert colour(page, selector, what) != ground, selector
    borders = [colour(page, f"#controls button[aria-pressed={is_}]", "borderWidth") for is_ in ("true", "false")]
    assert borders[0] != borders[1]
    legend = colour(page, ".legend .bar", "backgroundImage")
    assert legend.startswith("linear-gradient"), "what a picture's colours mean isn't forced, as they aren't"
    assert (
        colour(page, ".legend .bar", "forcedColorAdjust")
        == colour(page, "#layers canvas", "forcedColorAdjust")
        == "none"
    )


def test_without_motion_nothing_moves(visit, seed):
    page = visit(seed + CHOSEN, reduced_motion="reduce")
    moving = page.evaluate(
        """() => [...document.querySelectorAll('*')].filter(element => {
            const { transitionDuration, animationName, scrollBehavior } = getComputedStyle(element);
            return transitionDuration !== '0s' || animationName !== 'none' || scrollBehavior !== 'auto';
        }).length + document.getAnimations().length"""
    )
    assert moving == 0


@pytest.mark.parametrize("width", [320, 700, 1000, 1600])
@pytest.mark.parametrize("chosen", [CHOSEN, BACKWARD, "#from=pad", "#from=pixels&layer=dense_1&at=4"])
def test_nothing_is_cut_or_overlaps(visit, seed, width, chosen):
    page = visit(seed + chosen, viewport={"width": width, "height": 800})
    page.locator("#evidence .legend, #evidence .note").first.wait_for()
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.evaluate(OUTSIDE) == []
    assert page.evaluate(CUT) == []
    page.evaluate("scrollTo(0, document.body.scrollHeight)")
    assert page.evaluate(OVERLAPS) == []


def test_what_is_drawn_follows_the_width(visit, seed):
    page = visit(seed + CHOSEN)
    widths = lambda: [
        page.locator(each).first.bounding_box()["width"] for each in ("#epochs figure svg", "#number .tiles")
    ]
    page.locator("#number .tiles").wait_for()
    curve, terms = widths()
    assert curve == 640
    page.set_viewport_size({"width": 320, "height": 900})
    page.wait_for_function("document.querySelector('#epochs figure svg').clientWidth < 300")
    narrow_curve, narrow_terms = widths()
    assert narrow_curve == pytest.approx(page.locator("#epochs .body").evaluate("body => body.clientWidth"), abs=1)
    assert narrow_terms <= page.locator("#number .body").evaluate("body => body.clientWidth") < terms


def test_targets_are_24_pixels(visit, seed):
    page = visit(seed + BACKWARD)
    settled(page)
    small = page.evaluate(
        """() => [...document.querySelectorAll('button, select, input, a:not(.skip)')].map(element =>
            [element.outerHTML.slice(0, 80), (element.closest('label') ?? element).getBoundingClientRect()])
            .filter(([, { width, height }]) => width > 0 && Math.min(width, height) < 24).map(([html]) => html)"""
    )
    assert small == []
