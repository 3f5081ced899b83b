"""The live loss curve: what is drawn of losses that are not finite."""

import re

import numpy as np
import pytest

from cnnlab import watching
from cnnlab.training import History


def lines(html):
    """The points of the thin and the thick line, as arrays (n, 2)."""
    found = re.findall(r'points="([^"]*)"', html)
    return [np.array([point.split(",") for point in line.split()], float) for line in found]


@pytest.mark.parametrize("bad", [np.nan, np.inf])
@pytest.mark.parametrize("at", [0, 7, -1])
def test_one_loss_that_is_not_finite_leaves_the_curve_of_the_others(bad, at):
    losses = [4.0 / (1 + i) for i in range(15)]
    (thin, _) = lines(watching.curve_html(History([*losses], []), 1.0))
    losses[at] = bad
    html = watching.curve_html(History(losses, []), 1.0)
    (broken, _) = lines(html)
    assert "inf" not in html.split("</svg>")[0].split("<path")[1]
    np.testing.assert_array_equal(broken[:, 0], np.delete(thin[:, 0], at))
    if at:  # the axis is as high as the largest loss
        np.testing.assert_array_equal(broken, np.delete(thin, at, axis=0))


def test_without_any_finite_loss_there_are_axes_alone():
    html = watching.curve_html(History([np.nan, np.nan], []), 0.5)
    assert html.count("<polyline") == 2
    assert [line.size for line in lines(html)] == [0, 0]
    assert "step 2, loss nan" in html
