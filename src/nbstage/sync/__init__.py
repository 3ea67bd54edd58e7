"""Edits of generated modules -> edits of the notebook's cells they were made from."""
