"""Words that run, links that lead somewhere, and lists that name what the code has."""

import ast
import doctest
import importlib
import inspect
import re
import tomllib
from dataclasses import MISSING, fields
from pathlib import Path

import pytest

from scratchnet import Sequential, callbacks, initializers, layers, losses, metrics, optimizers, regularizers
from scratchnet.activations import ACTIVATIONS
from scratchnet.layers import LAYERS
from scratchnet.optimizers import schedules

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
PAGES = sorted([*ROOT.glob("*.md"), *DOCS.glob("**/*.md")])


@pytest.mark.jit
@pytest.mark.parametrize("page", [page for page in PAGES if ">>>" in page.read_text()], ids=lambda page: page.name)
def test_examples_print_what_they_say(page):
    failed, attempted = doctest.testfile(str(page), module_relative=False, optionflags=doctest.ELLIPSIS)
    assert attempted
    assert not failed


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page):
    text = page.read_text()
    links = re.findall(r"\]\((?!https?:)([^)]+)\)", text) + re.findall(r'src="([^"]+)"', text)
    assert [link for link in links if not leads_somewhere(page, link)] == []


def leads_somewhere(page, link):
    """Whether there is such a file and, after a #, such a heading in it."""
    path, _, anchor = link.partition("#")
    target = page.parent / path if path else page
    headings = re.findall(r"^#+ (.*)$", target.read_text(), re.MULTILINE) if anchor and target.exists() else []
    anchors = [re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings]
    return target.exists() and (not anchor or anchor in anchors)


def table(page, heading="\n"):
    """The rows of the first table after the heading: the first cell, plain → the others as they are."""
    rows = page.read_text().partition(heading)[2].partition("|---")[2].partition("\n\n")[0].splitlines()[1:]
    cells = [[cell.strip() for cell in row.strip("|").split(" | ")] for row in rows]
    return {re.sub(r"[`\[\]]|\(.*\)", "", first).strip(): others for first, *others in cells}


def quoted(cell):
    return set(re.findall(r"`([\w.]+)`", cell))


# ---------- docs/site
def test_every_page_is_in_the_menu_of_the_site_once():
    menu = (DOCS / "site/mkdocs.yml").read_text().partition("\nnav:\n")[2].partition("\n\n")[0]
    named = [page for page in re.findall(r"\S+\.md", menu) if not page.startswith("api/")]
    pages = [*DOCS.glob("**/*.md"), *(book.with_suffix(".md") for book in DOCS.glob("**/*.ipynb"))]
    assert sorted(named) == sorted(str(page.relative_to(DOCS)) for page in pages)


# ---------- docs/house.md
def test_the_tree_of_the_house_is_the_house():
    tree = (DOCS / "house.md").read_text().partition("scratchnet/  ")[2].partition("\ndocs/")[0]
    lines = [line.partition("   ")[0] for line in re.findall(r"^  (\S.*)$", tree, re.MULTILINE)]
    rooms = [room.strip("/") for line in lines for room in re.split(r"[ ,]+", line)]
    assert set(rooms) == {path.name for path in (ROOT / "scratchnet").iterdir() if is_code(path)}
    contract = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"][0]
    heights = {room.strip(): place for place, line in enumerate(contract["layers"]) for room in line.split("|")}
    down = [heights[Path(room).stem] for room in rooms if room != "__init__.py"]
    assert down == sorted(down)


def is_code(path):
    return path.suffix == ".py" or (path / "__init__.py").exists()


# ---------- docs/layers
def test_every_layer_has_a_page_that_the_index_names():
    index = table(DOCS / "layers/README.md")
    assert set(index) == set(LAYERS)
    for name, (_, file, keras) in index.items():
        page = Path(inspect.getfile(LAYERS[name])).stem
        assert (DOCS / f"layers/{page}.md").read_text().startswith(f"# {name}\n")
        assert page in file
        assert keras == f"`keras.layers.{name}`"


@pytest.mark.parametrize("name", LAYERS)
def test_a_layers_page_names_its_file_and_kernels(name):
    source = Path(inspect.getfile(LAYERS[name]))
    where = table(DOCS / f"layers/{source.stem}.md", "\n| | |")
    assert f"scratchnet/layers/{source.name}" in where["file"][0]
    assert quoted(where["Keras"][0]) >= {f"keras.layers.{name}"}
    called = set(re.findall(r"kernels\.([a-z]\w*)\(", source.read_text()))
    if name == "Activation":
        called = {"relu", "relu_dz"}  # which activations.py calls for it
    assert quoted(where["kernels"][0].partition("none")[0]) == called


@pytest.mark.parametrize("page", sorted(DOCS.glob("layers/[a-z]*.md")), ids=lambda page: page.stem)
def test_a_layers_page_has_an_example_and_its_drawing(page, monkeypatch):
    monkeypatch.syspath_prepend(DOCS / "site")
    drawn = {drawing.__name__: drawing for drawing in importlib.import_module("drawings").DRAWINGS}
    assert "\n>>> " in page.read_text().partition("\n## By hand\n")[2]
    assert f"](../images/layers/{page.stem}.svg)" in page.read_text()
    assert (DOCS / f"images/layers/{page.stem}.svg").read_text() == drawn[page.stem]()


def test_the_page_of_activations_has_them_all():
    assert set(table(DOCS / "layers/activation.md")) == set(ACTIVATIONS)


