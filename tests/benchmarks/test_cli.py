"""The command, whole, on little work."""

import json
import textwrap

import pytest
from click.testing import CliRunner

from benchmarks import cli, peers
from benchmarks.measures import Case
from benchmarks.peers import Entry
from benchmarks.rows import FASTEST, Row
from benchmarks.trials import Commands, Contest

TWIN = """
    from benchmarks.peers.scratchnet import Scratchnet

    class Twin(Scratchnet):
        pass

    class Rough(Scratchnet):
        def predict(self, x, batch_size):
            return super().predict(x, batch_size).round(3)
"""


@pytest.fixture(scope="module")
def work(tmp_path_factory):
    """Where the network stays that is trained once."""
    return tmp_path_factory.mktemp("work")


@pytest.fixture
def run(tmp_path, monkeypatch, work):
    """The command, with two peers that need no other library."""
    (tmp_path / "twin_peer.py").write_text(textwrap.dedent(TWIN))
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setitem(peers.ENTRIES, "twin", Entry("twin_peer:Twin", ("numpy",)))
    monkeypatch.setitem(peers.ENTRIES, "rough", Entry("twin_peer:Rough", ("numpy",)))
    monkeypatch.setattr("benchmarks.floor.SIDE", 64)
    options = ["--quick", "--kernels", "compiled", "--work", str(work)]
    return lambda *arguments: CliRunner().invoke(cli.main, [*map(str, arguments), *options])


def test_a_step_is_measured_printed_and_added_to_the_file(run, tmp_path):
    path = tmp_path / "figures.json"
    path.write_text('{"predict": {"unit": "s"}}')
    result = run("step", "--peers", "twin", "--rounds", 2, "--steps", 2, "--batch-size", 8, "--json", path)
    assert result.exit_code == 0, result.output
    content = json.loads(path.read_text())
    assert content["predict"] == {"unit": "s"}
    figures = content["step"]
    assert list(figures) == ["unit", "median", "best", "ratio", "floor", "peak_mb"]
    assert figures["unit"] == "ms"
    assert figures["ratio"] == {"twin": figures["median"]["scratchnet"] / figures["median"]["twin"]}
    assert figures["floor"] > 0
    assert list(figures["peak_mb"]) == ["scratchnet", "twin"]
    assert "One training step on 8 images, by an epoch of 2 steps" in result.stdout
    assert f"{figures['median']['twin']:.2f}" in result.stdout
    assert "GFLOP/s" in result.stdout
    assert "cores" in result.stdout
    assert "numba 0" in result.stdout
    assert "round 2 of 2" in result.stderr
    assert "scratchnet compiled kernels" in result.stdout


def test_a_wrong_result_is_no_figure(run, tmp_path):
    path = tmp_path / "figures.json"
    result = run("step", "--peers", "rough", "--rounds", 1, "--steps", 1, "--batch-size", 8, "--json", path)
    assert result.exit_code == 1
    assert "Error: rough's probabilities are off by" in result.stderr
    assert not path.exists()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["step", "--peers", "karas"], "The peer 'karas'. Expected for step, scratchnet-compiled or"),
        (["step", "--json", "no/such/folder/x.json"], "--json no/such/folder/x.json. Expected a file in a folder"),
        (["step", "--peers", "twin", "--steps", "1000"], "128000 images. Expected at most the 60000"),
        (["step", "--rounds", "0"], "0 is not in the range"),
        (["jump"], "No such command 'jump'"),
        (["table", "--rows", "step,jump"], "--rows jump. Expected of step, predict"),
        (["batches", "--sizes", "8,none"], "--sizes none. Expected whole numbers"),
        (["batches", "--plot", "figure.txt"], "--plot figure.txt. Expected .png"),
    ],
)
def test_a_users_mistake_is_one_message(run, arguments, message):
    result = run(*arguments)
    assert result.exit_code == 2
    assert result.stderr.count("Error:") == 1
    assert message in result.stderr
    assert result.stdout == ""


