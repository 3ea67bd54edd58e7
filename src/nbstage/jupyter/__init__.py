"""nbstage inside Jupyter: `%load_ext nbstage`, then `%nbstage show`, `check` and `run STAGE`."""
