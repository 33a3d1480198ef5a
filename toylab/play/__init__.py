"""The playground: a local web page in which points are dragged and the certified critic answers.

`state` is what a person sets and the link that holds it, `answer` what the critic says, `picture` and `controls` the
page's parts in Bokeh, `page` the loop between them, `server` the way to the browser.
"""

from toylab.play.state import Objective, State, from_link, from_problem, preset

__all__ = ["Objective", "State", "from_link", "from_problem", "preset"]
