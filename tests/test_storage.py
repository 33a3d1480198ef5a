import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from toylab.errors import InputError
from toylab.storage import (
    numbers_from_json,
    numbers_to_json,
    replacing,
    state_from_json,
    state_to_json,
    writable_folder,
    write_json,
)


def test_an_interrupted_write_leaves_the_old_file_and_no_litter(tmp_path):
    target = tmp_path / "report.json"
    target.write_text("old")

    def interrupted():
        with replacing(target) as temporary:
            temporary.write_text("half")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert target.read_text() == "old"
    assert [path.name for path in tmp_path.iterdir()] == ["report.json"]


def test_numbers_that_are_not_finite_become_null(tmp_path):
    write_json(tmp_path / "a.json", {"x": [float("nan"), float("inf"), 1.5]})
    assert json.loads((tmp_path / "a.json").read_text()) == {"x": [None, None, 1.5]}


@given(arrays(np.float64, array_shapes(min_dims=1, max_dims=3, min_side=0), elements=st.floats(width=64)))
def test_arrays_come_back_exactly(numbers):
    again = numbers_from_json(json.loads(json.dumps(numbers_to_json(numbers), allow_nan=False)))
    if numbers.size:  # an empty array has no shape in lists
        np.testing.assert_array_equal(again, numbers)
    assert numbers_to_json(np.array([3, 4])) == [3, 4]


def test_a_state_comes_back_bit_by_bit():
    import torch

    state = {
        "moments": {
            0: {"step": torch.tensor(3.0), "mean": torch.randn(2, 3, generator=torch.Generator().manual_seed(0))}
        },
        "random": torch.Generator().get_state(),
        "groups": [{"lr": 0.1, "betas": (0.0, 0.9), "fused": None, "params": [0, 1]}],
    }
    again = state_from_json(json.loads(json.dumps(state_to_json(state))))
    assert again["groups"] == [{"lr": 0.1, "betas": [0.0, 0.9], "fused": None, "params": [0, 1]}]
    assert again["moments"][0]["mean"].dtype == torch.float32
    assert torch.equal(again["random"], state["random"])
    for name, tensor in state["moments"][0].items():
        assert torch.equal(again["moments"][0][name], tensor)
    with pytest.raises(ValueError, match="'entries' or a 'tensor'"):
        state_from_json({"pickle": "no"})
    for text in ("", "UEsDBA=="):
        with pytest.raises(ValueError, match=r"damaged|magic"):
            state_from_json({"tensor": text})


def test_data_that_cannot_be_written_leaves_the_old_file(tmp_path):
    write_json(tmp_path / "a.json", [1])
    with pytest.raises(TypeError):
        write_json(tmp_path / "a.json", [object()])
    assert json.loads((tmp_path / "a.json").read_text()) == [1]


def test_a_file_in_the_place_of_a_folder_is_refused(tmp_path):
    (tmp_path / "taken").write_text("")
    with pytest.raises(InputError, match="cannot write into the folder"):
        writable_folder(tmp_path / "taken")
