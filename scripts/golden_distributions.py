"""Golden values of crates/distributions: `pip install scipy==1.17.1 mpmath`, then `python scripts/golden_distributions.py`.

Prints, as Rust to be pasted, the numbers that the tests of each distribution hold: from SciPy's and mpmath's functions, and KL
divergences by 30-digit quadrature or sums, not by the closed forms under test.
"""

import mpmath as mp
from scipy import stats

mp.mp.dps = 30


def row(*values):
    return "        (" + ", ".join(repr(float(v)) if not isinstance(v, str) else v for v in values) + "),"


def table(name, rows):
    print(f"    const {name}: [_; {len(rows)}] = [")
    print("\n".join(rows))
    print("    ];")


print("exponential/tests.rs: rate, value, log_prob, mean, variance, entropy; then a, b, KL(Exp(a) || Exp(b))")
rows = []
for rate in (1e-6, 0.3, 1.0, 7.5, 1e6):
    d = stats.expon(scale=1 / rate)
    for u in (1e-3, 0.5, 20.0):
        z = u / rate
        rows.append(row(rate, z, d.logpdf(z), d.mean(), d.var(), d.entropy()))
table("GOLDEN", rows)
rows = []
for a, b in ((1.0, 1.0), (0.3, 7.5), (7.5, 0.3), (1.0, 1.001), (1e-6, 2e-6), (1e6, 1e3)):
    ma, mb = mp.mpf(a), mp.mpf(b)
    points = [0, 1 / ma, 10 / ma, 100 / ma]
    kl = mp.quad(lambda z: ma * mp.exp(-ma * z) * (mp.log(ma / mb) + (mb - ma) * z), points)
    rows.append(row(a, b, kl))
table("GOLDEN_KL", rows)

print("gumbel/tests.rs: loc, scale, value, log_prob, mean, variance, entropy")
rows = []
for loc, scale in ((0.0, 1.0), (-3.0, 0.25), (100.0, 1e3), (0.0, 1e-4)):
    d = stats.gumbel_r(loc, scale)
    for y in (-2.0, 0.1, 9.0):
        x = loc + scale * y
        rows.append(row(loc, scale, x, d.logpdf(x), d.mean(), d.var(), d.entropy()))
table("GOLDEN", rows)

rows = []
for q_loc, q_scale, p_loc, p_scale in ((0.0, 1.0, 0.0, 1.0), (0.3, 0.5, -1.0, 2.0), (-1.0, 2.0, 0.3, 0.5), (5.0, 1.0, 0.0, 3.0)):
    m, b, n, c = (mp.mpf(v) for v in (q_loc, q_scale, p_loc, p_scale))
    log_pdf = lambda x, m, b: -((x - m) / b + mp.exp(-(x - m) / b)) - mp.log(b)
    integrand = lambda x: mp.exp(log_pdf(x, m, b)) * (log_pdf(x, m, b) - log_pdf(x, n, c))
    points = [m + b * y for y in (-6, -4, -2, 0, 3, 8, 20, 80)]
    rows.append(row(q_loc, q_scale, p_loc, p_scale, mp.quad(integrand, points)))
table("GOLDEN_KL", rows)

print("categorical/tests.rs: entropies of P, Q and R, log q(1), KL(Q || P), KL(P || Q), KL(R || P)")
P, Q, R = [0.1, 0.2, 0.5, 0.2], [0.25, 0.25, 0.25, 0.25], [1e-6, 0.3, 0.0, 0.699999]
kl = lambda q, p: mp.fsum(mp.mpf(a) * mp.log(mp.mpf(a) / mp.mpf(b)) for a, b in zip(q, p) if a > 0)
values = [stats.entropy(P), stats.entropy(Q), -mp.fsum(mp.mpf(a) * mp.log(a) for a in R if a > 0)]
table("GOLDEN", [f"        {float(v)!r}," for v in (*values, mp.log(mp.mpf(P[1])), kl(Q, P), kl(P, Q), kl(R, P))])

print("relaxed_one_hot/tests.rs: temperature, y, log-density of y, log-density of log y; p = 0.1, 0.2, 0.5, 0.2")
rows = []
for t in (0.1, 0.5, 1.0, 5.0):
    for y in ([0.25, 0.25, 0.25, 0.25], [0.7, 0.1, 0.15, 0.05], [0.01, 0.01, 0.97, 0.01]):
        p, y, mt = [mp.mpf(v) for v in P], [mp.mpf(v) for v in y], mp.mpf(t)
        inner = mp.fsum(a * b ** (-mt) for a, b in zip(p, y))
        density = mp.gamma(4) * mt**3 * inner ** (-4) * mp.fprod(a * b ** (-mt - 1) for a, b in zip(p, y))
        of_log = mp.log(density) + mp.fsum(mp.log(b) for b in y)
        rows.append(row(t, "[" + ", ".join(repr(float(b)) for b in y) + "]", mp.log(density), of_log))
