"""Doubles that ship: what alertkit is tested with, for your own tests.

Import them from their modules (`alertkit.testing.slack` …), because each needs only what it stands in for.
"""
