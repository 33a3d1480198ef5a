"""Losses written as text: what is read, what is refused and where."""

import json

import pytest

from toylab import losses
from toylab.errors import InputError

READ = {
    "logistic": losses.logistic(),
    "  vanilla ": losses.logistic(),
    "least-squares": losses.quadratic(),
    "lsgan()": losses.quadratic(),
    "wgan": losses.wasserstein(),
    "square-root": losses.sqrt(),
    "quadratic(-1, 1)": losses.quadratic(-1.0, 1.0),
    "quadratic(beta=2)": losses.quadratic(0.0, 2.0),
    "0.5*wasserstein + logistic": 0.5 * losses.wasserstein() + losses.logistic(),
    "logistic/4": 0.25 * losses.logistic(),
    "hinge * (1 + 2*3)": 7.0 * losses.hinge(),
    "2·(hinge + sqrt) + exp": 2.0 * (losses.hinge() + losses.sqrt()) + losses.exponential(),
    "2*least-squares + 1e-3*gan": 2.0 * losses.quadratic() + 1e-3 * losses.logistic(),
    "shifted(logistic, −0.5)": losses.logistic().shifted(-0.5),
    "rescaled(sqrt, unit=2)": losses.sqrt().rescaled(2.0),
    "weighted(logistic, real=3)": losses.logistic().weighted(real=3.0),
    "raised(shifted(hinge, 1), 5, real=-5)": losses.hinge().shifted(1.0).raised(fake=5.0, real=-5.0),
}


@pytest.mark.parametrize("text", READ)
def test_expressions_are_read(text):
    assert losses.get(text) == READ[text]


@pytest.mark.parametrize("text", READ)
def test_the_name_of_a_pair_is_an_expression_for_it_and_json_holds_it(text):
    pair = losses.get(text)
    assert losses.get(pair.name) == pair
    assert losses.from_json(json.loads(json.dumps(pair.to_json()))) == pair


def test_numbers_in_names_lose_no_digit():
    pair = losses.quadratic(-1.0 / 3.0, 0.1 + 0.2).shifted(1.0 / 7.0)
    assert losses.get(pair.name) == pair


@pytest.mark.parametrize("alias", losses.aliases())
def test_every_alias_is_a_name(alias):
    assert losses.get(alias) == losses.get(losses.aliases()[alias])


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("0.5*logistc + sqrt", r"unknown loss 'logistc'; did you mean 'logistic'\? \(at character 5"),
        ("least-square", "did you mean 'least-squares'"),
        ("sqrt + shfted(hinge, 1)", "did you mean 'shifted'.*at character 8"),
        ("logistic - sqrt", "cannot be subtracted, the result need not be convex"),
        ("-hinge", "cannot be negated"),
        ("logistic + 1", "raised"),
        ("sqrt * sqrt", "multiplied by positive numbers"),
        ("-2*sqrt", "coefficient of sqrt must be positive"),
        ("sqrt/0", "multiplied by positive numbers"),
        ("(1/0)*sqrt", "not divided by 0"),
        ("1e999*sqrt", "must be finite"),
        ("True*sqrt", "only names, numbers"),
        ("sqrt(3)", "takes no arguments"),
        ("shifted(logistic)", r"takes a loss \(loss\), a number \(offset\)"),
        ("shifted(1, logistic)", r"at character 9: shifted takes a loss"),
        ("weighted(sqrt, fak=2)", "each once"),
        ("weighted(sqrt, 2, fake=2)", "each once"),
        ("weighted(sqrt, **{'fake': 2})", "each once"),
        ("quadratic(1, 2, 3)", "quadratic takes"),
        ("quadratic(1, 0)", "larger on fake points"),
        ("shifted", "needs .* in parentheses"),
        ("3", "'3' is a number, not a loss"),
        ("", "cannot be read"),
        ("sqrt +", "cannot be read"),
        ("__import__('os').system('true')", "only names, numbers"),
        ("logistic.fake_loss", "only names, numbers"),
        ("[sqrt for sqrt in hinge]", "only names, numbers"),
        ("(lambda: sqrt)()", "only names, numbers"),
        ("(" * 400 + "sqrt" + ")" * 400, "cannot be read"),
        ("sqrt+" * 300 + "sqrt", "at most 1000 letters"),
        (None, "unknown loss 'None'"),
    ],
)
def test_what_cannot_be_read_is_refused_with_its_place(text, words):
    with pytest.raises(InputError, match=words):
        losses.get(text)
