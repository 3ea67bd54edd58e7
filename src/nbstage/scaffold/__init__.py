"""What `nbstage init` puts into a project: only what is missing, and never over what is there."""
