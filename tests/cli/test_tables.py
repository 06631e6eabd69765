"""The tables of mistakes, in terminals wide and narrow."""

import numpy as np
import pytest

from scratchnet import printed
from scratchnet.runs import Mistake


def print_confusion(capsys, matrix):
    printed.confusion(np.array(matrix))
    return capsys.readouterr().out


def test_both_matrices(capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    assert print_confusion(capsys, [[41, 3, 0], [0, 0, 0], [1, 1, 6]]) == (
        "\nConfusion matrix, counts: observed down, predicted across\n"
        "    0  1  2\n"
        "0  41  3  .\n"
        "1   .  .  .\n"
        "2   1  1  6\n"
        "\nConfusion matrix, shares of each row: observed down, predicted across\n"
        "       0      1      2\n"
        "0  0.932  0.068      .\n"
        "1      .      .      .\n"
        "2  0.125  0.125  0.750\n"
    )


@pytest.mark.parametrize("columns", ["20", "80"])
def test_a_matrix_is_never_cut_where_there_is_no_terminal(capsys, monkeypatch, columns):
    monkeypatch.setenv("COLUMNS", columns)
    out = print_confusion(capsys, np.arange(1600).reshape(40, 40))
    assert "…" not in out
    assert all(str(number) in out.split() for number in range(1, 1600))


def test_where_a_matrix_has_no_room_the_commonest_confusions_stand(capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    matrix = np.diag([50] * 60)
    matrix[59, 3], matrix[7, 8], matrix[1, 2] = 25, 10, 5
    assert print_confusion(capsys, matrix) == (
        "\nThe confusion matrix of 60 classes has no room here. Most often confused:\n"
        "observed  predicted  images  share\n"
        "      59          3      25  0.333\n"
        "       7          8      10  0.167\n"
        "       1          2       5  0.091\n"
    )


def test_a_terminal_that_is_too_narrow_gets_the_commonest_confusions(capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "40")
    monkeypatch.setenv("TTY_COMPATIBLE", "1")
    assert "Most often confused" in print_confusion(capsys, np.full((10, 10), 3))


def test_mistakes(capsys, trained):
    printed.mistakes([Mistake(123, 4, 9, 0.99994), *[Mistake(n, 0, 1, 0.5) for n in range(11)]], 3000)
    out = capsys.readouterr().out
    assert out.startswith(
        "\nMistaken with the greatest confidence, of 12 in 3,000 test images\n"
        "image  label  answer  probability\n"
        "  123      4       9       0.9999\n"
    )
    assert len(out.splitlines()) == 3 + 10
    printed.mistakes([], 3000)
    assert capsys.readouterr().out == "\nNo mistake in 3,000 test images\n"
