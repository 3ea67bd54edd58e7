"""DVC from the inside: all that `nbstage repro` takes of it that DVC doesn't promise to keep.

`tests/unit/test_repro_inside.py` holds the text of every function that is followed here, so that a
new version of DVC is read before it is trusted.
"""
