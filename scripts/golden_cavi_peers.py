"""Golden values of crates/cavi from scikit-learn and BayesPy, each checked against plain NumPy.

`pip install numpy==2.4.6 scipy==1.17.1 scikit-learn==1.9.1 bayespy==0.6.6` (Python 3.11), then
`python scripts/golden_cavi_peers.py`. Needs golden_cavi_fit.py beside it.

Twenty sweeps (all parameters from the responsibilities, then the responsibilities) on
assets/earthquakes/fiji-since-1964.csv, from the responsibilities `start` of golden_cavi_fit.py:

1. positions, a mixture of normals with normal-Wishart priors and Dirichlet weights (Bishop 2006, section 10.2). The
   parameters are those of scikit-learn, the ELBO is NumPy's: scikit-learn's bound leaves out constants;
2. positions and stations, normal with fixed precision and Poisson, with fixed and with Dirichlet weights. Parameters
   and ELBO are those of BayesPy.

Prints Rust constants. An ELBO is taken at the end of a sweep, after sweeps 1, 5 and 20. Stops with an AssertionError if
a peer and NumPy differ, if an ELBO falls, or if one component's ELBO is not the log evidence.
"""

import contextlib
import csv
import io

import bayespy
import numpy as np
import scipy
import sklearn
from bayespy.inference import VB
from bayespy.nodes import Categorical, Dirichlet, Gamma, Gaussian, Mixture, Poisson
from golden_cavi_fit import ALPHA, BETA, CATALOGUE, WEIGHTS, gamma_kl, golden, normal_kl, start
from numpy.linalg import inv, slogdet
from scipy.special import digamma, gammaln, multigammaln, softmax
from sklearn.mixture import BayesianGaussianMixture

SWEEPS, SHOWN = 20, [0, 4, 19]
CONCENTRATION = 1.5
KAPPA, DOF, CENTRE, SCALE_INVERSE = 0.5, 4.0, np.array([180.0, -20.0]), np.array([[9.0, 1.0], [1.0, 16.0]])
TAU, RHO = 0.1, 0.03
TERMS = "ln p(X|Z,mu,Lambda), ln p(Z|pi), ln p(pi), ln p(mu,Lambda), -ln q(Z), -ln q(pi), -ln q(mu,Lambda)"


def rust(name: str, value):
    """A constant to copy into a test."""
    value = np.asarray(value)
    kind = "f64"
    for size in reversed(value.shape):
        kind = f"[{kind}; {size}]"
    print(f"const {name}: {kind} = {value.tolist()!r};")


def agree(peer, ours, tolerance: float):
    np.testing.assert_allclose(peer, ours, rtol=tolerance, atol=0)


def neg_entropy(r):
    return np.sum(r[r > 0] * np.log(r[r > 0]))


def log_dirichlet(a):
    """ln C(a), the logarithm of the constant of the density (Bishop B.23)."""
    return gammaln(a.sum()) - gammaln(a).sum()


# Part 1: normal-Wishart


def wishart_fit(x: np.ndarray, r: np.ndarray):
    """(concentration, kappa, means, dof, inverse scales) by Bishop 10.58-10.63."""
    count = r.sum(axis=0)
    centre = (r.T @ x) / count[:, None]
    kappa = KAPPA + count
    means = (KAPPA * CENTRE + count[:, None] * centre) / kappa[:, None]
    inverses = np.empty((len(count), 2, 2))
    for k in range(len(count)):
        within, between = x - centre[k], centre[k] - CENTRE
        inverses[k] = SCALE_INVERSE + (r[:, k, None] * within).T @ within
        inverses[k] += KAPPA * count[k] / kappa[k] * np.outer(between, between)
    return CONCENTRATION + count, kappa, means, DOF + count, inverses


def wishart_expectations(x: np.ndarray, fit):
    """E ln pi (10.66), E ln |Lambda| (10.65) and E (x - mu)' Lambda (x - mu) (10.64)."""
    concentration, kappa, means, dof, inverses = fit
    log_weight = digamma(concentration) - digamma(concentration.sum())
    log_det = digamma(dof / 2) + digamma((dof - 1) / 2) + 2 * np.log(2) - slogdet(inverses)[1]
    square = np.empty((len(x), len(dof)))
    for k in range(len(dof)):
        square[:, k] = 2 / kappa[k] + dof[k] * np.einsum("ni,ij,nj->n", x - means[k], inv(inverses[k]), x - means[k])
    return log_weight, log_det, square


def wishart_responsibilities(x: np.ndarray, fit):
    log_weight, log_det, square = wishart_expectations(x, fit)
    return softmax(log_weight + 0.5 * (log_det - 2 * np.log(2 * np.pi) - square), axis=1)


def log_wishart(inverse, dof):
    """ln B(W, dof), the logarithm of the constant of the density (Bishop B.79)."""
    return dof / 2 * slogdet(inverse)[1] - dof * np.log(2) - multigammaln(dof / 2, 2)