table("GOLDEN", rows)

print("goodness_of_fit.rs")
table("KOLMOGOROV", [row(x, stats.kstwobign.sf(x)) for x in (0.1, 0.3, 0.6, 0.99, 1.0, 1.3, 2.0, 3.0)])
exact = [(n, d) for n, ds in ((20, (0.1, 0.2, 0.3)), (100, (0.05, 0.1, 0.15)), (1000, (0.02, 0.03, 0.05))) for d in ds]
table("KOLMOGOROV_EXACT", [row(n, d, stats.kstwo.sf(d, n)) for n, d in exact])
two = stats.chi2_contingency([[90, 210, 480, 220], [60, 100, 250, 90]], correction=False)
print("    const TWO_SAMPLE: (f64, f64) =", f"({float(two[0])!r}, {float(two[1])!r});")
print("    one sample", stats.chisquare([90, 210, 480, 220], [100, 200, 500, 200]))

print("gamma/tests.rs: concentration, rate, value, log_prob, mean, variance, entropy; then a, rate of q, b, rate of p, KL(q || p)")
# By mpmath at 30 digits: SciPy's own logpdf cancels at a concentration of 1e4.
rows = []
for a, rate, zs in ((0.01, 1.0, (1e-20, 0.5)), (0.5, 3.0, (1e-6, 0.1, 4.0)), (2.0, 0.25, (0.5, 8.0, 60.0)),
                    (100.0, 1.0, (64.0, 100.0, 140.0)), (1e4, 2.0, (4800.0, 5000.0, 5125.0))):
    ma, mr = mp.mpf(a), mp.mpf(rate)
    entropy = ma - mp.log(mr) + mp.loggamma(ma) + (1 - ma) * mp.digamma(ma)
    for z in zs:
        log_prob = ma * mp.log(mr) + (ma - 1) * mp.log(z) - mr * z - mp.loggamma(ma)
        rows.append(row(a, rate, z, log_prob, ma / mr, ma / mr**2, entropy))
table("GOLDEN", rows)
rows = []
for a, q, b, p in ((1.0, 1.0, 1.0, 1.0), (0.5, 3.0, 2.0, 0.25), (2.0, 0.25, 0.5, 3.0), (0.01, 1.0, 1.0, 1.0), (100.0, 1.0, 120.0, 1.0)):
    ma, mq, mb, mr = (mp.mpf(v) for v in (a, q, b, p))
    kl = (ma - mb) * mp.digamma(ma) - mp.loggamma(ma) + mp.loggamma(mb) + mb * mp.log(mq / mr) + ma * (mr / mq - 1)
    rows.append(row(a, q, b, p, kl))
table("GOLDEN_KL", rows)


# Tables of arrays, which rustfmt leaves on one line each; digits in threes, as clippy wants them.
def literal(value):
    text = repr(float(value))
    if text.lstrip("-") == "0.6931471805599453":
        return text.replace("0.6931471805599453", "std::f64::consts::LN_2")
    if "e" in text:
        mantissa, exponent = text.split("e")
        return (mantissa if len(mantissa) < 6 else literal(float(mantissa))) + "e" + exponent.lstrip("+")
    whole, fraction = text.lstrip("-").split(".")
    sign = "-" if text.startswith("-") else ""
    whole = f"{int(whole):_}" if len(whole) > 4 or len(fraction) > 5 else whole
    if len(fraction) > 5 or (len(whole) > 3 and "_" in whole and len(fraction) > 3):
        fraction = "_".join(fraction[i : i + 3] for i in range(0, len(fraction), 3))
    return f"{sign}{whole}.{fraction}"


def arrays(name, rows, doc):
    print(f"/// `scripts/golden_distributions.py` (mpmath {mp.__version__}): {doc}.")
    print(f"const {name}: [[f64; {len(rows[0])}]; {len(rows)}] = [")
    for values in rows:
        print("    [" + ", ".join(literal(v) for v in values) + "],")
    print("];")


def log_normaliser(a):
    return mp.fsum(mp.loggamma(x) for x in a) - mp.loggamma(mp.fsum(a))


def dirichlet_entropy(a):
    total = mp.fsum(a)
    return log_normaliser(a) + (total - len(a)) * mp.digamma(total) - mp.fsum((x - 1) * mp.digamma(x) for x in a)


