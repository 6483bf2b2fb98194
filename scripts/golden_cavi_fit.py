"""Golden values of crates/elbo/tests/cavi.rs: `pip install numpy scipy`, then `python scripts/golden_cavi_fit.py`.

Twenty sweeps of coordinate ascent on assets/earthquakes/fiji-since-1964.csv from responsibilities that both programs
compute, in plain NumPy: the parameters component by component, the ELBO term by term. Prints the ELBO after sweeps 1,
5 and 20, and the factors of component 1.
"""

import csv
from pathlib import Path

import numpy as np
from scipy.special import digamma, gammaln, softmax

CATALOGUE = Path(__file__).parent.parent / "assets/earthquakes/fiji-since-1964.csv"
WEIGHTS = np.array([0.5, 0.3, 0.2])
ALPHA, BETA = 1.0, 0.03


def start(events: int) -> np.ndarray:
    """Small whole numbers, each row divided by its sum."""
    n = np.arange(events)[:, None]
    k = np.arange(len(WEIGHTS))[None, :]
    mass = 1.0 + (31 * n + 17 * k * k + n * n * k) % 23
    return mass / mass.sum(axis=1, keepdims=True)


def normal_kl(mean, precision, nu, rho):
    ratio = rho / precision
    return 0.5 * (len(mean) * (ratio - 1 - np.log(ratio)) + rho * np.sum((mean - nu) ** 2))


def gamma_kl(shape, rate):
    return (
        (shape - ALPHA) * digamma(shape)
        - gammaln(shape)
        + gammaln(ALPHA)
        + ALPHA * np.log(rate / BETA)
        + shape * (BETA - rate) / rate
    )


def golden(name: str, x: np.ndarray, strength: np.ndarray, tau: float, nu: np.ndarray, rho: float, log_jacobian: float):
    events, axes = x.shape
    r = start(events)
    for sweep in range(1, 21):
        factors = []
        for k in range(len(WEIGHTS)):
            count = r[:, k].sum()
            precision = rho + tau * count
            mean = (rho * nu + tau * (r[:, k, None] * x).sum(axis=0)) / precision
            factors.append((mean, precision, ALPHA + (r[:, k] * strength).sum(), BETA + count))
        expected = np.empty_like(r)
        for k, (mean, precision, shape, rate) in enumerate(factors):
            square = ((x - mean) ** 2).sum(axis=1) + axes / precision
            position = 0.5 * axes * np.log(tau / (2 * np.pi)) - 0.5 * tau * square
            count = strength * (digamma(shape) - np.log(rate)) - shape / rate - gammaln(strength + 1)
            expected[:, k] = np.log(WEIGHTS[k]) + position + count
        r = softmax(expected, axis=1)
        entropy = -np.sum(r[r > 0] * np.log(r[r > 0]))
        divergence = sum(normal_kl(m, p, nu, rho) + gamma_kl(a, b) for m, p, a, b in factors)
        elbo = np.sum(r * expected) + entropy + log_jacobian - divergence
        if sweep in (1, 5, 20):
            print(f"{name}: ELBO after sweep {sweep}: {float(elbo)!r}")
    mean, precision, shape, rate = factors[0]
    print(f"{name}: mean {mean.tolist()!r}, precision {float(precision)!r}, shape {float(shape)!r}, rate {float(rate)!r}")


def main():
    with CATALOGUE.open(newline="") as file:
        rows = list(csv.DictReader(file))
    column = lambda name: np.array([float(row[name]) for row in rows])
    position = np.stack([column("longitude"), column("latitude")], axis=1)
    golden("normal-poisson", position, column("stations"), 0.1, np.array([180.0, -20.0]), 0.03, 0.0)
    depth = np.log(column("depth_km"))[:, None]
    golden("log-normal-poisson", depth, column("stations"), 4.0, np.array([5.5]), 1.0, -depth.sum())


if __name__ == "__main__":
    main()
