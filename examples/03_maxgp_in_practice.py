# %% [markdown]
# # MaxGP in practice
#
# A network is trained with the penalty λ · max ‖∇f‖² over blends of fake and real samples (LGAN Eq. 12). How near does
# it come to f\*? Here that is a number, because the optimum of the same problem is certified.

# %%
from exercises import check

import toylab
from toylab.plotting import plot_training
from toylab.solvers import GP, MaxGP, MeanSquare

# %% [markdown]
# ## 1 The optimum
#
# One Gaussian of fakes between two Gaussians of reals, ten points a side.

# %%
problem = toylab.zoo.load("case3", n=10, seed=3)
exact = toylab.solve(problem)
print(f"k* = {exact.lipschitz_constant:.6f}, V = {exact.value:.6f}, relative gap {exact.certificate.relative_gap:.1e}")

# %% [markdown]
# ## 2 Train
#
# `MaxGP()` is a composition: architecture, penalty, batches, schedule, stopping rule. It judges itself at growing
# intervals and stops when its own certificate says so. Everything is seeded.

# %%
trained = toylab.solve(problem, MaxGP(seed=0, steps=1500))
trained

# %% [markdown]
# ## 3 Beside the certified critic
#
# Left: the trained surface, its gradients at the fakes (arrows), and the directions to the bounding partners (thin
# lines). Right: f\*.

# %%
comparison = toylab.compare(trained, exact, partners="bounding pairs", cones=exact.bounding_directions())
plot_training(trained, exact, numbers=comparison.to_json())

# %%
comparison

# %% [markdown]
# Three numbers have to be small at once: the *gap* (are the values optimal?), the *excess* (does the gradient exceed
# the constant the values need?), and the *angles* (do gradients point to the partners?). A critic can pass one of them
# and fail another.

# %%
toylab.plot(trained.history)

# %% [markdown]
# ## 4 Rivals
#
# Other penalties aim at other optima: the target-1 penalty of WGAN-GP at slopes near 1, the mean square at small
# gradients on average. The same certificate judges all three, as they are, with the constant k that their own values
# need.

# %%
rivals = {"MaxGP": MaxGP(seed=0, steps=600), "GP": GP(seed=0, steps=600), "mean square": MeanSquare(seed=0, steps=600)}
for name, solver in rivals.items():
    result = toylab.solve(problem, solver)
    judged = toylab.compare(result, exact, partners="bounding pairs", cones=exact.bounding_directions())
    print(
        f"{name:12} relative gap {judged.relative_gap:.3g}, k {judged.k_support:.3g} of {judged.k_star:.3g}, "
        f"median angle {judged.to_json()['angle_median']:.2g}°"
    )

# %% [markdown]
# ## 5 The critic of the optimum's own shape
#
# f(z) = max_j (v_j − k ‖z − y_j‖) has 2 numbers a real point. Trained along an annealed path it is at the optimum at
# once.

# %%
funnel = toylab.solve(problem, toylab.solvers.FunnelMaxGP(seed=0))
print(f"relative gap {toylab.certify(problem, funnel.critic, plan=exact.certificate.plan).relative_gap:.1e}")

# %% [markdown]
# ## Exercises
#
# Each question takes one number: put it in place of `None` and run the cell again.

# %%
check("maxgp-slope", None)
check("gp-slope", None)
check("constant-critic", None)
