"""RunFolder: made whole or not at all, held by one process, its files either the old ones or the new."""

import json
import subprocess
import sys

import pytest

from scratchnet import durable
from scratchnet.errors import RunError
from scratchnet.runs.folder import CHECKPOINT, LOCK, METRICS, RECORD, RESULTS, RunFolder

RECORDED = {"scratchnet": "1", "settings": {"epochs": 3}}


@pytest.fixture
def create():
    """Begins a run in a folder, which is released after the test at the latest."""
    folders = []

    def begin(path, *, overwrite=False, record=RECORDED):
        folders.append(RunFolder(path))
        folders[-1].create(record, model="dropout", overwrite=overwrite)
        return folders[-1]

    yield begin
    for folder in folders:
        folder.release()


def names(path):
    return sorted(file.name for file in path.iterdir())


def test_a_new_folder_has_its_record_and_parents(create, tmp_path):
    folder = create(tmp_path / "a" / "b")
    assert names(tmp_path / "a") == ["b"]
    assert names(tmp_path / "a" / "b") == [LOCK, RECORD]
    assert folder.record() == RECORDED
    assert str(folder) == str(tmp_path / "a" / "b")


def test_a_new_folder_appears_with_its_record_or_not_at_all(create, tmp_path, monkeypatch):
    def killed(path, content):
        assert not (tmp_path / "run").exists()
        raise KeyboardInterrupt

    monkeypatch.setattr(durable, "write", killed)
    with pytest.raises(KeyboardInterrupt):
        create(tmp_path / "run")
    assert names(tmp_path) == []


@pytest.mark.parametrize("left", [[], [LOCK], [LOCK, ".run.json.0123abcd.tmp"]])
def test_an_empty_folder_is_taken_as_is_one_in_which_a_process_was_killed_at_once(create, tmp_path, left):
    for name in left:
        (tmp_path / name).touch()
    assert create(tmp_path).record() == RECORDED
    assert names(tmp_path) == [LOCK, RECORD]


@pytest.mark.parametrize("overwrite", [False, True])
@pytest.mark.parametrize("name", ["photo.png", "model.keras", ".git", ".run.json.tmp"])
def test_a_folder_with_something_else_is_never_taken(create, tmp_path, name, overwrite):
    (tmp_path / name).write_text("precious")
    with pytest.raises(RunError) as caught:
        create(tmp_path, overwrite=overwrite)
    assert name in caught.value.came
    assert names(tmp_path) == [name]
    assert (tmp_path / name).read_text() == "precious"


@pytest.mark.parametrize("content", ["{}", "[1]", "no JSON", '{"settings": {}}'])
def test_a_run_json_of_somebody_else_makes_no_run(create, tmp_path, content):
    (tmp_path / RECORD).write_text(content)
    assert RunFolder(tmp_path).record() is None
    with pytest.raises(RunError):
        create(tmp_path, overwrite=True)
    assert (tmp_path / RECORD).read_text() == content


def test_a_run_is_only_overwritten_when_asked(create, tmp_path):
    path = tmp_path / "run"
    create(path).release()
    for name in (*RESULTS, CHECKPOINT, "notes.txt", f".{CHECKPOINT}.0123abcd.tmp"):
        (path / name).write_text("old")
    with pytest.raises(RunError, match="holds a finished run"):
        create(path)
    assert RunFolder(path).record() == RECORDED
    assert (path / METRICS).read_text() == "old"

    other = {"scratchnet": "2"}
    create(path, overwrite=True, record=other)
    assert names(path) == [LOCK, "notes.txt", RECORD]
    assert RunFolder(path).record() == other


@pytest.mark.parametrize("beside", [None, "notes.txt"])
def test_a_run_that_is_overwritten_loses_the_weights_of_its_epochs(create, tmp_path, beside):
    path = tmp_path / "run"
    folder = create(path)
    folder.release()
    epochs = path / "epochs"
    epochs.mkdir()
    for file in folder.epoch(0), folder.epoch(1), epochs / ".epoch-0002.weights.h5.0123abcd.tmp":
        file.touch()
    if beside:
        (epochs / beside).touch()
    create(path, overwrite=True)
    assert names(path) == sorted([LOCK, RECORD, *(["epochs"] if beside else [])])
    if beside:
        assert names(epochs) == [beside]


@pytest.mark.parametrize(
    ("settings", "data"),
    [({"data": "mine.npz"}, "mine.npz"), ({"data": None}, None), ({}, None), ({"data": 3}, None), ([1], None)],
)
def test_a_run_says_where_its_data_were(create, tmp_path, settings, data):
    folder = create(tmp_path / "run")
    (tmp_path / "run" / RECORD).write_text(json.dumps({"scratchnet": "1", "settings": settings}))
    assert folder.data == data
    assert RunFolder(tmp_path / "none").data is None