def dirichlet_kl(a, b):
    of_classes = mp.fsum((x - y) * (mp.digamma(x) - mp.digamma(mp.fsum(a))) for x, y in zip(a, b))
    return log_normaliser(b) - log_normaliser(a) + of_classes


print("dirichlet/tests.rs")
mpfs = lambda values: [mp.mpf(v) for v in values]
SETS = ([0.01, 0.01, 0.01], [0.5, 1.5, 3.0], [1.0, 1.0, 1.0], [20.0, 100.0, 3.0], [1e4, 2e4, 1e4])
rows = []
for a in SETS:
    for x in ([0.25, 0.5, 0.25], [0.125, 0.75, 0.125], [2.0**-20, 0.5, 0.5 - 2.0**-20]):
        log_prob = mp.fsum((c - 1) * mp.log(v) for c, v in zip(mpfs(a), mpfs(x))) - log_normaliser(mpfs(a))
        rows.append((*a, *x, log_prob))
arrays("GOLDEN", rows, "three concentrations, three values, log_prob")
rows = []
for a in SETS:
    c, total = mpfs(a), mp.fsum(a)
    rows.append((*a, c[0] / total, c[0] * (total - c[0]) / (total**2 * (total + 1)), dirichlet_entropy(c)))
arrays("GOLDEN_MOMENTS", rows, "three concentrations, mean and variance of the first entry, entropy")
pairs = [(SETS[0], SETS[2]), (SETS[1], SETS[2]), (SETS[2], SETS[1]), (SETS[3], SETS[1]), (SETS[4], [1.1e4, 2e4, 0.9e4])]
arrays("GOLDEN_KL", [(*a, *b, dirichlet_kl(mpfs(a), mpfs(b))) for a, b in pairs], "concentrations of q, of p, `KL(q || p)`")

print("beta/tests.rs")
SETS = ([0.01, 0.01], [0.5, 2.0], [1.0, 1.0], [30.0, 4.0], [0.01, 1e4], [1e4, 1e4])
rows = []
for a in SETS:
    for x in (1e-20, 0.25, 0.5, 0.875) if a[0] < 1e4 else (0.4921875, 0.5, 0.5078125):
        mx = mp.mpf(x)
        log_prob = (mp.mpf(a[0]) - 1) * mp.log(mx) + (mp.mpf(a[1]) - 1) * mp.log(1 - mx) - log_normaliser(mpfs(a))
        rows.append((*a, x, log_prob))
arrays("GOLDEN", rows, "both concentrations, value, log_prob")
moments = lambda a, b: (a / (a + b), a * b / ((a + b) ** 2 * (a + b + 1)))
arrays("GOLDEN_MOMENTS", [(*a, *moments(*mpfs(a))) for a in SETS], "both concentrations, mean, variance")
arrays("GOLDEN_ENTROPY", [(*a, dirichlet_entropy(mpfs(a))) for a in SETS], "both concentrations, entropy")
pairs = [(SETS[2], SETS[2]), (SETS[0], SETS[2]), (SETS[1], SETS[3]), (SETS[3], SETS[1]), (SETS[5], [1.1e4, 0.9e4])]
arrays("GOLDEN_KL", [(*a, *b, dirichlet_kl(mpfs(a), mpfs(b))) for a, b in pairs], "concentrations of q, of p, `KL(q || p)`")


# The rest: densities written out once more, moments, entropies and divergences by quadrature over `u` of the quantile.
def expectation(quantile, f, kinks=()):
    points = sorted([mp.mpf(0), mp.mpf(1) / 2, mp.mpf(1), *kinks])
    return mp.quad(lambda u: f(quantile(u)), points)


def laplace_quantile(m, b):
    return lambda u: m + b * mp.log(2 * u) if u < 0.5 else m - b * mp.log(2 * (1 - u))


