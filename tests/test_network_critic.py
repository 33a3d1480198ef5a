import numpy as np
import pytest
import torch

from toylab.errors import InputError
from toylab.network_critic import NetworkCritic, is_torch_module


def linear(dtype=torch.float64) -> torch.nn.Module:
    layer = torch.nn.Linear(2, 1, dtype=dtype)
    with torch.no_grad():
        layer.weight.copy_(torch.tensor([[3.0, -4.0]]))
        layer.bias.fill_(0.5)
    return layer


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_values_and_gradients_come_back_in_float64(dtype):
    critic = NetworkCritic(linear(dtype))
    z = np.array([[1.0, 1.0], [0.0, 0.25]])  # exact in both precisions
    assert critic(z).dtype == np.float64
    assert critic(z).tolist() == [-0.5, -0.5]
    assert critic.gradient(z).tolist() == [[3.0, -4.0]] * 2


def test_the_module_is_called_in_evaluation_mode_and_left_as_it_was():
    module = torch.nn.Sequential(linear(), torch.nn.Dropout(0.5))
    critic = NetworkCritic(module.train())
    assert (critic(np.ones((50, 2))) == -0.5).all()
    assert module.training
    assert module[0].weight.grad is None


def test_a_module_without_parameters_gets_float64():
    class Norm(torch.nn.Module):
        def forward(self, z):
            assert z.dtype == torch.float64
            return torch.linalg.vector_norm(z, dim=1)

    assert NetworkCritic(Norm())(np.array([[3.0, 4.0]])) == 5.0


def test_gradients_work_where_grad_is_switched_off():
    with torch.no_grad():
        assert NetworkCritic(linear()).gradient(np.zeros((1, 2))).tolist() == [[3.0, -4.0]]


class Answers(torch.nn.Module):
    """Returns whatever it was made with."""

    def __init__(self, answer):
        super().__init__()
        self.answer = answer

    def forward(self, z):
        return self.answer(z)


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (lambda z: z, r"\(3,\) values, got \(3, 2\)"),
        (lambda z: z.sum(), r"got \(\)"),
        (lambda z: "no", "got str"),
        (lambda z: z[:, 0] * float("nan"), "values that are not finite"),
        (lambda z: z[:, 0] + float("inf"), "values that are not finite"),
    ],
)
def test_bad_answers_are_named(answer, words):
    with pytest.raises(InputError, match=words):
        NetworkCritic(Answers(answer))(np.ones((3, 2)))


def test_gradients_that_are_not_finite_are_named():
    # the notorious square root of a vanishing sum of squares
    critic = NetworkCritic(Answers(lambda z: (z**2).sum(dim=1).sqrt()))
    with pytest.raises(InputError, match="gradients that are not finite"):
        critic.gradient(np.zeros((1, 2)))


@pytest.mark.parametrize("answer", [lambda z: torch.zeros(len(z), requires_grad=True), lambda z: z.detach().sum(dim=1)])
def test_a_module_cut_off_from_its_input_has_no_gradient(answer):
    with pytest.raises(InputError, match="no path from the critic's values to its input"):
        NetworkCritic(Answers(answer)).gradient(np.ones((3, 2)))


def test_modules_are_recognised():
    assert is_torch_module(linear())
    assert is_torch_module(Answers(None))
    assert not is_torch_module(np.sum)
    assert not is_torch_module(linear().forward)
