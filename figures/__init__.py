"""The toy figures of the papers, each from nothing: one script a figure, `build.py` for all of them.

    make figures                              all, into figures/output
    python figures/build.py fig02             one
    python figures/build.py --quick           all of them, small, in under two minutes

A panel in a figure of your own, on data of your own:

    from figures import fig13_losses
    fig13_losses.draw(fig13_losses.compute({**fig13_losses.SPEC.parameters, "losses": ["hinge"]}, rng), axes)
"""
