"""Hessian products and sharpness, against Hessians that are written out."""

import numpy as np
import pytest

from unsteady import curvature
from unsteady.curvature import hessian_product, sharpness
from unsteady.models import MLP, LinearRegression, SoftmaxRegression

MODELS = [
    LinearRegression(),
    SoftmaxRegression(3),
    MLP((5,), "tanh", 3),
    MLP((5, 4), "tanh", 3, loss="squared_error"),
    MLP((5,), "tanh", 3, batch_norm=True),
]
each = pytest.mark.parametrize("model", MODELS, ids=repr)


def dense(model, parameters, X, y, buffers, place):
    """Return one replicate's Hessian by differences of its gradient, weight by weight."""
    own = [p[place] for p in parameters]
    stats = [b[place] for b in buffers]
    shapes = [p.shape for p in own]
    flat = np.concatenate([p.ravel() for p in own])

    def gradient(at):
        parts = np.split(at, np.cumsum([np.prod(s) for s in shapes])[:-1])
        arrays = [part.reshape(shape) for part, shape in zip(parts, shapes, strict=True)]
        return np.concatenate([g.ravel() for g in model.loss_and_gradient(arrays, X, y, buffers=stats)[2]])

    moves = 1e-5 * np.eye(flat.size)
    hessian = np.array([(gradient(flat + m) - gradient(flat - m)) / 2e-5 for m in moves])
    return (hessian + hessian.T) / 2


@each
def test_products_agree_with_the_written_out_hessian(model, somewhere):
    parameters, X, y, buffers = somewhere(model)
    rng = np.random.default_rng(1)
    vectors = [rng.standard_normal(p.shape) for p in parameters]
    products = hessian_product(model, parameters, X, y, vectors, buffers)
    for place in ((0, 0), (1, 2)):
        hessian = dense(model, parameters, X, y, buffers, place)
        expected = hessian @ np.concatenate([v[place].ravel() for v in vectors])
        found = np.concatenate([p[place].ravel() for p in products])
        np.testing.assert_allclose(found, expected, atol=1e-7)


@each
def test_sharpness_is_the_largest_eigenvalue(model, somewhere):
    parameters, X, y, buffers = somewhere(model)
    found = sharpness(model, parameters, X, y, buffers=buffers, tolerance=1e-9)
    assert found.shape == (2, 3)
    for place in np.ndindex(2, 3):
        expected = np.linalg.eigvalsh(dense(model, parameters, X, y, buffers, place))[-1]
        assert found[place] == pytest.approx(expected, rel=1e-5)


@each
def test_preconditioned_sharpness_is_that_of_the_divided_hessian(model, somewhere):
    parameters, X, y, buffers = somewhere(model)
    rng = np.random.default_rng(2)
    P = [np.exp(2 * rng.standard_normal(p.shape)) for p in parameters]
    found = sharpness(model, parameters, X, y, preconditioner=P, buffers=buffers, tolerance=1e-9)
    for place in ((0, 1), (1, 0)):
        divided = dense(model, parameters, X, y, buffers, place)
        divided /= np.concatenate([p[place].ravel() for p in P])[:, None]
        assert found[place] == pytest.approx(np.linalg.eigvals(divided).real.max(), rel=1e-5)


def test_sharpness_of_a_quadratic_is_that_of_its_inputs(somewhere):
    parameters, X, y, _ = somewhere(LinearRegression(intercept=False))
    expected = np.linalg.eigvalsh(X.T @ X / 20)[-1]
    np.testing.assert_allclose(
        sharpness(LinearRegression(False), parameters[:1], X, y, tolerance=1e-12), expected
    )


def test_chunks_and_replicates_that_diverged_change_nothing(monkeypatch, somewhere):
    model = MODELS[2]
    parameters, X, y, _ = somewhere(model)
    whole = sharpness(model, parameters, X, y, tolerance=1e-9)
    monkeypatch.setattr(curvature, "CHUNK_ELEMENTS", 1)
    np.testing.assert_allclose(sharpness(model, parameters, X, y, tolerance=1e-9), whole, rtol=1e-8)
    monkeypatch.undo()
    parameters[0][1, 1] = np.nan
    found = sharpness(model, parameters, X, y, tolerance=1e-9)
    assert np.isnan(found[1, 1])
    np.testing.assert_allclose(np.delete(found, 4), np.delete(whole, 4), rtol=1e-8)


