# %% [markdown]
# # Break a theorem
#
# A check that cannot fail proves nothing. Here statements are attacked: by controls, by a search for counterexamples,
# and by dropping one hypothesis at a time.

# %%
import numpy as np
from exercises import check

import toylab

# %% [markdown]
# ## 1 A theorem that is false as printed
#
# ICLR Theorem 2 says that a fake bounded by *any* point is bounded by a real one above it. toylab draws small problems
# until one contradicts it, then makes it as small as it can, and has it confirmed by another solver.

# %%
found = toylab.falsify("iclr.theorem-2", examples=200, seconds=30, seed=0)
found

# %%
assert found.counterexample is not None
print(found.counterexample.verdict.explain())

# %%
toylab.plot(found.counterexample.subject)

# %% [markdown]
# The two measures share both points. With disjoint supports the theorem is true, and the search finds nothing; that is
# no proof, so it says what it tried.

# %%
toylab.falsify("iclr.theorem-2.disjoint", examples=60, seconds=20, seed=0)

# %% [markdown]
# ## 2 Which hypothesis is needed?
#
# Lemma 10 joins two tight steps in one direction to one; without "one direction" the path turns round a corner. Theorem
# 4 says that the gradient on a tight pair points to the partner; without the Euclidean norm it need not.

# %%
toylab.falsify("lgan.lemma-10", without=["one direction"], examples=100, seconds=20, seed=0)

# %%
toylab.falsify("lgan.theorem-4", without=["Euclidean norm"], examples=100, seconds=20, seed=0)

# %% [markdown]
# ## 3 Controls
#
# Every claim carries hand-made cases that must come out *violated*, each with one hypothesis waived. `verify` checks
# the positive cases and the controls together.

# %%
toylab.verify("lgan.theorem-2b")

# %% [markdown]
# ## 4 Your own critic
#
# A verdict needs a certificate. A critic of your own, here f(z) = z₁, becomes a subject of claims; what is not
# certified is *not applicable*, and the message says which hypothesis is missing.

# %%
problem = toylab.zoo.load("case3", n=12, seed=0)
tilted = toylab.FormulaCritic(lambda z: z[:, 0], lambda z: np.tile([1.0, 0.0], (len(z), 1)), 1.0)
toylab.claims.get("lgan.theorem-3").check(toylab.Candidate.of(problem, tilted))

# %% [markdown]
# Waive "certified optimal" on purpose and the claim is decided on it: most fakes have no real above them at full
# slope.

# %%
toylab.claims.get("lgan.theorem-3").check(toylab.Candidate.of(problem, tilted), waive=["certified optimal"])

# %% [markdown]
# ## Exercises
#
# Each question takes one number: put it in place of `None` and run the cell again.

# %%
check("corner-k", None)
check("cosine", None)
check("ball", None)
