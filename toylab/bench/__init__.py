"""Large runs that try to break toylab: random problems through every stage, resumable, with a count of what failed.

`random_problems` draws them, `second_opinions` and `cases` run one, `journal` keeps what is done, `campaign` does it
all in parallel, `summary` counts and `tables` prints.
"""
