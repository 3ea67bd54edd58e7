"""A version from its bundle to the requests of everybody, and back: as a folder on a machine."""
