"""Large runs that try to break toylab: random problems through every stage, resumable, with a count of what failed.

`random_problems` draws them, `second_opinions` and `cases` run one, `journal` keeps what is done, `campaign` does it
all in parallel, `summary` counts and `tables` prints.

`critic` compares ways of training a critic: `critic_methods` names them, `critic_double_backward` is the plain torch
loop among them, `critic_stopwatch` times one, `critic_judging` says what it is worth at its end, `critic_cell` is the
record of both; `critic_summary`, `critic_tables` and `critic_plot` show what they say together.

`exact` times exact critics from a hundred points to tens of thousands: `exact_data` has the points, `exact_trial`
measures one solve alone in a process, `exact_summary`, `exact_tables` and `exact_plot` show medians, ratios and growth;
`sheets` are the tables of both.
"""
