"""`nbstage contract`: what a stored table is like, written down as what it has to be."""
