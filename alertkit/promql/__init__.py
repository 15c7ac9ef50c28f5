"""All knowledge of PromQL: reading it, keeping it inside a tenant, and saying what it yields."""

from alertkit.promql.isolation import isolate
from alertkit.promql.parser import parse

__all__ = ["isolate", "parse"]
