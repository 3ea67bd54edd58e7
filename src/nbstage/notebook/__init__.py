"""Text of a notebook -> Notebook, Label, Code."""
