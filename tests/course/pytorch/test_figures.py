"""The figure of the two layouts shows the numbers it is given."""

from functools import cache

import numpy as np

from lessons_lib.course.pytorch import figures

WX = np.arange(24.0).reshape(3, 8) - 12


@cache
def make_figures():
    return {"two_layouts": figures.two_layouts(WX, WX.T)}


def test_both_layouts_are_shown_on_one_scale():
    left, right, _ = make_figures()["two_layouts"].axes
    images = left.get_images()[0], right.get_images()[0]
    np.testing.assert_array_equal(images[0].get_array(), WX)
    np.testing.assert_array_equal(images[1].get_array(), WX.T)
    assert images[0].get_clim() == images[1].get_clim() == (-12, 12)
