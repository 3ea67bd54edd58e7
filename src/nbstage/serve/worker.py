"""A process that answers requests: a predictor opened, a server run until it is told to leave."""

from __future__ import annotations

import gc
import os
import signal
import sys
from collections.abc import Callable, Sequence
from multiprocessing.connection import Connection
from socket import socket

from nbstage.errors import UserError
from nbstage.serve.nouns import Predicts, Service

#: What a worker says once it answers; otherwise the message and the hint of what keeps it from it.
READY = "ready"
STUCK = 75


def run_worker(
    open_predictor: Callable[[], Predicts],
    service: Service,
    listeners: Sequence[socket],
    parent: Connection,
    counted: str,
) -> None:
    """Answer requests that come to the listeners until SIGTERM, or until the parent is gone.

    Ends the process: with 2 if the predictor can't be opened, with STUCK if a prediction didn't
    end.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C goes to all; the parent passes it on
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = counted  # read when prometheus_client is imported
    try:
        predictor = open_predictor()
    except UserError as error:
        parent.send((error.message, error.hint))
        sys.exit(2)
    stuck = _answer(predictor, service, listeners, parent, counted)
    sys.stdout.flush()
    sys.stderr.flush()
    # A thread that is in a prediction without end would keep the process from ending.
    os._exit(STUCK if stuck else 0)


def _answer(
    predictor: Predicts,
    service: Service,
    listeners: Sequence[socket],
    parent: Connection,
    counted: str,
) -> bool:
    """Answer until the end; whether that came as a prediction had none."""
    from nbstage.serve.listening import Listener
    from nbstage.serve.server import make_server
    from nbstage.serve.service import make_app
    from nbstage.serve.work import make_work

    work = make_work(predictor, service, counted)
    work.begin()
    server = make_server(make_app(work), work, lambda: parent.send(READY))
    # What was made so far stays for good: to look through it again and again costs some requests
    # several milliseconds.
    gc.collect()
    gc.freeze()
    server.run([Listener(fileno=one.detach()) for one in listeners])
    work.end()
    return work.standing.stuck
