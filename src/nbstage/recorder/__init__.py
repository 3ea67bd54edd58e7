"""What watches the cells from inside the kernel. Imports the standard library alone."""
