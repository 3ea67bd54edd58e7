"""What watches the cells from inside the kernel. Imports the standard library alone."""

from __future__ import annotations


def start(orders: str) -> None:
    """Watch all cells from here on, as the pickled orders in this file say."""
    import pickle
    import sys

    from IPython import get_ipython

    from nbstage.recorder.activity import Watch
    from nbstage.recorder.hooks import Orders, Recorder
    from nbstage.recorder.kinds import Owners
    from nbstage.recorder.variables import watch_variables

    with open(orders, "rb") as file:  # noqa: PTH123 - no more than it takes
        wanted = Orders(**pickle.load(file))
    watch, owners, shell = Watch(), Owners(), get_ipython()
    recorder = Recorder(shell, wanted, watch, owners)
    watch_variables(watch, owners)
    sys.addaudithook(watch.hook)
    shell.events.register("pre_run_cell", recorder.before_cell)
    shell.events.register("post_execute", recorder.cell_ended)
    shell.events.register("post_run_cell", recorder.after_cell)
