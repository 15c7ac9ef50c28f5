"""Frozen values that the parts hand to each other. No module here does I/O or reads a clock."""
