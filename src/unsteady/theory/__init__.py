r"""Closed forms for training curves, each with its assumptions and its source.

A formula says what a measured number should be. Arguments are numbers or arrays that broadcast by NumPy's
rule, unless an entry says otherwise. Results have the broadcast shape. An argument that is not finite, or is
outside its range, raises :class:`ValueError`. An argument that is not a number raises :class:`TypeError`.

How uncertain is an accuracy of 90 % on 900 examples? It is uncertain by one point.

>>> from unsteady import theory
>>> round(float(theory.standard_error(0.9, 900)), 3)
0.01
"""

from unsteady.theory._averaging import ema_factor, polyak_variance, smoothing_factor, smoothing_lag
from unsteady.theory._batch_noise import (
    batch_stability_bound,
    batch_stationary_variance,
    expected_change,
    gradient_variance,
    linear_scaling_excess,
    stationary_variance,
)
from unsteady.theory._descent import (
    WellBounds,
    adam_safe_epsilon,
    adam_sharpness_bound,
    descent_factor,
    double_well_bounds,
    momentum_factor,
    plateau_escape_time,
    rmsprop_first_step,
    saddle_escape_time,
    stability_bound,
)
from unsteady.theory._evaluation import change_variance, standard_error
from unsteady.theory._least_squares import (
    least_squares_test_error,
    least_squares_train_error,
    minimum_norm_risk,
)
from unsteady.theory._regularization import dropout_ridge, initial_statistics_weight, l1_chatter_bound
from unsteady.theory._seeds import (
    calibrated_seed_variance,
    expected_max_normal,
    independent_seed_variance,
    selection_optimism,
)

__all__ = [
    "WellBounds",
    "adam_safe_epsilon",
    "adam_sharpness_bound",
    "batch_stability_bound",
    "batch_stationary_variance",
    "calibrated_seed_variance",
    "change_variance",
    "descent_factor",
    "double_well_bounds",
    "dropout_ridge",
    "ema_factor",
    "expected_change",
    "expected_max_normal",
    "gradient_variance",
    "independent_seed_variance",
    "initial_statistics_weight",
    "l1_chatter_bound",
    "least_squares_test_error",
    "least_squares_train_error",
    "linear_scaling_excess",
    "minimum_norm_risk",
    "momentum_factor",
    "plateau_escape_time",
    "polyak_variance",
    "rmsprop_first_step",
    "saddle_escape_time",
    "selection_optimism",
    "smoothing_factor",
    "smoothing_lag",
    "stability_bound",
    "standard_error",
    "stationary_variance",
]