# ---------- the table
@pytest.fixture
def small_table(monkeypatch, tmp_path):
    """Trials without TensorFlow: one that passes whatever happens, one that can't, one without its peer, one that fails."""
    (tmp_path / "fails.py").write_text("import sys\nsys.exit('no luck')")
    trials = {
        "sure": Contest("predict", Case(images="test"), ("twin",)),
        "rough": Contest("predict", Case(images="test"), ("rough", "twin")),
        "alone": Contest("step", peers=("absent",)),
        "failing": Commands("title", str(tmp_path / "fails.py"), new_cache=True),
    }
    rows = (
        Row("surely reached", "sure", 1000.0, against="twin"),
        Row("never reached", "rough", 1e-6, against=FASTEST),
        Row("nobody there", "alone", 0.5, against="absent"),
        Row("no figure", "failing", 20.0, "seconds"),
    )
    monkeypatch.setitem(peers.ENTRIES, "absent", Entry("twin_peer:Twin", ("no_such_package",)))
    monkeypatch.setattr(cli, "TRIALS", trials)
    monkeypatch.setattr(cli, "ROWS", rows)


def test_the_table_has_every_row_and_says_what_it_could_not_measure(run, small_table, tmp_path):
    path = tmp_path / "figures.json"
    result = run("table", "--rounds", 1, "--json", path)
    assert result.exit_code == 1  # one trial failed
    shown = {line[:14].strip(): line for line in result.stdout.splitlines()}
    assert shown["surely reached"].rstrip().endswith("≤ 1000.00  pass")
    assert shown["never reached,"].rstrip().endswith("≤ 0.00  falls short")
    assert shown["nobody there"].rstrip().endswith("not measured")
    assert shown["no figure"].rstrip().endswith("not measured")
    assert "rough: rough is left out: rough's probabilities are off by" in result.stdout
    assert "alone: absent is left out: it needs no_such_package" in result.stdout
    assert "no luck" in result.stdout
    assert "the figures mean nothing" in result.stdout
    content = json.loads(path.read_text())["table"]
    assert [row["verdict"] for row in content["rows"]] == ["pass", "falls short", "not measured", "not measured"]
    assert content["rows"][1]["against"] == "twin"
    assert content["versions"]["scratchnet"] == "compiled kernels"
    assert "cores" in content["machine"]
    assert list(content["trials"]) == ["sure", "rough", "alone"]


def test_rows_can_be_chosen(run, small_table):
    result = run("table", "--rounds", 1, "--rows", "sure")
    assert result.exit_code == 0, result.output
    assert "surely reached" in result.stdout
    assert "never reached" not in result.stdout


def test_batches_are_measured_printed_kept_and_drawn(run, tmp_path):
    path, plot = tmp_path / "figures.json", tmp_path / "figure.png"
    result = run("batches", "--peers", "twin", "--rounds", 1, "--sizes", "2,16", "--json", path, "--plot", plot)
    assert result.exit_code == 0, result.output
    speeds = json.loads(path.read_text())["batches"]["images_per_second"]
    for measure in ("step", "predict"):
        assert {name: list(curve) for name, curve in speeds[measure].items()} == {
            "scratchnet": ["2", "16"], "twin": ["2", "16"],
        }  # fmt: skip
        assert f"{speeds[measure]['twin']['16']:,.0f}" in result.stdout
    assert plot.read_bytes().startswith(b"\x89PNG")


@pytest.mark.jit
def test_decisions(work):
    result = CliRunner().invoke(cli.main, ["decisions", "--quick", "--images", "2", "--work", str(work)])
    assert result.exit_code == 0, result.output
    head, *rows = (line.split() for line in result.stdout.splitlines())
    assert head == ["live", "gates", "winners", "summed", "again", "of", "the", "margin"]
    assert [row[:-6] for row in rows] == [["dropout,"]] + 5 * [["six", "convolutions,"]]
    for row in rows:
        live, gates, winners, again, margin = row[-5:]
        assert int(live.replace(",", "")) > 1000
        assert (gates, winners) == ("0", "0")
        assert 0 < float(again.rstrip("%")) < 30
        assert 0 < float(margin) < 0.1
