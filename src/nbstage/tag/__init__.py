"""Tags for an untagged notebook: what each cell may be for, and the tags in the notebook's file."""
