"""A worker's process: what it answers, and how one hears of its end."""

import os
import textwrap

import numpy as np
import pytest

from benchmarks.peers import Entry
from benchmarks.worker import Worker, WorkerError

PEER = """
    import os, time
    import numpy as np
    from benchmarks.peers.base import Peer

    class Odd(Peer):
        about = f"{os.environ.get('MARK')} {os.environ.get('KEPT')}"

        def build(self, config, weights):
            if config == "fail":
                raise RuntimeError("a reason")
            if config == "die":
                os.write(2, b"last words")
                os._exit(7)
            if config == "hoard":
                np.ones(200_000_000, np.uint8)

        def predict(self, x, batch_size):
            time.sleep(0.05)
            return np.array([os.getpid(), len(x), batch_size, self.threads])
"""


@pytest.fixture
def worker(tmp_path, monkeypatch):
    (tmp_path / "odd_peer.py").write_text(textwrap.dedent(PEER))
    monkeypatch.syspath_prepend(tmp_path)
    with Worker("odd", Entry("odd_peer:Odd", ()), threads=3) as worker:
        yield worker


def test_it_is_another_process_that_holds_the_data_and_times_the_peer(worker):
    worker.ask("load", "test", 10_000)
    seconds, (pid, count, batch_size, threads) = worker.ask("predict", 20, 64)
    assert pid == worker.process.pid != os.getpid()
    assert (count, batch_size, threads) == (20, 64, 3)
    assert 0.05 <= seconds < 5
    assert worker.ask("predict", 60_000, 64)[1][1] == 10_000  # there are no more test images


def test_it_has_variables_of_its_own(tmp_path, monkeypatch):
    (tmp_path / "odd_peer.py").write_text(textwrap.dedent(PEER))
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setenv("KEPT", "as it was")
    with Worker("odd", Entry("odd_peer:Odd", ()), environment={"MARK": "its", "KEPT": "its"}) as worker:
        assert worker.ask("about") == "its its"
    assert os.environ["KEPT"] == "as it was"
    assert "MARK" not in os.environ


def test_memory_is_the_most_that_was_held_even_if_it_is_given_back(worker):
    before = worker.ask("peak_mb")
    worker.ask("build", "hoard", [])
    assert worker.ask("peak_mb") - before == pytest.approx(200, abs=20)


def test_memory_is_its_own_not_what_the_parent_held(worker):
    held = np.ones(500_000_000, np.uint8)
    assert worker.ask("peak_mb") < 250 < held.nbytes / 1e6


def test_versions_are_those_it_runs(worker):
    assert worker.ask("versions", ("numpy",)) == {"numpy": np.__version__}


def test_a_failure_comes_with_its_traceback(worker):
    with pytest.raises(WorkerError, match=r"(?s)odd failed at build:\nTraceback.*odd_peer\.py.*RuntimeError: a reason"):
        worker.ask("build", "fail", [])


def test_a_death_comes_with_the_exit_code_and_the_last_words(worker):
    with pytest.raises(WorkerError, match="process of odd ended with 7\nlast words"):
        worker.ask("build", "die", [])


def test_a_peer_that_cannot_be_imported_is_a_failure_too():
    with (
        Worker("gone", Entry("no_such_module:Peer", ())) as worker,
        pytest.raises(WorkerError, match="No module named 'no_such_module'"),
    ):
        worker.ask("load", "test", 1)


def test_nothing_outlives_the_run(tmp_path, monkeypatch):
    (tmp_path / "odd_peer.py").write_text(textwrap.dedent(PEER))
    monkeypatch.syspath_prepend(tmp_path)
    with Worker("odd", Entry("odd_peer:Odd", ())) as worker:
        assert worker.process.is_alive()
    assert not worker.process.is_alive()
