"""Photographs and CIFAR-10 as points: what is read, and what is said where it cannot be."""

import pickle

import numpy as np
import pytest

from figures import build, pictures
from figures.fig03_high_dimension import apart
from toylab.errors import InputError


def cifar_folder(folder, **changes):
    """Five batches of a dozen pictures of four classes, as the archive holds them."""
    rng = np.random.default_rng(0)
    batch = {
        b"batch_label": b"training batch 1 of 5",
        b"labels": [2, 2, 0, 3, 1, 0, 1, 2, 3, 3, 0, 1],
        b"data": rng.integers(0, 256, size=(12, 3072), dtype=np.uint8),
        b"filenames": [b"a.png"] * 12,
    } | changes
    for number in range(1, 6):
        with (folder / f"data_batch_{number}").open("wb") as stream:
            pickle.dump(batch, stream, protocol=2)
    return batch


def test_photographs_are_ten_different_pictures():
    points = pictures.photographs(10)
    assert points.shape == (10, 3072)
    assert np.abs(points).max() <= 1.0
    assert len(np.unique(points, axis=0)) == 10
    assert (points.std(axis=1) > 0.1).all(), "none is blank"
    with pytest.raises(InputError, match="10 photographs"):
        pictures.photographs(11)


def test_without_scikit_image_one_sentence_says_what_to_do(monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(InputError, match=r"toylab\[figures\].*--cifar"):
        pictures.photograph_files()


def test_the_first_picture_of_each_class_is_read_upright(tmp_path):
    batch = cifar_folder(tmp_path)
    points = pictures.cifar(str(tmp_path), 3)
    for label, row in enumerate((2, 4, 0)):  # where classes 0, 1, 2 come first
        expected = batch[b"data"][row].reshape(3, 32, 32).transpose(1, 2, 0).reshape(-1)
        np.testing.assert_allclose(points[label], expected / 127.5 - 1.0, atol=1e-12)
    inner = tmp_path / "outer"
    (inner / "cifar-10-batches-py").mkdir(parents=True)
    cifar_folder(inner / "cifar-10-batches-py")
    np.testing.assert_array_equal(pictures.cifar(str(inner), 3), points)


class _Harm:
    def __reduce__(self):
        return print, ("this must not run",)


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (lambda folder: (folder / "data_batch_3").unlink(), "holds no data_batch_3"),
        (lambda folder: (folder / "data_batch_1").write_bytes(b"GIF89a"), "is damaged"),
        (lambda folder: (folder / "data_batch_1").write_bytes(b""), "is damaged"),
        (lambda folder: cifar_folder(folder, **{"x": _Harm()}), "no place in a batch"),
        (lambda folder: (folder / "data_batch_1").write_bytes(pickle.dumps({b"data": [1]})), "is damaged"),
        (lambda folder: (folder / "data_batch_1").write_bytes(pickle.dumps([1, 2])), "is damaged"),
    ],
)
def test_a_damaged_folder_is_one_sentence(tmp_path, damage, words, capsys):
    cifar_folder(tmp_path)
    damage(tmp_path)
    with pytest.raises(InputError, match=words):
        pictures.cifar(str(tmp_path), 2)
    assert "must not run" not in capsys.readouterr().out


def test_too_few_classes_and_no_folder(tmp_path):
    cifar_folder(tmp_path)
    with pytest.raises(InputError, match="4 classes"):
        pictures.cifar(str(tmp_path), 10)
    with pytest.raises(InputError, match="does not exist"):
        pictures.cifar(str(tmp_path / "none"), 2)


def test_the_command_line_says_it_in_one_sentence(tmp_path, capsys):
    arguments = ["fig03", "--quick", "--jobs", "1", "--out", str(tmp_path), "--cifar", str(tmp_path / "none")]
    assert build.main(arguments) != 0
    message = capsys.readouterr().err
    assert "does not exist" in message
    assert "Traceback" not in message


def test_fakes_with_partners_of_their_own_come_first():
    np.testing.assert_array_equal(apart(np.array([3, 3, 1, 3, 0]), 4), [0, 2, 4, 1])


def test_a_gradient_is_shown_around_grey():
    gradient = np.random.default_rng(0).normal(size=3072)
    seen = pictures.shown(pictures.as_gradient(gradient))
    assert seen.mean() == pytest.approx(0.5, abs=0.02)
    assert pictures.shown(pictures.as_gradient(np.zeros(3072))) == pytest.approx(0.5)
