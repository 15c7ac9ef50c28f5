"""Packs of rules with parameters: found, read, checked, and used by services."""
