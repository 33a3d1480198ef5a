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
# the reals are. Below, the square of reals stands 2 away and then 5 away: nothing a fake could notice has changed. Its
# gradient is 0 both times, so a generator that follows it stays where it is.

# %%
least_squares = {"losses": toylab.losses.quadratic(0.0, 1.0), "regularizer": toylab.Unrestricted()}
near = toylab.zoo.load("case1.1", n=40, seed=1, **least_squares)
far = toylab.CriticProblem(near.fake, toylab.DiscreteMeasure(near.real.points + np.array([3.0, 0.0])), **least_squares)
for place, square in (("2 away", near), ("5 away", far)):
    local = toylab.solve(square)
    steepest = np.abs(local.critic.gradient(square.fake.points)).max()
    print(f"{place}: f on the fakes {np.unique(local.fake_values)}, largest gradient there {steepest}")
toylab.plot(toylab.solve(far))

# %% [markdown]
# ## 3 The compact dual: any gradient you like
#
# Writing the Wasserstein distance with constraints between samples only is correct for the *value*. But take any
# vectors, here a whirl, and there is a smooth optimum of that dual whose gradient at the fakes is exactly that (LGAN
# section 3.3). It has the optimal values at all points; around each fake it is bent within a disc smaller than its dot,
# so that the surface looks flat.

# %%
problem = toylab.zoo.load("case3", n=30, seed=5, losses=toylab.losses.wasserstein())
exact = toylab.solve(problem)
centred = problem.fake.points - problem.fake.points.mean(axis=0)
whirl = 40.0 * np.column_stack([-centred[:, 1], centred[:, 0]])
spun = toylab.Candidate.of(problem, toylab.uninformative(exact, whirl), plan=exact.certificate.plan)
print(f"relative gap of the whirl: {spun.certificate.relative_gap:.1e}")
toylab.plot(spun)

# %% [markdown]
# Values as good as optimal, gradients that say nothing: judging a critic by its loss is not enough. What the whirl
# breaks is the Lipschitz constant: its largest gradient is far above k\*.

# %%
excess = spun.certificate.critic_excess
print(f"k* = {exact.lipschitz_constant:.4f}; excess of the whirl, R(its steepest gradient) − R(k*): {excess:.3g}")

# %% [markdown]
# ## 4 Restrict the Lipschitz constant
#
# With the penalty λ k² every fake that can gain is *bound* to a real sample above it, and ∇f\* points exactly there
# (Theorem 3 and Theorem 4). With the Wasserstein loss as many fakes are sent to the far mode as there are reals.

# %%
told_right = int((exact.critic.gradient(problem.fake.points)[:, 0] > 0).sum())
print(f"{told_right} of 30 fakes are told to go right, where {int((problem.real.points[:, 0] > 0).sum())} reals are")
toylab.plot(exact)

# %%
toylab.claims.get("lgan.theorem-3").check(exact)

# %% [markdown]
# Play with the loss and with λ. Arrows are drawn in units of k, the length of every gradient: k falls as λ grows, and
# how many fakes the far mode gets depends on the loss, but every arrow points to a real sample.

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
