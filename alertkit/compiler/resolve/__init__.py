"""A checked definition becomes the tenant that is compiled. The only home of defaults; nothing here can fail.

Order: defaults → own sections → what the platform lends, under names that no tenant's own can have.
"""

from alertkit.compiler.resolve.project import platform_definition, project
from alertkit.compiler.resolve.tenant import tenant

__all__ = ["platform_definition", "project", "tenant"]
