# %% [markdown]
# # Particles and equilibrium
#
# The generator is taken out: fake points move freely along ∇f\* of the certified critic, which is found anew at every
# step. Theorem 2 (d) says that P_g = P_r is the only equilibrium. Whether a *flow* gets there is another question, and
# here it is measured.

# %%
import numpy as np
from exercises import check

import toylab
from toylab.dynamics import Jitter, NoisyDensities, UnitStep, follow

# %% [markdown]
# ## 1 A flow that arrives
#
# Six fakes, six reals, Wasserstein loss with the penalty λ k². Every step is equally long, and nobody steps past the
# partner.

# %%
step = UnitStep(length=0.04)
start = toylab.zoo.load("case4", n=6, seed=0, losses=toylab.losses.wasserstein())
path = follow(start, step=step, steps=60)
toylab.plot(path)

# %%
path

# %% [markdown]
# The same flow as a moving picture: the surface of the critic flattens as the fakes come nearer.
# `toylab.animate(path, "flow.gif")` writes it to a file, `"flow.mp4"` too where ffmpeg is installed.

# %%
toylab.animate(path, every=2, dpi=80)

# %% [markdown]
# Both W₁ and the constant k\* fall to 0 together: with a penalty in place of a bound the critic becomes flat where the
# measures agree (LGAN section 4.1). Each number on the way is certified.

# %%
every = slice(None, None, 5)
np.column_stack([path.w1[every], path.constants[every], path.gaps[every]])

# %% [markdown]
# ## 2 Two fakes in one place share a gradient for ever
#
# Put two fakes on top of each other. They have one gradient, so they stay together; two reals can never both be
# reached. A jitter, a tiny random displacement, separates them.

# %%
fake = toylab.DiscreteMeasure(np.array([[0.0, 0.0], [0.0, 0.0]]))
real = toylab.DiscreteMeasure(np.array([[1.0, 0.5], [1.0, -0.5]]))
pair = toylab.CriticProblem(fake, real, toylab.losses.logistic(), toylab.LipschitzPenalty(0.1))
together = follow(pair, step=step, steps=60)
print(together.why())

# %%
apart = follow(pair, step=step, split=Jitter(scale=1e-3, seed=0), steps=60)
print(apart.why())
toylab.plot(apart)

# %% [markdown]
# ## 3 Losses differ
#
# The same start, four losses: what is left of W₁ after sixty steps, and why the flow ended.

# %%
for name in ("wasserstein", "logistic", "sqrt", "exponential"):
    problem = toylab.zoo.load("case4", n=6, seed=4, losses=toylab.losses.get(name))
    flow = follow(problem, step=step, steps=60)
    print(f"{name:12} {100 * flow.share_left:5.1f} % of W1 left: {flow.why()}")

# %% [markdown]
# ## 4 Without a Lipschitz restriction
#
# On finite measures an unrestricted critic says nothing between the points. With both measures blurred it has a
# gradient, of the vanilla objective here, which compares the two densities around each fake and knows no plan: several
# fakes crowd at one real sample, and others stay without any.

# %%
blurred = NoisyDensities(local=toylab.divergences.UnrestrictedLoss(toylab.losses.logistic()), scale=0.1)
lost = follow(start, blurred, step=step, steps=60)
print(lost.why())
toylab.plot(lost)

# %% [markdown]
# ## Exercises
#
# Each question takes one number: put it in place of `None` and run the cell again.

# %%
check("vanishing-constant", None)
check("ball-constant", None)
check("midway", None)