# Name: log-density and quantile from both parameters, which are mpf.
LAWS = {
    "gaussian": (lambda m, s: lambda x: -(((x - m) / s) ** 2) / 2 - mp.log(s * mp.sqrt(2 * mp.pi)), None),
    "log_normal": (lambda m, s: lambda x: -(((mp.log(x) - m) / s) ** 2) / 2 - mp.log(s * x * mp.sqrt(2 * mp.pi)),
                   lambda m, s: lambda u: mp.exp(m + s * mp.sqrt(2) * mp.erfinv(2 * u - 1))),
    "laplace": (lambda m, b: lambda x: -abs(x - m) / b - mp.log(2 * b), laplace_quantile),
    "uniform": (lambda l, h: lambda x: -mp.log(h - l), lambda l, h: lambda u: l + (h - l) * u),
    "logit_normal": (lambda m, s: lambda x: -(((mp.log(x / (1 - x)) - m) / s) ** 2) / 2
                     - mp.log(s * mp.sqrt(2 * mp.pi)) - mp.log(x) - mp.log(1 - x), None),
    "weibull": (lambda k, l: lambda x: mp.log(k / l) + (k - 1) * mp.log(x / l) - (x / l) ** k,
                lambda k, l: lambda u: l * (-mp.log1p(-u)) ** (1 / k)),
    "kumaraswamy": (lambda a, b: lambda x: mp.log(a * b) + (a - 1) * mp.log(x) + (b - 1) * mp.log1p(-(x**a)),
                    lambda a, b: lambda u: (1 - (1 - u) ** (1 / b)) ** (1 / a)),
}
CASES = {
    "gaussian": (((0.0, 1.0), (0.3, 0.5), (-20.0, 0.125), (3.0, 1e3), (10.0, 0.001)), (-20.5, 0.0, 1.1, 10.0)),
    "log_normal": (((0.0, 1.0), (-20.0, 0.125), (3.0, 2.0), (10.0, 0.001)), (0.0625, 1.0, 30.0)),
    "laplace": (((0.0, 1.0), (-3.0, 0.25), (100.0, 1e3), (0.0, 1e-4)), (-3.5, 0.0, 0.0009765625)),
    "uniform": (((0.0, 1.0), (-3.0, 5.0), (-1e3, 1e4), (0.0, 1e-4)), (0.0, 0.00006103515625)),
    "logit_normal": (((0.0, 1.0), (-3.0, 0.25), (2.0, 5.0)), (1e-12, 0.0625, 0.5, 0.9375)),
    "weibull": (((1.0, 1.0), (0.5, 3.0), (5.0, 0.125), (2.0, 1024.0), (50.0, 1.0)), (0.0625, 0.25, 1.0)),
    "kumaraswamy": (((1.0, 1.0), (0.5, 2.0), (0.125, 0.25), (5.0, 3.0), (20.0, 100.0)), (1e-12, 0.0625, 0.5, 0.875)),
}
PAIRS = {
    "gaussian": ((0.0, 1.0, 0.0, 1.0), (0.3, 0.5, -1.0, 2.0), (-1.0, 2.0, 0.3, 0.5), (-2.0, 0.001, 0.0, 1.0)),
    "log_normal": ((0.0, 1.0, 0.0, 1.0), (-1.0, 0.5, 1.0, 2.0), (1.0, 2.0, -1.0, 0.5)),
    "laplace": ((0.0, 1.0, 0.0, 1.0), (0.5, 0.25, -1.0, 2.0), (-1.0, 2.0, 0.5, 0.25), (5.0, 1.0, 0.0, 3.0)),
    "uniform": ((0.0, 1.0, 0.0, 1.0), (0.0, 1.0, -3.0, 5.0), (0.0, 1e-4, -1.0, 1e4)),
    "logit_normal": ((0.0, 1.0, 0.0, 1.0), (-1.0, 0.5, 1.0, 2.0), (1.0, 2.0, -1.0, 0.5)),
    "weibull": ((1.0, 1.0, 1.0, 1.0), (0.5, 3.0, 2.0, 5.0), (5.0, 0.125, 1.0, 1.0), (2.0, 1.0, 3.0, 0.5)),
}
for name, (log_density, quantile) in LAWS.items():
    print(f"{name}/tests.rs")
    parameters, points = CASES[name]
    rows = [(*p, x, log_density(*mpfs(p))(mp.mpf(x))) for p in parameters for x in points]
    if name in ("gaussian", "log_normal"):
        rows = [r for r in rows if abs(r[3]) < 1e5]
    arrays("GOLDEN", rows, "both parameters, value, log_prob")
    closed = {
        "gaussian": lambda m, s: (m, s**2),
        "log_normal": lambda m, s: (mp.exp(m + s**2 / 2), mp.expm1(s**2) * mp.exp(2 * m + s**2)),
        "laplace": lambda m, b: (m, 2 * b**2),
        "uniform": lambda l, h: ((l + h) / 2, (h - l) ** 2 / 12),
        "weibull": lambda k, l: (l * mp.gamma(1 + 1 / k), l**2 * (mp.gamma(1 + 2 / k) - mp.gamma(1 + 1 / k) ** 2)),
        "kumaraswamy": lambda a, b: (b * mp.beta(1 + 1 / a, b),
                                     b * mp.beta(1 + 2 / a, b) - (b * mp.beta(1 + 1 / a, b)) ** 2),
    }
    entropies = {
        "gaussian": lambda m, s: mp.log(s * mp.sqrt(2 * mp.pi * mp.e)),
        "log_normal": lambda m, s: m + mp.log(s * mp.sqrt(2 * mp.pi * mp.e)),
        "kumaraswamy": lambda a, b: 1 - 1 / b + (1 - 1 / a) * mp.harmonic(b) - mp.log(a * b),
    }
    if name in closed:
        arrays("GOLDEN_MOMENTS", [(*p, *closed[name](*mpfs(p))) for p in parameters], "both parameters, mean, variance")
        by_quadrature = lambda p: expectation(quantile(*mpfs(p)), lambda x: -log_density(*mpfs(p))(x))
        entropy = lambda p: entropies[name](*mpfs(p)) if name in entropies else by_quadrature(p)
        arrays("GOLDEN_ENTROPY", [(*p, entropy(p)) for p in parameters], "both parameters, entropy")
    if name in PAIRS:
        rows = []
        for pair in PAIRS[name]:
            a, b, c, d = mpfs(pair)
            q, p = log_density(a, b), log_density(c, d)
            if name == "gaussian":
                ends = [a + 3 * b * i for i in range(-4, 5)]
                kl = mp.quad(lambda x: mp.exp(q(x)) * (q(x) - p(x)), ends)
            elif name in ("log_normal", "logit_normal"):
                kl = mp.log(d / b) + (b**2 + (a - c) ** 2) / (2 * d**2) - mp.mpf(1) / 2
            else:
                kink = mp.exp(-abs(a - c) / b) / 2
                kinks = [] if name != "laplace" or a == c else [kink if c < a else 1 - kink]
                kl = expectation(quantile(a, b), lambda x: q(x) - p(x), kinks)
            rows.append((*pair, kl))
        arrays("GOLDEN_KL", rows, "both parameters of q, of p, `KL(q || p)`")

