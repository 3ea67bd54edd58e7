"""Notebook -> Pipeline -> files."""
