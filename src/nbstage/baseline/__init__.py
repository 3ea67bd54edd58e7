"""An older version of a project, read from git and DVC's cache without a checkout."""