print("bernoulli/tests.rs")
LOGITS = (0.0, 1.3, -0.4, -2.0, 30.0, -87.0)


def bernoulli(logit):
    """The logarithms of both probabilities, [of 0, of 1]."""
    return [-mp.log1p(mp.exp(mp.mpf(logit))), -mp.log1p(mp.exp(-mp.mpf(logit)))]


arrays("GOLDEN", [(l, x, bernoulli(l)[x]) for l in LOGITS for x in (0, 1)], "logit, value, log_prob")
rows = []
for l in LOGITS:
    zero, one = bernoulli(l)
    mean = mp.exp(one)
    rows.append((l, mean, mean * mp.exp(zero), -mp.fsum(mp.exp(log) * log for log in (zero, one))))
arrays("GOLDEN_MOMENTS", rows, "logit, mean, variance, entropy")
rows = []
for q, p in ((1.3, 1.3), (1.3, -2.0), (-0.4, 0.5), (30.0, -1.0), (-87.0, 20.0)):
    kl = mp.fsum(mp.exp(of_q) * (of_q - of_p) for of_q, of_p in zip(bernoulli(q), bernoulli(p)))
    rows.append((q, p, kl))
arrays("GOLDEN_KL", rows, "logit of q, of p, `KL(q || p)`")

print("poisson/tests.rs")
rows = []
for rate, counts in ((1e-3, (0, 1, 5)), (1.0, (0, 1, 10)), (30.0, (0, 20, 31, 70)), (1e6, (996_000, 1_000_000, 1_003_000))):
    for k in counts:
        rows.append((rate, k, k * mp.log(mp.mpf(rate)) - mp.mpf(rate) - mp.loggamma(k + 1)))
arrays("GOLDEN", rows, "rate, value, log_prob")
rows = []
for q, p in ((1.0, 1.0), (0.001, 2.0), (30.0, 25.0), (1e6, 1.001e6)):
    mq, mr = mp.mpf(q), mp.mpf(p)
    rows.append((q, p, mq * mp.log(mq / mr) - mq + mr))
arrays("GOLDEN_KL", rows, "rate of q, of p, `KL(q || p)`")

print("relaxed_bernoulli/tests.rs")
rows = []
for logit, t in ((0.0, 1.0), (2.0, 0.5), (-8.0, 0.125), (30.0, 4.0)):
    for y in (2.0**-30, 0.25, 0.5, 0.9375):
        my, mt, alpha = mp.mpf(y), mp.mpf(t), mp.exp(mp.mpf(logit))
        top = mt * alpha * my ** (-mt - 1) * (1 - my) ** (-mt - 1)
        rows.append((logit, t, y, mp.log(top / (alpha * my**-mt + (1 - my) ** -mt) ** 2)))
arrays("GOLDEN", rows, "logit, temperature, value, log_prob")
