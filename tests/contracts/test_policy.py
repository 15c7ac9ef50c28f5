"""The contract between compiler and receiver: schemas/policy.schema.json, the structs, and what is compiled agree."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from contract_shapes import shape_of_schema, shape_of_struct

from alertkit import build, paths, resources
from alertkit.errors import ContractError
from alertkit.model import policy
from alertkit.model.policy import TenantPolicy

SCHEMA = json.loads((resources.root() / "schemas" / "policy.schema.json").read_text(encoding="utf-8"))
VALIDATOR = jsonschema.Draft202012Validator(SCHEMA)
EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "streaming-platform"
Data = dict[str, Any]


@pytest.fixture(scope="module")
def compiled() -> dict[str, Data]:
    result = build(EXAMPLE)
    return {one.tenant: json.loads(one.files[paths.policy(one.tenant)]) for one in result.tenants}


@pytest.fixture
def acme(compiled: dict[str, Data]) -> Data:
    return copy.deepcopy(compiled["acme"])


def test_the_schema_and_the_structs_have_the_same_keys_and_kinds_of_values() -> None:
    assert shape_of_struct(TenantPolicy) == shape_of_schema(SCHEMA)


@pytest.mark.parametrize("tenant", ["platform", "acme", "bottega", "nordbank"])
def test_a_compiled_policy_is_valid_and_is_read_back_as_the_same_bytes(compiled: dict[str, Data], tenant: str) -> None:
    VALIDATOR.validate(compiled[tenant])
    data = json.dumps(compiled[tenant]).encode()
    assert json.loads(policy.encode(policy.decode(data))) == compiled[tenant]


BROKEN = {
    "another version": lambda data: data.update(version="alertkit.policy/v2"),
    "no version": lambda data: data.pop("version"),
    "no policies": lambda data: data.pop("policies"),
    "a step without a time": lambda data: data["policies"]["standard"]["steps"][0].pop("after"),
    "seconds as a text": lambda data: data["policies"]["standard"]["steps"][0].update(after="10m"),
    "a whole number with a fraction": lambda data: data["policies"]["standard"].update(repeat=2.5),
    "a unit that is none": lambda data: data["texts"]["EdgeDown"].update(unit="seconds"),
    "a rotation that is none": lambda data: data["schedules"]["payments-primary"]["layers"][0].update(rotation="yearly"),
    "a person without a zone": lambda data: data["people"]["amelie"].pop("timezone"),
    "a contact without a channel": lambda data: data["people"]["amelie"]["contact"][0].pop("channel"),
}


@pytest.mark.parametrize("change", BROKEN.values(), ids=BROKEN)
def test_schema_and_receiver_both_refuse_a_policy_that_is_broken(acme: Data, change: Callable[[Data], object]) -> None:
    change(acme)
    assert list(VALIDATOR.iter_errors(acme))
    with pytest.raises(ContractError):
        policy.decode(json.dumps(acme).encode())


@pytest.mark.parametrize(
    "change",
    [
        lambda data: data.update(sms={}),
        lambda data: data["policies"]["standard"]["steps"][0]["notify"][0].update(person="amelie"),
        lambda data: data["policies"]["standard"].update(steps=[]),
        lambda data: data["people"]["amelie"].update(locale="klingon"),
    ],
    ids=["a key of its own", "a target of two kinds", "a policy without steps", "a language that nobody speaks"],
)
def test_the_schema_refuses_what_the_compiler_never_writes(acme: Data, change: Callable[[Data], object]) -> None:
    change(acme)
    assert list(VALIDATOR.iter_errors(acme))


def test_what_is_no_json_is_refused_with_a_reason() -> None:
    with pytest.raises(ContractError, match="not a compiled policy"):
        policy.decode(b"{")
