"""How much memory the process had at most since the cell began."""

from __future__ import annotations

import os
import sys

_MEGABYTE = 1024 * 1024


def reset_peak() -> None:
    """Begin anew, where Linux allows it; else the peak is that of the whole run."""
    try:
        file = os.open("/proc/self/clear_refs", os.O_WRONLY)
    except OSError:
        return
    try:
        os.write(file, b"5")
    except OSError:
        return
    finally:
        os.close(file)


def peak_mb() -> float:
    """The most since `reset_peak`, in megabytes; 0.0 where no one tells."""
    try:
        file = os.open("/proc/self/status", os.O_RDONLY)
    except OSError:
        return _peak_of_run()
    try:
        lines = os.read(file, 1 << 16).split(b"\n")
    finally:
        os.close(file)
    kilobytes = next((line.split()[1] for line in lines if line.startswith(b"VmHWM:")), b"0")
    return int(kilobytes) * 1024 / _MEGABYTE


def _peak_of_run() -> float:
    try:
        import resource
    except ImportError:  # Windows
        return 0.0
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / _MEGABYTE if sys.platform == "darwin" else peak / 1024