def wishart_elbo(x: np.ndarray, r: np.ndarray, fit) -> list:
    """The seven terms of Bishop 10.70, in his order; the last three with their minus signs."""
    concentration, kappa, means, dof, inverses = fit
    log_weight, log_det, square = wishart_expectations(x, fit)
    prior_concentration = np.full(len(dof), CONCENTRATION)
    prior, posterior = 0.0, 0.0
    for k in range(len(dof)):
        scale, offset = inv(inverses[k]), means[k] - CENTRE
        prior += 0.5 * (2 * np.log(KAPPA / (2 * np.pi)) + log_det[k] - 2 * KAPPA / kappa[k])
        prior -= 0.5 * KAPPA * dof[k] * offset @ scale @ offset
        prior += log_wishart(SCALE_INVERSE, DOF) + (DOF - 3) / 2 * log_det[k]
        prior -= 0.5 * dof[k] * np.trace(SCALE_INVERSE @ scale)
        entropy = -log_wishart(inverses[k], dof[k]) - (dof[k] - 3) / 2 * log_det[k] + dof[k]
        posterior += 0.5 * log_det[k] + np.log(kappa[k] / (2 * np.pi)) - 1 - entropy
    return [
        0.5 * np.sum(r * (log_det - 2 * np.log(2 * np.pi) - square)),
        np.sum(r * log_weight),
        log_dirichlet(prior_concentration) + (CONCENTRATION - 1) * log_weight.sum(),
        prior,
        -neg_entropy(r),
        -np.sum((concentration - 1) * log_weight) - log_dirichlet(concentration),
        -posterior,
    ]


def wishart_evidence(x: np.ndarray) -> float:
    """ln p(X) of one normal with a normal-Wishart prior, in closed form."""
    n, offset = len(x), x.mean(axis=0) - CENTRE
    inverse = SCALE_INVERSE + n * np.cov(x.T, bias=True) + KAPPA * n / (KAPPA + n) * np.outer(offset, offset)
    gammas = multigammaln((DOF + n) / 2, 2) - multigammaln(DOF / 2, 2)
    scales = DOF / 2 * np.log(np.linalg.det(SCALE_INVERSE)) - (DOF + n) / 2 * np.log(np.linalg.det(inverse))
    return -n * np.log(np.pi) + gammas + scales + np.log(KAPPA / (KAPPA + n))


def normal_wishart(x: np.ndarray):
    one = np.ones((len(x), 1))
    agree(sum(wishart_elbo(x, one, wishart_fit(x, one))), wishart_evidence(x), 1e-12)
    rust("ONE_COMPONENT_LOG_EVIDENCE", wishart_evidence(x))

    peer = BayesianGaussianMixture(
        n_components=3,
        covariance_type="full",
        reg_covar=0,
        weight_concentration_prior_type="dirichlet_distribution",
        weight_concentration_prior=CONCENTRATION,
        mean_precision_prior=KAPPA,
        mean_prior=CENTRE,
        degrees_of_freedom_prior=DOF,
        covariance_prior=SCALE_INVERSE,
    )
    peer._check_parameters(x)
    r = start(len(x))
    log_r = np.log(r)
    terms = []
    # what scikit-learn's bound, taken after an M-step, leaves out
    omitted = 3 * (log_wishart(SCALE_INVERSE, DOF) + np.log(np.pi) / 2 + np.log(KAPPA))
    omitted += log_dirichlet(np.full(3, CONCENTRATION)) - len(x) * np.log(2 * np.pi)
    for _ in range(SWEEPS):
        peer._m_step(x, log_r)
        fit = wishart_fit(x, r)
        agree(peer._compute_lower_bound(log_r, None) + omitted, sum(wishart_elbo(x, r, fit)), 1e-11)
        log_weight, log_det, square = wishart_expectations(x, fit)
        agree(peer._estimate_log_weights(), log_weight, 1e-9)
        agree(peer._estimate_log_prob(x), 0.5 * (log_det - 2 * np.log(2 * np.pi) - square), 1e-9)
        log_r = peer._e_step(x)[1]
        r = wishart_responsibilities(x, fit)
        terms.append(wishart_elbo(x, r, fit))
    elbo = np.sum(terms, axis=1)
    assert np.all(np.diff(elbo) > 0)

    inverses = peer.covariances_ * peer.degrees_of_freedom_[:, None, None]
    theirs = (peer.weight_concentration_, peer.mean_precision_, peer.means_, peer.degrees_of_freedom_, inverses)
    names = ("WEIGHT_CONCENTRATION", "MEAN_PRECISION", "MEANS", "DEGREES_OF_FREEDOM", "INVERSE_SCALES")
    for name, value, ours in zip(names, theirs, fit):
        agree(value, ours, 1e-9)
        rust(name, value)
    agree(np.exp(log_r), r, 1e-9)
    rust("ELBO", elbo[SHOWN])
    print(f"// its terms, E of {TERMS}")
    rust("ELBO_TERMS", np.array(terms)[SHOWN])


