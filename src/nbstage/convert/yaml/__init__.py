"""YAML files that people also edit: read with positions, changed by lines, so that the rest keeps its bytes."""
