"""A browser, and servers of several models: each a process of its own, as people start it."""

import os
import shutil
import subprocess
import sys

import pytest

from tests.explorer.page import models
from tests.explorer.page.browsing import ARGUMENTS, Watch
from tests.explorer.page.serving import Server


@pytest.fixture(scope="session")
def chromium():
    """Its file. Where it is missing tests are skipped, unless SCRATCHNET_BROWSER=required."""
    file = shutil.which("chromium") or shutil.which("chromium-browser")
    if not file:
        refuse = pytest.fail if os.environ.get("SCRATCHNET_BROWSER") == "required" else pytest.skip
        refuse("There is no chromium here: apt-get install chromium.")
    return file


@pytest.fixture(scope="module")  # while it is there, nothing else can run an event loop
def browser(chromium):
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        one = playwright.chromium.launch(executable_path=chromium, args=ARGUMENTS)
        yield one
        one.close()


@pytest.fixture(scope="session")
def run(chromium, tmp_path_factory):  # after the browser: without one there is nothing to train for
    """A run of three kept epochs: the notebook's network, on 3,000 images."""
    folder = tmp_path_factory.mktemp("run") / "seed"
    options = ["--limit", "3000", "--epochs", "3", "--seed", "1", "--checkpoints", "every", "--output", str(folder)]
    subprocess.run([sys.executable, "-m", "scratchnet", "train", *options], check=True, stdout=subprocess.DEVNULL)
    return folder


@pytest.fixture(scope="session")
def served(chromium, tmp_path_factory):
    """The address of a server of one of `models`, by name; each is started once."""
    folder, servers = tmp_path_factory.mktemp("models"), {}

    def serve(name):
        if name not in servers:
            servers[name] = Server(models.save(name, folder / f"{name}.keras"))
        return servers[name].url

    yield serve
    for server in servers.values():
        server.stop()


@pytest.fixture(scope="session")
def seed(run):
    """The address of the trained run."""
    server = Server(run, "--limit", "200")
    yield server.url
    server.stop()


@pytest.fixture
def visit(browser):
    """Open an address: a page that must not complain, whatever is done with it; options: of the browser's context."""
    watches = []

    def go(url, **options):
        options = {"viewport": {"width": 1280, "height": 900}, "reduced_motion": "reduce"} | options
        context = browser.new_context(**options)
        context.set_default_timeout(10_000)
        watches.append(Watch(context, url))
        return watches[-1].page

    go.expected = lambda page, text: next(w for w in watches if w.page is page).expected.append(text)
    yield go
    for watch in watches:
        watch.context.close()
    for watch in watches:
        assert watch.complaints() == []


@pytest.fixture
def page(visit, seed):
    """The trained run, as it opens: test image 0."""
    return visit(seed)
