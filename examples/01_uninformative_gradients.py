# %% [markdown]
# # Uninformative gradients
#
# A generator learns from ∇f, the gradient of the critic at its samples. This notebook shows three ways in which that
# gradient can say nothing about where the real data are, and the one restriction that prevents it.

# %%
import numpy as np
from exercises import check

import toylab

rng = np.random.default_rng(0)

# %% [markdown]
# ## 1 Without a restriction the critic is local
#
# Two Gaussian modes of real data on a line, fakes near one of them. The optimal critic of the vanilla objective is f\*
# = ln(q/p): it compares densities *here* and knows nothing of the far mode (LGAN section 3.1, ICLR section 4.2).

# %%
fake = toylab.distributions.Gaussian([-0.75], 0.15)
real = toylab.distributions.Mixture([toylab.distributions.Gaussian([centre], 0.15) for centre in (-1.25, 1.0)])
pair = toylab.DensityPair(fake, real, toylab.divergences.UnrestrictedLoss(toylab.losses.logistic()))
toylab.plot(pair)

# %% [markdown]
# The arrows leave the far mode alone. How many fakes go to the near one is not a matter of taste: the claim computes
# it.

# %%
print(toylab.claims.get("iclr.section-4.2").check(pair).explain())

# %% [markdown]
# ## 2 On disjoint supports there is nothing to follow
#
# Finite samples never share a point. The least-squares critic is then 0 on every fake and 1 on every real, wherever
# the reals are: the picture is the same when the real square moves away, and the gradient at the fakes is 0.

# %%
near = toylab.zoo.load(
    "case1.1", n=40, seed=1, losses=toylab.losses.quadratic(0.0, 1.0), regularizer=toylab.Unrestricted()
)
local = toylab.solve(near)
print("f on the fakes:", np.unique(local.fake_values), "  f on the reals:", np.unique(local.real_values))
print("largest gradient at a fake:", np.abs(local.critic.gradient(near.fake.points)).max())

# %% [markdown]
# ## 3 The compact dual: any gradient you like
#
# Writing the Wasserstein distance with constraints between samples only is correct for the *value*. But take any
# vectors, here a whirl, and there is a smooth optimum of that dual whose gradient at the fakes is exactly that (LGAN
# section 3.3).

# %%
problem = toylab.zoo.load("case3", n=30, seed=1)
exact = toylab.solve(problem)
centred = problem.fake.points - problem.fake.points.mean(axis=0)
whirl = 4.0 * np.column_stack([-centred[:, 1], centred[:, 0]])
spun = toylab.Candidate.of(problem, toylab.uninformative(exact, whirl), plan=exact.certificate.plan)
print("relative gap of the whirl:", spun.certificate.relative_gap)
toylab.plot(spun)

# %% [markdown]
# Values as good as optimal, gradients that say nothing: judging a critic by its loss is not enough. What the whirl
# breaks is the Lipschitz constant: its largest gradient is far above k\*.

# %%
print("k* =", exact.lipschitz_constant, "  excess of the whirl, R(steepest) − R(k*):", spun.certificate.critic_excess)

# %% [markdown]
# ## 4 Restrict the Lipschitz constant
#
# With the penalty λ k² every fake that can gain is *bound* to a real sample above it, and ∇f\* points exactly there
# (Theorem 3 and Theorem 4). Half of the fakes go to the far mode.

# %%
toylab.plot(exact)

# %%
toylab.claims.get("lgan.theorem-3").check(exact)

# %% [markdown]
# Play with the loss and with λ: the length of the arrows changes, the fact that they end at real samples does not.

# %%
toylab.explore(problem, losses=["wasserstein", "logistic", "hinge"], weights=[0.01, 0.1, 1.0])

# %% [markdown]
# ## Exercises
#
# Each question takes one number: put it in place of `None` and run the cell again.

# %%
check("shared-point", None)
check("far-real", None)
check("near-mode", None)
