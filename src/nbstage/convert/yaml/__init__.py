"""YAML that people also edit: read with positions, changed by lines; the rest keeps its bytes."""
