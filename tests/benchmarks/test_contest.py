"""The arithmetic of a contest, and its file, from workers whose times are known."""

import io
import json

import numpy as np
import pytest
from rich.console import Console

from benchmarks.contest import Result, contest, read_json, write_json
from benchmarks.measures import WrongResultError
from benchmarks.peers import ENTRIES, Entry
from scratchnet.errors import ScratchnetError


class Scripted:
    """A worker that takes the times it is told."""

    def __init__(self, name, times, peak_mb, log):
        self.name, self.times, self.peak_mb, self.log = name, iter(times), peak_mb, log

    def ask(self, question, *arguments):
        return {"peak_mb": self.peak_mb, "versions": {"numpy": "2"}, "about": f"{self.name}'s kernels"}[question]


class InMilliseconds:
    """A measure of one second's work, 3 GFLOP, that believes its workers."""

    title, unit, factor, flop = "Something", "ms", 1e3, 3e9

    def check(self, worker):
        worker.log.append(f"check {worker.name}")
        if worker.name == "liar":
            raise WrongResultError("liar is wrong")
        return "exactly"

    def once(self, worker):
        worker.log.append(worker.name)
        return next(worker.times)


@pytest.fixture(autouse=True)
def known(monkeypatch):
    for name in ("peer", "liar"):
        monkeypatch.setitem(ENTRIES, name, Entry("no:where", ("numpy",)))


def run(log, *others, rates=(1e9, 6e9, 2e9), **options):
    workers = [Scripted("scratchnet", [30.0, 10.0, 20.0], 100.0, log), *others]
    rates = iter(rates)
    return contest(InMilliseconds(), workers, rounds=3, gemm=lambda: next(rates), say=log.append, pause=0, **options)


def test_medians_ratios_floor_and_memory():
    log = []
    peer = Scripted("peer", [100.0, 5.0, 40.0], 400.0, log)
    assert run(log, peer).as_json() == {
        "unit": "ms",
        "median": {"scratchnet": 20.0, "peer": 40.0},
        "best": {"scratchnet": 10.0, "peer": 5.0},
        "ratio": {"peer": 0.5},
        "floor": 500.0,  # 3 GFLOP at 6 GFLOP/s, in milliseconds
        "peak_mb": {"scratchnet": 100.0, "peer": 400.0},
    }


def test_all_are_checked_then_all_take_turns():
    log = []
    run(log, Scripted("peer", [1.0, 1.0, 1.0], 1.0, log))
    assert [line for line in log if "check" in line or " " not in line] == [
        "check scratchnet", "check peer", "scratchnet", "peer", "scratchnet", "peer", "scratchnet", "peer",
    ]  # fmt: skip
    assert "round 2 of 3: scratchnet 10.00 ms, peer 1.00 ms, GEMM 6 GFLOP/s" in log


def test_nothing_is_timed_beside_a_wrong_result():
    log = []
    with pytest.raises(WrongResultError):
        run(log, Scripted("liar", [1.0], 1.0, log))
    assert "scratchnet" not in log


def test_a_wrong_peer_can_be_spared_and_is_named():
    log = []
    result = run(log, Scripted("liar", [1.0], 1.0, log), Scripted("peer", [1.0, 1.0, 1.0], 1.0, log), spare=True)
    assert list(result.times) == ["scratchnet", "peer"]
    assert result.left_out == ["liar is left out: liar is wrong"]
    assert result.left_out[0] in log
    assert result.versions == {"numpy": "2", "scratchnet": "scratchnet's kernels", "peer": "peer's kernels"}


def test_scratchnet_itself_is_never_spared(monkeypatch):
    def refuse(self, worker):
        raise WrongResultError("wrong")

    monkeypatch.setattr(InMilliseconds, "check", refuse)
    with pytest.raises(WrongResultError):
        run([], spare=True)


def test_without_a_product_there_is_no_floor():
    log = []
    workers = [Scripted("scratchnet", [2.0], 1.0, log)]
    result = contest(InMilliseconds(), workers, rounds=1, gemm=None, say=log.append, pause=0)
    assert np.isnan(result.floor)
    assert "round 1 of 1: scratchnet 2.00 ms" in log


def test_the_table_shows_median_spread_and_both_ratios():
    log = []
    console = Console(width=80, file=io.StringIO())
    console.print(run(log, Scripted("peer", [100.0, 5.0, 40.0], 400.0, log)).table())
    lines = [line.split() for line in console.file.getvalue().splitlines()]
    assert ["scratchnet", "20.00", "10.00", "–", "30.00", "100"] in lines
    assert ["peer", "40.00", "5.00", "–", "100.00", "0.50", "400", "0.25"] in lines
    assert ["dense", "floor", "500.00"] in lines


def test_without_a_peer_there_is_no_ratio():
    result = Result("Alone", "s", 1.0, {"scratchnet": [1.0, 2.0]}, {"scratchnet": 5.0}, flop=1.0, gemm_rate=1.0)
    assert (result.median, result.ratio) == ({"scratchnet": 1.5}, {})


def test_a_file_keeps_its_other_keys(tmp_path):
    path = tmp_path / "figures.json"
    write_json(path, "step", {"unit": "ms", "floor": 1.0})
    write_json(path, "predict", {"unit": "s"})
    write_json(path, "step", {"unit": "ms"})
    assert json.loads(path.read_text()) == {"step": {"unit": "ms"}, "predict": {"unit": "s"}}


@pytest.mark.parametrize("content", [b"[1, 2]", b"no JSON", b"\xff"])
def test_a_file_that_holds_something_else_is_left_alone(tmp_path, content):
    path = tmp_path / "precious"
    path.write_bytes(content)
    with pytest.raises(ScratchnetError, match="something else"):
        write_json(path, "step", {})
    assert path.read_bytes() == content


def test_a_file_that_cannot_be_made_is_refused(tmp_path):
    for path in (tmp_path / "missing" / "figures.json", tmp_path):
        with pytest.raises(ScratchnetError, match="a file in a folder that exists"):
            read_json(path)
