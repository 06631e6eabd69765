"""The explorer's page, timed in a browser: what is asked for first, what is shown, and that a wrong pixel is no figure."""

import json
import os
import shutil
from concurrent.futures import ThreadPoolExecutor
from io import StringIO

import pytest
from click.testing import CliRunner

from benchmarks import cli, explorer
from benchmarks.explorer import Found, Latency
from benchmarks.measures import WrongResultError

needs_chromium = pytest.mark.skipif(
    not shutil.which("chromium") and os.environ.get("SCRATCHNET_BROWSER") != "required", reason="there is no chromium"
)


def alone(call, *arguments):
    """In a thread of its own: the tests of the page may keep a browser of Playwright's in this one, which allows no second."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(call, *arguments).result()


def test_19_of_20_must_stay_within_the_bar():
    times = [10.0] * 95 + [99.0] * 5
    assert Latency("of most", times, 20.0).says == "pass"
    assert Latency("of too few", [10.0] * 90 + [99.0] * 10, 20.0).says == "falls short"
    assert Latency("only to be known", times).says == ""
    assert Latency("", [1.0, 2.0, 3.0]).p50 == 2.0


def test_without_a_browser_it_says_so_before_anything_is_trained(monkeypatch):
    monkeypatch.setattr(shutil, "which", lambda name: None)
    result = CliRunner().invoke(cli.main, ["explorer"])
    assert result.exit_code == 2
    assert "No browser. Expected one of chromium" in result.stderr


@needs_chromium
@pytest.mark.jit
def test_it_is_measured_printed_and_added_to_the_file(tmp_path):
    path = tmp_path / "figures.json"
    options = ["--quick", "--count", "3", "--work", str(tmp_path), "--json", str(path)]
    result = alone(CliRunner().invoke, cli.main, ["explorer", *options])
    assert result.exit_code == 0, result.output
    figures = json.loads(path.read_text())["explorer"]
    counts = [len(one["times"]) for one in figures["latencies"]]
    assert counts == [3, 3, 3, 3, explorer.STARTS]
    assert all(0 < one["p50"] <= one["p95"] for one in figures["latencies"])
    assert figures["bytes"]["files"] > 20
    assert 10_000 < figures["bytes"]["page"] < 1_000_000
    assert figures["bytes"]["values"] < figures["bytes"]["gradients"]
    for one in figures["latencies"]:
        line = next(line for line in result.stdout.splitlines() if line.startswith(one["name"]))
        assert f"{one['p95']:.1f}" in line
        assert line.rstrip().endswith(one["verdict"])
    assert "Chromium" in result.stdout


@needs_chromium
@pytest.mark.jit
def test_a_pixel_of_another_number_is_no_figure(tmp_path, monkeypatch):
    """Of an image that isn't shown: the page draws other numbers than those."""
    test_image = explorer.load_test
    monkeypatch.setattr(explorer, "load_test", lambda path, count: (1 - test_image(path, count)[0], None))
    path, _ = cli.networks.trained("dropout", tmp_path, quick=True)
    monkeypatch.setattr(explorer, "STARTS", 0)
    with pytest.raises(WrongResultError, match=r"The page draws \d+ pixels"):
        alone(explorer.measure, path, 1, lambda line: None)


def test_the_table_has_bars_and_verdicts():
    from rich.console import Console

    console = Console(width=100, record=True, file=StringIO())
    console.print(explorer.table(Found([Latency("a frame", [20.0], 1000 / 60)], {}, "")))
    line = console.export_text().splitlines()[1].split()
    assert line == ["a", "frame", "20.0", "20.0", "≤", "16.7", "1", "falls", "short"]
