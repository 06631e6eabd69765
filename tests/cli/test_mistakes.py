"""Mistakes, on the command line and of the system, are one message and an exit status; and what helps to make none."""

import re

import pytest

from scratchnet import cli
from scratchnet.errors import ScratchnetError


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["train", "--epochs", "0"], "epochs=0. Expected a whole number, 1 or more. The default is 12."),
        (["train", "--epochs", "many"], "'many' is not a valid integer"),
        (["train", "--batch-size", "-1"], "batch_size=-1"),
        (["train", "--learning-rate", "nan"], "learning_rate=nan"),
        (["train", "--learning-rate", "-1"], "learning_rate=-1.0"),
        (["train", "--seed", "-1"], "seed=-1"),
        (["train", "--limit", "0"], "limit=0"),
        (["train", "--threads", "0"], "threads=0"),
        (["train", "--model", "lenet"], "'lenet' is not one of 'dropout', 'no-dropout'"),
        (["train", "--kernels", "fast"], "'fast' is not one of 'plain', 'compiled'"),
        (["train", "--data", "nowhere"], "nowhere"),
        (["train", "--data", "folder"], "train-images"),
        (["train", "--data", "file"], "file"),
        (["train", "--limit", "5", "--output", "file"], "The output file is no folder"),
        (["train", "--limit", "5", "--output", "file/run"], "file/run can't be written to (Not a directory)"),
        (
            ["train", "--limit", "5", "--output", "folder", "--overwrite"],
            "The output folder holds photo.png, and no run",
        ),
        (["train", "--resume", "nowhere"], "nowhere holds no run"),
        (["train", "--resume", "folder"], "folder holds no run"),
        (["evaluate", "nowhere"], "nowhere"),
        (["evaluate", "file"], "file"),
        (["evaluate", "MODEL", "--limit", "0"], "limit=0"),
        (["evaluate", "MODEL", "--threads", "-1"], "threads=-1"),
        (["evaluate", "MODEL", "--limit", "5"], "Images of shape (28, 28, 1). Expected (12, 12, 1)"),
        (["predict", "MODEL"], "Missing argument 'IMAGE...'"),
        (["predict", "MODEL", "nowhere.png"], "nowhere.png"),
        (["summary", "folder"], "folder"),
        (["figures", "MODEL"], "Missing option '--output'"),
        (["figures", "MODEL", "--output", "new", "--limit", "0"], "limit=0"),
        (["figures", "MODEL", "--output", "new", "--limit", "5"], "Images of shape (28, 28, 1). Expected (12, 12, 1)"),
        (["figures", "nowhere.keras", "--output", "new"], "nowhere.keras"),
        (["figures", "folder", "--output", "new"], "The folder folder, which holds no model.keras"),
        (["dream"], "No such command 'dream'"),
        (["train", "--colour"], "No such option '--colour'"),
    ],
)
def test_a_mistake_is_one_message_and_status_2(scratchnet, trained, tmp_path, arguments, said):
    (tmp_path / "file").write_text("precious")
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "photo.png").touch()
    status, out, err = scratchnet(*(trained / "model.keras" if word == "MODEL" else word for word in arguments))
    assert (status, out) == (2, "")
    assert said in err
    assert err.count("Error: ") == 1
    assert "Traceback" not in err
    assert sorted(file.name for file in tmp_path.rglob("*")) == ["file", "folder", "photo.png"]


def test_errors_of_the_system_are_messages_too(scratchnet, monkeypatch):
    for error, said in [
        (PermissionError(13, "Permission denied", "secret"), "Error: [Errno 13] Permission denied: 'secret'\n"),
        (MemoryError("Unable to allocate 3 TiB"), "Error: More than fits into memory (Unable to allocate 3 TiB)."),
        (ScratchnetError(came="A", expected="B", do="C."), "Error: A. Expected B. C.\n"),
    ]:

        def fail(*arguments, problem=error, **options):
            raise problem

        monkeypatch.setattr(cli, "load_model", fail)
        status, out, err = scratchnet("evaluate", "model.keras")
        assert (status, out) == (2, "")
        assert err.startswith(said)


def test_help_and_version(scratchnet):
    assert scratchnet("--version") == (0, "scratchnet, version 0.1.0\n", "")
    _, out, _ = scratchnet("--help")
    assert re.findall(r"^  (\w+)  ", out, re.MULTILINE) == [
        "convert", "evaluate", "explore", "figures", "parity", "predict", "profile", "summary", "train",
    ]  # fmt: skip
    _, out, _ = scratchnet("train", "--help")
    assert re.findall(r"^  (--[\w-]+)", out, re.MULTILINE) == [
        "--model",
        "--epochs",
        "--batch-size",
        "--learning-rate",
        "--seed",
        "--data",
        "--limit",
        "--threads",
        "--kernels",
        "--checkpoints",
        "--output",
        "--overwrite",
        "--resume",
    ]
    assert "[default: 12]" in out
    status, _, err = scratchnet()
    assert status == 2
    assert "Usage: scratchnet" in err
