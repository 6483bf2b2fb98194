"""Golden values of the Pareto-smoothed k-hat: `pip install arviz==0.22.0`, then `python scripts/golden_pareto.py`.

Prints, for the test of crates/train/src/evaluate/pareto.rs, the shape and scale that ArviZ fits to exceedances (Zhang and
Stephens, 2009, with the weak prior of Vehtari et al., 2024) and the k-hat that its PSIS finds for log weights. Both inputs
are closed formulas, written again in the test.
"""

from math import sqrt

import numpy as np
from arviz.stats.stats import _gpdfit, psislw


def quantiles(shape, count):
    """Exceedances at the quantiles (i + 1/2) / count of a generalised Pareto law of scale 1."""
    u = (np.arange(count) + 0.5) / count
    return -np.log1p(-u) if shape == 0 else np.expm1(-shape * np.log1p(-u)) / shape


def log_weights(spread, count):
    """A fixed quasi-random sequence, stretched: between log uniform and far beyond any exponential."""
    u = np.modf((np.arange(count) + 1) * (sqrt(5.0) - 1.0) / 2.0)[0]
    return -80.0 - spread * np.log1p(-u)


for shape, count in ((-0.4, 7), (0.0, 5), (0.3, 40), (0.7, 95), (1.6, 212)):
    k, sigma = _gpdfit(quantiles(shape, count))
    print(f"({shape}, {count}, {float(k)!r}, {float(sigma)!r}),")
for spread, count in ((0.1, 25), (0.3, 100), (0.5, 1000), (0.9, 1000), (3.0, 5000)):
    print(f"({spread}, {count}, {float(psislw(log_weights(spread, count))[1])!r}),")