# Part 2: normal and Poisson


def numpy_normal_poisson(x: np.ndarray, strength: np.ndarray, dirichlet: bool):
    r = start(len(x))
    elbo = []
    for _ in range(SWEEPS):
        count = r.sum(axis=0)
        precision = RHO + TAU * count
        means = CENTRE + TAU * np.stack([r[:, k] @ (x - CENTRE) for k in range(3)]) / precision[:, None]
        shape, rate, concentration = ALPHA + r.T @ strength, BETA + count, CONCENTRATION + count
        log_weight = digamma(concentration) - digamma(concentration.sum()) if dirichlet else np.log(WEIGHTS)
        square = ((x[:, None] - means) ** 2).sum(axis=2) + 2 / precision
        expected = log_weight + np.log(TAU / (2 * np.pi)) - 0.5 * TAU * square
        expected += strength[:, None] * (digamma(shape) - np.log(rate)) - shape / rate - gammaln(strength + 1)[:, None]
        r = softmax(expected, axis=1)
        divergence = sum(normal_kl(means[k], precision[k], CENTRE, RHO) + gamma_kl(shape[k], rate[k]) for k in range(3))
        if dirichlet:
            divergence += log_dirichlet(concentration) - log_dirichlet(np.full(3, CONCENTRATION))
            divergence += (concentration - CONCENTRATION) @ log_weight
        elbo.append(np.sum(r * expected) - neg_entropy(r) - divergence)
    return (means, precision, shape, rate, concentration)[: 5 if dirichlet else 4], np.array(elbo)


def bayespy_normal_poisson(x: np.ndarray, strength: np.ndarray, dirichlet: bool):
    weights = Dirichlet(np.full(3, CONCENTRATION), name="weights") if dirichlet else WEIGHTS
    z = Categorical(weights, plates=(len(x),), name="z")
    mu = Gaussian(CENTRE, RHO * np.eye(2), plates=(3,), name="mu")
    rate = Gamma(ALPHA, BETA, plates=(3,), name="rate")
    position = Mixture(z, Gaussian, mu, TAU * np.eye(2), name="position")
    count = Mixture(z, Poisson, rate, name="count")
    position.observe(x)
    count.observe(strength.astype(int))
    z.initialize_from_parameters(start(len(x)))
    agree(z.get_moments()[0], start(len(x)), 1e-14)
    order = [mu, rate, weights, z] if dirichlet else [mu, rate, z]
    engine = VB(position, count, *order)
    engine.update(*order, repeat=SWEEPS, tol=-1, verbose=False)
    assert engine.iter == SWEEPS
    precision = -2 * mu.phi[1]
    assert np.all(precision == precision[:, :1, :1] * np.eye(2))
    fit = [mu.get_moments()[0], precision[:, 0, 0], rate.phi[1], -rate.phi[0]]
    return fit + ([weights.phi[0]] if dirichlet else []), engine.L[:SWEEPS]


def normal_poisson(x: np.ndarray, strength: np.ndarray, dirichlet: bool):
    theirs, bound = bayespy_normal_poisson(x, strength, dirichlet)
    ours, elbo = numpy_normal_poisson(x, strength, dirichlet)
    assert np.all(np.diff(elbo) > 0)
    agree(bound, elbo, 1e-12)
    for name, value, own in zip(("MEANS", "PRECISIONS", "SHAPES", "RATES", "CONCENTRATIONS"), theirs, ours):
        agree(value, own, 1e-9)
        rust(name, value)
    rust("ELBO", bound[SHOWN])
    return bound


def golden_elbos(x: np.ndarray, strength: np.ndarray):
    """What golden_cavi_fit.py prints."""
    with contextlib.redirect_stdout(io.StringIO()) as out:
        golden("", x, strength, TAU, CENTRE, RHO, 0.0)
    return [float(line.split()[-1]) for line in out.getvalue().splitlines() if "ELBO" in line]


def main():
    with CATALOGUE.open(newline="") as file:
        rows = list(csv.DictReader(file))
    column = lambda name: np.array([float(row[name]) for row in rows])
    position, stations = np.stack([column("longitude"), column("latitude")], axis=1), column("stations")
    print("//", ", ".join(f"{module.__name__} {module.__version__}" for module in (np, scipy, sklearn, bayespy)))
    print("\n// normal-Wishart, Dirichlet weights: scikit-learn; log evidence and ELBO: NumPy")
    normal_wishart(position)
    print("\n// normal-Poisson, fixed weights: BayesPy")
    agree(normal_poisson(position, stations, False)[SHOWN], golden_elbos(position, stations), 1e-12)
    print("\n// normal-Poisson, Dirichlet weights: BayesPy")
    normal_poisson(position, stations, True)


if __name__ == "__main__":
    main()
