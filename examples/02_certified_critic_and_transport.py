# %% [markdown]
# # The certified critic and transport
#
# For finite measures the optimal critic is the solution of a convex program, its dual is a transport plan, and the two
# together are a proof: every number below comes with a bound on its error.

# %%
import numpy as np
from exercises import check

import toylab

# %% [markdown]
# ## 1 A convex program
#
# Unknown are the critic's values at the points and its Lipschitz constant k:
#
# minimise Σ p φ(f(x)) + Σ q ϕ(f(y)) + λ k²  subject to  f(y) − f(x) ≤ k ‖x − y‖ for every fake x and real y.
#
# Off the points any k-Lipschitz extension will do; toylab takes the lowest one, whose gradient at a fake points to the
# real that bounds it.

# %%
fake = toylab.DiscreteMeasure(np.array([[-3.0, -2.0], [-3.0, -1.0], [1.0, 1.0]]))
real = toylab.DiscreteMeasure(np.array([[-2.0, -2.0], [3.0, -1.0], [3.0, 2.0]]))
problem = toylab.CriticProblem(fake, real, toylab.losses.logistic(), toylab.LipschitzPenalty(0.05))
exact = toylab.solve(problem)
exact

# %% [markdown]
# ## 2 The dual proves it
#
# The multipliers γ of the constraints are a plan that moves mass from fakes to reals. Any plan gives a lower bound of
# the optimal value; the difference to the critic's value is a sum of terms that are all ≥ 0, so that nothing cancels.

# %%
print(np.round(exact.certificate.plan.toarray(), 4))
exact.certificate

# %% [markdown]
# The rows of the plan do not sum to the fakes' masses but to a(x) = p φ'(f(x)). For the logistic loss φ' is the
# sigmoid: a fake that the critic already tells apart, with a very low value, is hardly pushed. Here are the critic's
# values at the fakes, their masses, the row sums, and p φ'(f).

# %%
pushed = fake.weights * problem.losses.fake_loss.slope(exact.fake_values)
np.column_stack([exact.fake_values, fake.weights, exact.certificate.plan.sum(axis=1), pushed])

# %% [markdown]
# ## 3 Bounding pairs
#
# Where γ(x, y) > 0 the constraint is tight, f(y) − f(x) = k ‖x − y‖ (complementary slackness): the real y *bounds* the
# fake x, and ∇f\*(x) points to y with length k. The fake on the right has two bounding reals: f\* has a kink there,
# with slope k towards either, and the picture shows the gradient of the lowest extension.

# %%
toylab.plot(exact)

# %%
print(toylab.claims.get("lgan.theorem-3").check(exact).explain())

# %% [markdown]
# ## 4 Not the W₁ coupling
#
# The Wasserstein loss has φ' = 1, so its plan is the optimal transport between the measures themselves. For every
# other loss the marginals are reweighted, and partners may differ: look at the second fake.

# %%
wasserstein = toylab.solve(toylab.CriticProblem(fake, real, toylab.losses.wasserstein(), toylab.LipschitzPenalty(0.05)))
for name, solution in (("Wasserstein", wasserstein), ("logistic", exact)):
    print(name, "partners:", [row.nonzero()[0].tolist() for row in solution.certificate.plan.toarray() > 1e-9])

# %%
toylab.plot(wasserstein)

# %% [markdown]
# As λ grows k\* and the values shrink, φ' tends to φ'(0) = ½ everywhere, and the partners become those of the
# Wasserstein loss again.

# %%
toylab.explore(problem, losses=["logistic", "wasserstein"], weights=[0.05, 0.5, 50.0])

# %% [markdown]
# ## 5 A certificate can fail
#
# Give `certify` any critic: here the optimal one, a little too steep, and a constant one. The relative gap of the best
# constant is 1 by definition: it is what everything is measured against.

# %%
steeper = toylab.FormulaCritic(lambda z: 1.1 * exact.critic(z), lambda z: 1.1 * exact.critic.gradient(z))
flat = toylab.FormulaCritic(lambda z: np.zeros(len(z)), np.zeros_like)
for name, critic in (("optimal", exact.critic), ("10 % too steep", steeper), ("constant", flat)):
    certificate = toylab.certify(problem, critic, plan=exact.certificate.plan)
    print(f"{name:15} relative gap {certificate.relative_gap:.3g}")

# %% [markdown]
# ## Exercises
#
# Each question takes one number: put it in place of `None` and run the cell again.

# %%
check("logistic-diracs", None)
check("partners-later", None)
check("square-costs", None)
