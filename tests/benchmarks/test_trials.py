"""Whole processes, and contests, on little work."""

import sys

import pytest

from benchmarks import peers
from benchmarks.measures import Case, WrongResultError
from benchmarks.peers import ENTRIES, OWN
from benchmarks.trials import Bench, Commands, Contest, launch
from benchmarks.worker import WorkerError


@pytest.fixture(scope="module")
def networks(tmp_path_factory):
    """Where the network stays that is trained once."""
    return tmp_path_factory.mktemp("networks")


@pytest.fixture
def bench(tmp_path, networks):
    return Bench(tmp_path, print, rounds=3, kernels="compiled", quick=True, networks=networks)


@pytest.fixture
def script(tmp_path):
    """A file that Python runs, as a command."""

    def write(name, text):
        (tmp_path / name).write_text(text)
        return str(tmp_path / name)

    return write


# ---------- whole processes
def test_a_process_is_timed_and_its_memory_is_its_own(script):
    held = bytearray(300_000_000)
    sleeper = script(
        "sleeper.py", "import time, os\nb = b'x' * 100_000_000\ntime.sleep(0.2)\nprint(os.environ['MARK'])"
    )
    seconds, peak_mb, said = launch([sleeper], {"MARK": "here"})
    assert 0.2 <= seconds < 5
    assert 100 < peak_mb < 200 < len(held) / 1e6
    assert said == "here\n"


def test_a_failure_tells_what_was_said_last(script):
    broken = script("broken.py", "import sys\nsys.exit('last words')")
    with pytest.raises(WorkerError, match=r"(?s)broken\.py ended with 1\nlast words"):
        launch([broken], {})


SIDE = """
import os, sys
from pathlib import Path
log = Path(__file__).with_name("log")
log.open("a").write(f"{sys.argv[1]} {os.environ.get('NUMBA_CACHE_DIR', 'none') != 'none'} {' '.join(sys.argv[2:])}\\n")
Path(sys.argv[2]).mkdir()
print(f"Test loss: {sys.argv[1]}\\nTest accuracy: 0.97")
"""


def commands(script, ours="0.5", theirs="0.5", **options):
    side = script("side.py", SIDE)
    return Commands(
        "title", f"{side} {ours} {{run}}", f"{side} {theirs} {{run}}", peer="scratchnet-compiled", **options
    )


def test_sides_take_turns_after_one_that_does_not_count(script, bench, tmp_path, monkeypatch):
    monkeypatch.delenv("NUMBA_CACHE_DIR", raising=False)
    result = commands(script, "0.50", "0.5", rounds=2, quick="--little", alike=True).run(bench)
    assert {name: len(times) for name, times in result.times.items()} == {OWN: 2, "scratchnet-compiled": 2}
    assert (result.unit, result.factor) == ("s", 1.0)
    assert all(5 < peak < 100 for peak in result.peak_mb.values())
    lines = [line.split() for line in (tmp_path / "log").read_text().splitlines()]
    assert [line[0] for line in lines] == ["0.50", "0.5"] * 3
    assert len({line[2] for line in lines}) == 6  # a new folder each
    assert [line[3:] for line in lines[:2]] == [["--little", "--kernels", "compiled"], ["--little"]]
    assert not any(line[1] == "True" for line in lines)


def test_a_new_cache_each_time_is_for_us_and_every_turn_counts(script, bench, tmp_path):
    result = commands(script, rounds=2, new_cache=True).run(bench)
    assert len(result.times[OWN]) == 2
    assert len((tmp_path / "log").read_text().splitlines()) == 4


def test_rounds_are_at_most_those_asked_for(script, bench):
    assert len(commands(script, rounds=9, new_cache=True).run(bench).times[OWN]) == 3


def test_losses_that_differ_are_wrong(script, bench):
    with pytest.raises(WrongResultError, match="not alike"):
        commands(script, "0.5", "0.5001", alike=True).run(bench)


def test_an_accuracy_too_low_is_wrong_but_where_all_is_quick(script, bench, tmp_path):
    trial = commands(script, accuracy=0.98)
    trial.run(bench)
    with pytest.raises(WrongResultError, match=r"scratchnet says .*0\.97.* 0\.98 or more"):
        trial.run(Bench(tmp_path, print, number=iter(range(100, 110))))


def test_a_peer_that_is_missing_is_named(script, bench, monkeypatch):
    monkeypatch.setattr(peers.Entry, "missing", property(lambda entry: ["something"]))
    result = commands(script).run(bench)
    assert list(result.times) == [OWN]
    assert result.left_out[0].startswith("scratchnet-compiled is left out: it needs something")


# ---------- workers in turns
def test_a_contest_names_who_knows_no_avx2(bench, monkeypatch):
    monkeypatch.setitem(ENTRIES, "twin", peers.Entry(ENTRIES[OWN].peer, ("numpy",), options={"kernels": "plain"}))
    result = Contest("predict", Case(images="test"), peers=("twin", "scratchnet-compiled"), avx2=True).run(bench)
    assert list(result.times) == [OWN, "scratchnet-compiled"]
    assert result.left_out == ["twin is left out: nothing holds it to AVX2."]
    assert result.versions[OWN] == "compiled kernels"


def test_held_to_avx2_a_worker_compiles_for_it(bench, script, monkeypatch):
    script(
        "told_peer.py",
        "from llvmlite import binding\nfrom numba.core import codegen, config\n"
        "from benchmarks.peers.scratchnet import Scratchnet\n"
        "class Told(Scratchnet):\n    about = f'{config.CPU_NAME} {config.CPU_FEATURES}'\n",
    )
    monkeypatch.syspath_prepend(bench.folder)
    monkeypatch.setitem(ENTRIES, "told", peers.Entry("told_peer:Told", (), avx2=ENTRIES[OWN].avx2))
    result = Contest("predict", Case(images="test"), peers=("told",), avx2=True).run(bench)
    assert result.versions["told"] == "haswell +avx2,+fma"


def test_the_little_case_is_of_the_same_kind(bench, tmp_path):
    case = Case("LeNet-5", "train", batch_size=512)
    assert bench.little(case) == Case("LeNet-5", "train", batch_size=16, steps=2, count=200)
    assert Bench(tmp_path, print).little(case) is case


def test_kernels_are_ours_to_choose_and_the_librarys_by_default(bench, tmp_path):
    assert bench.entry(OWN).options == {"kernels": "compiled"}
    assert Bench(tmp_path, print).entry(OWN).options == {}
    assert sys.executable  # of which every command is a process
