from __future__ import annotations

from alertkit.model.document import Node, Place, find, locate, plain

EXPR = Node("up == 0", "a.yaml", 3, 11, 3, 5)
ALERT = Node({"expr": EXPR, "for": Node(None, "a.yaml", 4, 5, 4, 5)}, "a.yaml", 3, 5)
DOCUMENT = Node({"alerts": Node([ALERT], "a.yaml", 3, 3, 2, 1), "tenant": Node("acme", "b.yaml", 7, 9, 7, 1)}, "a.yaml", 2, 1)


def test_a_value_is_located_at_its_own_place_and_on_request_at_its_key() -> None:
    assert locate(DOCUMENT, ("alerts", 0, "expr")) == Place("a.yaml", 3, 11)
    assert locate(DOCUMENT, ("alerts", 0, "expr"), key=True) == Place("a.yaml", 3, 5)


def test_a_path_that_ends_early_is_located_at_the_deepest_value_that_exists() -> None:
    assert locate(DOCUMENT, ("alerts", 0, "severity")) == Place("a.yaml", 3, 5)
    assert locate(DOCUMENT, ("alerts", 7, "expr")) == Place("a.yaml", 3, 3)
    assert locate(DOCUMENT, ("tenant", "name")) == Place("b.yaml", 7, 9)
    assert locate(DOCUMENT, ("alerts", -1)) == Place("a.yaml", 3, 3)
    assert locate(DOCUMENT, ()) == Place("a.yaml", 2, 1)


def test_a_step_of_the_wrong_kind_leads_nowhere() -> None:
    assert locate(DOCUMENT, (0,)) == Place("a.yaml", 2, 1)
    assert locate(DOCUMENT, ("alerts", "0")) == Place("a.yaml", 3, 3)


def test_an_entry_of_a_list_has_no_key_so_its_own_place_stands_in() -> None:
    assert locate(DOCUMENT, ("alerts", 0), key=True) == Place("a.yaml", 3, 5)


def test_a_place_names_the_file_that_the_value_came_from() -> None:
    assert find(DOCUMENT, ("tenant",)).place.file == "b.yaml"


def test_plain_data_are_the_values_without_places() -> None:
    assert plain(DOCUMENT) == {"alerts": [{"expr": "up == 0", "for": None}], "tenant": "acme"}
