"""Golden values of crates/cavi: `pip install mpmath`, then `python scripts/golden_cavi.py`.

Prints ln Gamma(x) and psi(x) to double precision, computed with 50 digits, for the test of special.rs.
"""

from mpmath import loggamma, mp, mpf, psi

mp.dps = 50
for x in ("0.001", "0.01", "0.5", "1.4616", "2.0", "3.7", "25.0", "1000.0", "1000000.0"):
    print(f"({x}, {float(loggamma(mpf(float(x))))!r}, {float(psi(0, mpf(float(x))))!r}),")
