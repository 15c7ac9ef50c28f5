"""Alertmanager's routing, pure: the same answers as Alertmanager's, offline and with reasons.

matchers    one matcher: text, parse, accepts
tree        the routing tree: match, and a Tree that answers many questions
explain     why an alert goes where it goes
groups      which alerts share a notification
inhibition  which firing alerts mute another one
"""

from alertkit.routing.explain import Decision, Verdict, explain
from alertkit.routing.groups import group_key, group_labels
from alertkit.routing.inhibition import Inhibition, inhibited_by
from alertkit.routing.tree import GROUP_BY_ALL, Path, Tree, match

__all__ = [
    "GROUP_BY_ALL",
    "Decision",
    "Inhibition",
    "Path",
    "Tree",
    "Verdict",
    "explain",
    "group_key",
    "group_labels",
    "inhibited_by",
    "match",
]