@pytest.mark.parametrize("name", LAYERS)
def test_a_layers_page_names_the_options_left_out(name, keras):
    theirs = set(inspect.signature(getattr(keras.layers, name).__init__).parameters) - {"self", "kwargs"}
    of_all = {"data_format", "activity_regularizer", "dtype", "autocast"}
    assert of_all <= quoted((DOCS / "layers/README.md").read_text().partition("## What is left out")[2])
    missing = theirs - {option.name for option in fields(LAYERS[name])} - of_all
    page = DOCS / f"layers/{Path(inspect.getfile(LAYERS[name])).stem}.md"
    named = quoted(table(page, "\n| | |")["left out"][0])
    assert {option for option in missing if not option.endswith("_constraint")} <= named


# ---------- pages with options and their defaults
WRITTEN = [
    (page.name, call)
    for page in DOCS.glob("*.md")
    for call in re.findall(r"^[A-Z]\w*\([^()]*\)$", page.read_text(), re.MULTILINE)
]
KINDS = {kind.__name__: kind for module in (initializers, regularizers, losses, optimizers, schedules) for kind in
         vars(module).values() if isinstance(kind, type)}  # fmt: skip


@pytest.mark.parametrize(("page", "call"), WRITTEN, ids=[call.partition("(")[0] for _, call in WRITTEN])
def test_options_and_defaults_are_as_written(page, call):
    written = ast.parse(call, mode="eval").body
    defaults = {argument.id: MISSING for argument in written.args}
    defaults |= {argument.arg: ast.literal_eval(argument.value) for argument in written.keywords}
    kind = KINDS[written.func.id]
    own = {option.name: option.default for option in fields(kind) if option.init and not option.kw_only}
    own |= {"weight_decay": kind.weight_decay} if written.func.id == "AdamW" else {}
    own.pop("name", None)
    assert defaults == own


def test_every_optimizer_loss_and_initializer_has_its_lines():
    written = {(page, call.partition("(")[0]) for page, call in WRITTEN}
    for page, kinds in [
        ("optimizers.md", [*optimizers.OPTIMIZERS, *schedules.SCHEDULES]),
        ("losses.md", [*names(losses.LOSSES), *names(regularizers.REGULARIZERS)]),
    ]:
        assert {name for where, name in written if where == page} == set(kinds)
    scaled = table(DOCS / "initializers.md")
    assert {name for where, name in written if where == "initializers.md"} | set(scaled) == names(
        initializers.INITIALIZERS
    )


def names(table):
    return {kind.__name__ for kind in table.values()}


# ---------- docs/keras.md
HERE = {
    "layers": {*LAYERS, "Input"},
    "activations": set(ACTIVATIONS),
    "initializers": names(initializers.INITIALIZERS),
    "regularizers": names(regularizers.REGULARIZERS),
    "optimizers": set(optimizers.OPTIMIZERS),
    "schedules": set(schedules.SCHEDULES),
    "losses": names(losses.LOSSES),
    "metrics": names(metrics.METRICS),
    "callbacks": set(callbacks.__all__) - {"Logs"},
    "compile": set(inspect.signature(Sequential.compile).parameters) - {"self"},
    "fit": set(inspect.signature(Sequential.fit).parameters) - {"self"},
}
OTHER_NAMES = {"IdentityInitializer", "OrthogonalInitializer", "STFTInitializer", "hard_swish", "swish"}


@pytest.mark.parametrize("kind", HERE)
def test_the_page_names_what_there_is(kind):
    assert quoted(table(DOCS / "keras.md", "## What there is\n")[kind][0]) == HERE[kind]


def test_the_methods_it_names_are_there():
    for name in quoted(table(DOCS / "keras.md", "## What there is\n")["Sequential"][0]):
        assert hasattr(Sequential(), name), name


@pytest.mark.parametrize(
    "kind", ["activations", "initializers", "regularizers", "optimizers", "schedules", "losses", "callbacks"]
)
def test_what_keras_has_is_here_or_named_as_left_out(kind, keras):
    module = keras.optimizers.schedules if kind == "schedules" else getattr(keras, kind)
    theirs = {name for name, thing in vars(module).items() if not name.startswith("_") and callable(thing)}
    theirs = {name for name in theirs if name[0].isupper() != (kind == "activations")} - OTHER_NAMES
    abstract = {
        "Initializer",
        "Regularizer",
        "Optimizer",
        "OptimizerMap",
        "LearningRateSchedule",
        "Loss",
        "CallbackList",
    }
    others = {"get", "serialize", "deserialize"}
    left_out = quoted(table(DOCS / "keras.md", "## What there isn't\n")[kind][0])
    assert left_out & HERE[kind] == set()
    assert left_out | HERE[kind] == theirs - abstract - others


@pytest.mark.parametrize(("kind", "method"), [("compile", "compile"), ("fit", "fit")])
def test_arguments_of_keras_are_here_or_named_as_left_out(kind, method, keras):
    theirs = set(inspect.signature(getattr(keras.Sequential, method)).parameters) - {"self"}
    assert theirs - HERE[kind] == quoted(table(DOCS / "keras.md", "## What there isn't\n")[kind][0]) & theirs


def test_layers_it_leaves_out_are_keras_s_and_not_ours(keras):
    named = {
        name for name in quoted(table(DOCS / "keras.md", "## What there isn't\n")["layers"][0]) if name[0].isupper()
    }
    assert named
    assert [name for name in named if not hasattr(keras.layers, name) or hasattr(layers, name)] == []
