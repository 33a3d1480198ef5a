from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from toylab import losses, zoo
from toylab.claims import Budget
from toylab.problem import LipschitzPenalty
from toylab.report.files import picture_name
from toylab.report.pictures import training_pictures
from toylab.verification.training import TrainingCase, train_and_compare, training_cases

pytestmark = pytest.mark.xdist_group("training")


def test_the_full_budget_trains_every_loss_on_the_two_pictured_problems():
    cases = training_cases(Budget.FULL)
    names = {case.problem.losses.name for case in cases if case.name.startswith("case4")}
    assert names == {"wasserstein", "logistic", "sqrt", "exponential"}
    assert [case.name for case in cases if case.pictured] == ["case4 n = 10, logistic", "case3 n = 20, logistic"]


@pytest.fixture(scope="module")
def wasserstein():
    return train_and_compare(
        TrainingCase(name="case4 n = 10, wasserstein", problem=zoo.load("case4", n=10, losses=losses.wasserstein()))
    )


def test_wasserstein_is_compared_with_pot_and_with_the_compact_dual(wasserstein):
    assert [row.partners for row in wasserstein.comparisons] == ["POT coupling", "compact dual's tight pairs"]
    for row in wasserstein.comparisons:
        assert row.relative_gap <= 0.01  # the promise for ten against ten points
        assert np.isfinite(row.angles).all()
        assert row.median_angle < 5.0
        assert row.k_gradient >= row.k_support * (1 - 1e-6)


def test_curved_losses_are_compared_with_the_reweighted_coupling_and_pictured():
    problem = zoo.load("case4", n=5, losses=losses.logistic(), regularizer=LipschitzPenalty(0.1))
    report = train_and_compare(TrainingCase(name="five, logistic", problem=problem, pictured=True))
    assert [row.partners for row in report.comparisons] == ["reweighted coupling"]
    picture, data = training_pictures(report)
    assert picture_name(report) == "maxgp-five-logistic.png"
    with Image.open(BytesIO(data)) as image:
        assert image.format == "PNG"
        assert min(image.size) > 500
        assert (image.width // 2, image.height // 2) == (picture.width, picture.height)  # twice as sharp as it is large
        assert len(image.getcolors(image.width * image.height) or []) > 1000  # of the file no colour is taken
