"""Golden values of crates/distributions: `pip install scipy==1.17.1 numpy`, then `python scripts/golden_distributions.py`.

Prints the numbers that the tests of gaussian.rs and bernoulli.rs hold, from SciPy's log-densities and from quadrature.
"""

import numpy as np
from scipy import integrate, special, stats


def gaussian_kl(q, p):
    """KL(q || p) by quadrature, not by the closed form under test."""
    integrand = lambda z: q.pdf(z) * (q.logpdf(z) - p.logpdf(z))
    low, high = q.mean() - 12 * q.std(), q.mean() + 12 * q.std()
    return integrate.quad(integrand, low, high, epsabs=1e-12, epsrel=1e-12, limit=500)[0]


def bernoulli_kl(q, p):
    return sum(q.pmf(x) * (q.logpmf(x) - p.logpmf(x)) for x in (0, 1)).sum()


q, p = stats.norm(0.3, 0.5), stats.norm(-1.0, 2.0)
print("gaussian.rs")
print("  log q(1.1)", q.logpdf(1.1))
print("  log p(1.1)", p.logpdf(1.1))
print("  H(q)      ", q.entropy())
print("  KL(q || p)", gaussian_kl(q, p))
print("  KL(p || q)", gaussian_kl(p, q))

q, p = (stats.bernoulli(special.expit(np.array(l))) for l in ([1.3, -0.4], [-2.0, 0.5]))
print("bernoulli.rs")
print("  log q(1,0)", q.logpmf([1, 0]).sum())
print("  H(q)      ", q.entropy().sum())
print("  KL(q || p)", bernoulli_kl(q, p))
