"""Run a notebook once, in a kernel of its own, and tell what each cell did."""
