"""What the figures share: what a script states, how scripts are found, built and kept, and one style.

`spec` and `scripts` say what a figure is, `sources` when its numbers have to be computed anew, `arrays` and `texts` how
they are written, `work` makes one figure, `build` all of them; `style` and `panels` are what scripts draw with.
"""
