"""The command, whole, on little work."""

import json
import textwrap

import pytest
from click.testing import CliRunner

from benchmarks import cli, peers
from benchmarks.peers import Entry

TWIN = """
    from benchmarks.peers.scratchnet import Scratchnet

    class Twin(Scratchnet):
        pass

    class Rough(Scratchnet):
        def predict(self, x, batch_size):
            return super().predict(x, batch_size).round(3)
"""


@pytest.fixture
def run(tmp_path, monkeypatch):
    """The command, with two peers that need no other library."""
    (tmp_path / "twin_peer.py").write_text(textwrap.dedent(TWIN))
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setitem(peers.ENTRIES, "twin", Entry("twin_peer:Twin", ("numpy",)))
    monkeypatch.setitem(peers.ENTRIES, "rough", Entry("twin_peer:Rough", ("numpy",)))
    monkeypatch.setattr("benchmarks.floor.SIDE", 64)
    return lambda *arguments: CliRunner().invoke(cli.main, [*map(str, arguments)])


def test_a_step_is_measured_printed_and_added_to_the_file(run, tmp_path):
    path = tmp_path / "figures.json"
    path.write_text('{"predict": {"unit": "s"}}')
    result = run("step", "--peers", "twin", "--rounds", 2, "--steps", 2, "--batch-size", 8, "--json", path)
    assert result.exit_code == 0, result.output
    content = json.loads(path.read_text())
    assert content["predict"] == {"unit": "s"}
    figures = content["step"]
    assert list(figures) == ["unit", "median", "ratio", "floor", "peak_mb"]
    assert figures["unit"] == "ms"
    assert figures["ratio"] == {"twin": figures["median"]["scratchnet"] / figures["median"]["twin"]}
    assert figures["floor"] > 0
    assert list(figures["peak_mb"]) == ["scratchnet", "twin"]
    assert "One training step on 8 images" in result.stdout
    assert f"{figures['median']['twin']:.2f}" in result.stdout
    assert "GFLOP/s" in result.stdout
    assert "cores" in result.stdout
    assert "numba 0" in result.stdout
    assert "round 2 of 2" in result.stderr


def test_a_wrong_result_is_no_figure(run, tmp_path):
    path = tmp_path / "figures.json"
    result = run("step", "--peers", "rough", "--rounds", 1, "--steps", 1, "--batch-size", 8, "--json", path)
    assert result.exit_code == 1
    assert "Error: rough's probabilities are off by" in result.stderr
    assert not path.exists()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["step", "--peers", "karas"], "The peer 'karas'. Expected for step, keras-tensorflow"),
        (["step", "--json", "no/such/folder/x.json"], "--json no/such/folder/x.json. Expected a file in a folder"),
        (["step", "--peers", "twin", "--steps", "1000"], "1000 steps of 128 images. Expected at most the 60000"),
        (["step", "--rounds", "0"], "0 is not in the range"),
        (["jump"], "'jump' is not one of 'step', 'predict'"),
    ],
)
def test_a_users_mistake_is_one_message(run, arguments, message):
    result = run(*arguments)
    assert result.exit_code == 2
    assert result.stderr.count("Error:") == 1
    assert message in result.stderr
    assert result.stdout == ""
