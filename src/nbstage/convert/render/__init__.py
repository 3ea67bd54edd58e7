"""Pipeline -> File."""