def test_epochs_are_in_order_and_nothing_else_is_one(tmp_path):
    folder = RunFolder(tmp_path)
    assert folder.epochs() == {}
    (tmp_path / "epochs").touch()
    assert folder.epochs() == {}
    (tmp_path / "epochs").unlink()
    foreign = ["epoch-1.weights.h5", "epoch-00012.weights.h5", "epoch-0003.h5", "notes.txt"]
    ours = ["epoch-12345.weights.h5", "epoch-0000.weights.h5", "epoch-0010.weights.h5", "epoch-0009.weights.h5"]
    (tmp_path / "epochs" / "epoch-0004.weights.h5").mkdir(parents=True)
    for name in [*foreign, *ours, ".epoch-0011.weights.h5.0123abcd.tmp"]:
        (tmp_path / "epochs" / name).touch()
    assert list(folder.epochs()) == [0, 9, 10, 12345]
    assert [path.name for path in folder.epochs().values()] == [ours[1], ours[3], ours[2], ours[0]]


def test_a_run_being_overwritten_loses_its_results_before_its_record(create, tmp_path, monkeypatch):
    """Killed in between, the folder must not hold a new record with an old checkpoint or old metrics."""
    path = tmp_path / "run"
    create(path).release()
    (path / CHECKPOINT).touch()
    (path / METRICS).touch()

    def killed(at, content):
        assert names(path) == [LOCK, RECORD]
        raise KeyboardInterrupt

    monkeypatch.setattr(durable, "write", killed)
    with pytest.raises(KeyboardInterrupt):
        create(path, overwrite=True, record={"scratchnet": "2"})
    assert RunFolder(path).record() == RECORDED


def test_a_run_that_is_in_use_is_not_overwritten(create, tmp_path):
    path = tmp_path / "run"
    held = create(path)
    (path / CHECKPOINT).touch()
    with pytest.raises(RunError, match="Another process is training"):
        create(path, overwrite=True)
    assert (path / CHECKPOINT).exists()
    held.release()
    create(path, overwrite=True)
    assert not (path / CHECKPOINT).exists()


def test_another_process_cannot_lock_until_the_first_is_killed(tmp_path):
    hold = "import sys; from scratchnet.runs.folder import *; folder = RunFolder(Path(sys.argv[1])); folder.lock(); print(1); input()"
    other = subprocess.Popen(
        [sys.executable, "-c", hold, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    with other:
        assert other.stdout.readline() == "1\n"
        with pytest.raises(RunError, match="Another process is training"):
            RunFolder(tmp_path).lock()
        other.kill()
    folder = RunFolder(tmp_path)
    folder.lock()
    folder.release()


def test_who_is_slower_is_told(create, tmp_path, monkeypatch):
    """Between the look at a path and the rename to it, another process made a run there."""
    path, write = tmp_path / "run", durable.write

    def write_slowly(at, content):
        if not path.exists():
            path.mkdir()
            write(path / RECORD, b'{"scratchnet": "of the other process"}')
        write(at, content)

    monkeypatch.setattr(durable, "write", write_slowly)
    with pytest.raises(RunError, match="holds a run"):
        create(path)
    assert names(tmp_path) == ["run"]
    assert RunFolder(path).record() == {"scratchnet": "of the other process"}


def test_without_a_name_it_is_the_next_number(create, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert str(create(None)) == "runs/dropout-1"
    (tmp_path / "runs/dropout-2").mkdir()
    assert str(create(None)) == "runs/dropout-3"
    write = durable.write

    def write_slowly(at, content):
        (tmp_path / "runs/dropout-4").mkdir(exist_ok=True)
        (tmp_path / "runs/dropout-4" / "of another process").touch()
        write(at, content)

    monkeypatch.setattr(durable, "write", write_slowly)
    assert str(create(None)) == "runs/dropout-5"
    assert names(tmp_path / "runs") == [f"dropout-{n}" for n in range(1, 6)]


@pytest.mark.parametrize("path", ["file", "file/run", "file/a/run", f"{'a' * 300}", "link"])
def test_where_no_folder_can_be_made_nothing_is(create, tmp_path, path):
    (tmp_path / "file").write_text("precious")
    (tmp_path / "link").symlink_to(tmp_path / "nowhere")
    with pytest.raises(RunError):
        create(tmp_path / path)
    assert names(tmp_path) == ["file", "link"]


def test_a_folder_that_may_not_be_written_to_is_a_run_error(create, tmp_path, monkeypatch):
    def refuse(path, content):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(durable, "write", refuse)
    with pytest.raises(RunError, match="Permission denied"):
        create(tmp_path / "run")
    with pytest.raises(RunError, match="Permission denied"):
        RunFolder(tmp_path).write("history.json", {})


def test_tidy_removes_what_was_half_written_and_nothing_else(tmp_path):
    kept = [LOCK, RECORD, CHECKPOINT, "model.keras", ".hidden", ".model.keras", "x.tmp", ".other.0123abcd.tmp"]
    for name in [*kept, ".model.keras.0123abcd.tmp", ".samples.png.0123abcd.tmp", f".{CHECKPOINT}.0123abcd.tmp"]:
        (tmp_path / name).touch()
    folder = RunFolder(tmp_path)
    folder.tidy()
    assert names(tmp_path) == sorted(kept)
    folder.write(METRICS, {})
    folder.tidy()
    assert names(tmp_path) == sorted({*kept, METRICS} - {CHECKPOINT})


def test_json_has_a_line_for_each_value(tmp_path):
    RunFolder(tmp_path).write("metrics.json", {"a": [[1, 2], [3, 4]], "b": 0.1})
    assert (tmp_path / "metrics.json").read_text() == '{\n  "a": [[1, 2], [3, 4]],\n  "b": 0.1\n}\n'
