"""What an option may be: values are read, refused in words that name the option, and checked before any work."""

import argparse

import pytest

from toylab.cli.options import between, listed, names, not_negative, penalty_weight, positive, whole


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        (whole(1), "7", 7),
        (whole(0), "0", 0),
        (whole(1, 9), "9", 9),
        (positive, "1e-3", 1e-3),
        (penalty_weight, "0.5", 0.5),
        (not_negative, "0", 0.0),
        (between(0, 1), "1", 1.0),
        (between(0, 1, open_end=True), "0.95", 0.95),
        (names, "a, b,,a", ("a", "b")),
        (listed(whole(1)), "10,100", (10, 100)),
    ],
)
def test_values_are_read(kind, text, value):
    assert kind(text) == value


@pytest.mark.parametrize(
    ("kind", "text", "words"),
    [
        (whole(1), "0", "a positive whole number, got 0"),
        (whole(1), "1.5", "a positive whole number, got 1.5"),
        (whole(20, 1000), "5000", "a whole number from 20 to 1000, got 5000"),
        (positive, "nan", "must be positive and finite, got nan"),
        (positive, "inf", "must be positive and finite, got inf"),
        (positive, "x", "must be a number, got 'x'"),
        (penalty_weight, "0", "without any penalty a critic is --unrestricted"),
        (not_negative, "-1", "must be finite and not negative, got -1"),
        (between(0, 1, open_end=True), "1", "above 0 and below 1, got 1"),
        (between(0, 1), "nan", "above 0 and at most 1, got nan"),
        (names, " , ", "needs at least one value"),
        (listed(positive), "1,0", "must be positive and finite, got 0"),
    ],
)
def test_others_are_refused(kind, text, words):
    with pytest.raises(argparse.ArgumentTypeError, match=words):
        kind(text)
