"""Runs in a process of its own, in the pipeline's copy of the project, where the project's modules
and libraries can be imported: reads what both runs left behind and compares it.
"""