def test_one_replicate_without_an_axis(somewhere):
    model = MODELS[1]
    parameters, X, y, _ = somewhere(model)
    single = [p[0, 0] for p in parameters]
    assert sharpness(model, single, X, y).shape == ()
    assert sharpness(model, single, X, y) == pytest.approx(sharpness(model, parameters, X, y)[0, 0], rel=1e-3)


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"tolerance": 0.0}, ValueError, "tolerance must be .*> 0, got 0"),
        ({"iterations": 0}, ValueError, "iterations must be .*>= 1, got 0"),
        (
            {"preconditioner": [np.ones((1, 1))]},
            ValueError,
            "preconditioner must have the shapes of parameters",
        ),
    ],
)
def test_bad_input_is_named(options, error, message, somewhere):
    parameters, X, y, _ = somewhere(MODELS[1])
    with pytest.raises(error, match=message):
        sharpness(MODELS[1], parameters, X, y, **options)


def test_a_preconditioner_is_above_0(somewhere):
    parameters, X, y, _ = somewhere(MODELS[1])
    zeros = [np.zeros_like(p) for p in parameters]
    with pytest.raises(ValueError, match="preconditioner must be above 0 everywhere"):
        sharpness(MODELS[1], parameters, X, y, preconditioner=zeros)
    with pytest.raises(TypeError, match="parameters must be the list of a model's parameters"):
        sharpness(MODELS[1], parameters[0], X, y)


def test_vectors_are_shaped_as_parameters(somewhere):
    parameters, X, y, _ = somewhere(MODELS[1])
    with pytest.raises(ValueError, match="vectors must have the shapes of parameters"):
        hessian_product(MODELS[1], parameters, X, y, parameters[:1])


def test_a_replicate_does_not_depend_on_its_neighbours(somewhere):
    model = MODELS[3]
    parameters, X, y, _ = somewhere(model, replicates=(30,))
    together = sharpness(model, parameters, X, y)
    exact = sharpness(model, parameters, X, y, tolerance=1e-10)
    alone = [sharpness(model, [p[k : k + 1] for p in parameters], X, y)[0] for k in range(30)]
    np.testing.assert_allclose(alone, together, rtol=1e-12)
    np.testing.assert_allclose(together, exact, rtol=1e-4)


def largest(matrix, **options):
    matrix = np.asarray(matrix, dtype=float)
    options = {"tolerance": 1e-9, "iterations": 100} | options
    return curvature._largest_eigenvalue(lambda v: v @ matrix, 1, len(matrix), **options)[0]


@pytest.mark.parametrize("size", [1, 5, 7, 32])
def test_the_largest_eigenvalue_is_signed_and_none_is_invented(size):
    assert largest(-2 * np.eye(size)) == pytest.approx(-2)
    assert largest(np.diag(-np.arange(1.0, size + 1))) == pytest.approx(-1)
    assert largest(np.zeros((size, size))) == 0


def test_iterations_are_a_limit():
    matrix = np.diag(np.linspace(0, 1, 50))
    assert largest(matrix, iterations=2) < 0.99
    assert largest(matrix) == pytest.approx(1)


def test_batch_norms_statistics_go_with_their_replicates(monkeypatch, somewhere):
    model = MODELS[4]
    parameters, X, y, buffers = somewhere(model)
    rng = np.random.default_rng(3)
    buffers = [b + rng.random(b.shape) for b in buffers]
    whole = sharpness(model, parameters, X, y, buffers=buffers)
    monkeypatch.setattr(curvature, "CHUNK_ELEMENTS", 1)
    np.testing.assert_allclose(sharpness(model, parameters, X, y, buffers=buffers), whole, rtol=1e-9)


def test_relu_is_refused_and_single_precision_taken(somewhere):
    model = MLP((5,), "relu", 3)
    parameters, X, y, _ = somewhere(model)
    for call in (
        lambda: sharpness(model, parameters, X, y),
        lambda: hessian_product(model, parameters, X, y, parameters),
    ):
        with pytest.raises(ValueError, match="model must have smooth activations"):
            call()
    parameters, X, y, _ = somewhere(MODELS[2])
    single = [p.astype(np.float32) for p in parameters]
    vectors = [np.ones_like(p) for p in single]
    products = hessian_product(MODELS[2], single, X, y, vectors)
    exact = hessian_product(
        MODELS[2], [p.astype(float) for p in single], X, y, [np.ones(p.shape) for p in single]
    )
    for one, other in zip(products, exact, strict=True):
        np.testing.assert_array_equal(one, other)
    with pytest.raises(ValueError, match="got an empty one"):
        sharpness(MODELS[2], [], X, y)
