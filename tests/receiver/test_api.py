"""The API: what a token may see and do, and that nothing it is sent breaks it."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import schemathesis
from hypothesis import HealthCheck, settings
from process_kit import serving
from receiver_kit import Kit, a_policy, alert, request, webhook
from schemathesis.checks import not_a_server_error

from alertkit.receiver.openapi import document

POLICIES = [a_policy(), a_policy("globex")]


class Client:
    """Speaks to a kit's receiver as a token does."""

    def __init__(self, kit: Kit, token: str = "all") -> None:
        self._kit = kit
        self._token = token

    async def __call__(self, method: str, path: str, body: Any = None, query: str = "") -> tuple[int, Any]:
        raw = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        headers = {"authorization": f"Bearer {self._token}"}
        status, text = await request(self._kit.receiver, method, path, raw, headers, query)
        return status, json.loads(text) if text else None


def api_kit(folder: Path) -> Kit:
    kit = Kit(folder, POLICIES)
    kit.token("all", "all", scopes=["read", "act"])
    kit.token("acme-bot", "acme", tenants=["acme"], scopes=["read", "act"])
    kit.token("reader", "reader", scopes=["read"])
    return kit


async def three_incidents(kit: Kit) -> None:
    await kit.post(webhook(alert()))
    await kit.post(webhook(alert("two"), group={"alertname": "Other"}))
    await kit.post(webhook(alert("three", tenant="globex")), "/v1/alerts/globex/standard")
    await kit.after()


def test_incidents_are_listed_latest_first_by_tenant_and_state_in_pages(tmp_path: Path) -> None:
    async def story(kit: Kit) -> None:
        await three_incidents(kit)
        call = Client(kit)
        status, page = await call("GET", "/v1/incidents")
        assert (status, [i["id"] for i in page["incidents"]], page["next"]) == (200, [3, 2, 1], None)
        assert page["incidents"][2] | {"opened": ""} == {
            "id": 1, "reference": "ACME-1", "tenant": "acme", "policy": "standard", "state": "firing", "severity": "warning",
            "labels": {"alertname": "Late", "tenant": "acme"}, "opened": "", "by": "", "until": None,
            "resolved": None, "stale_since": None,
        }  # fmt: skip
        _, page = await call("GET", "/v1/incidents", query="limit=2")
        assert ([i["id"] for i in page["incidents"]], page["next"]) == ([3, 2], 2)
        _, page = await call("GET", "/v1/incidents", query="limit=2&before=2")
        assert [i["id"] for i in page["incidents"]] == [1]
        await call("POST", "/v1/incidents/2/acknowledge")
        for query, expected in [("state=acknowledged", [2]), ("tenant=globex", [3]), ("state=firing&tenant=acme", [1])]:
            _, page = await call("GET", "/v1/incidents", query=query)
            assert [i["id"] for i in page["incidents"]] == expected

    api_kit(tmp_path).run(story)


def test_one_incident_tells_its_whole_story(tmp_path: Path) -> None:
    async def story(kit: Kit) -> None:
        await three_incidents(kit)
        call = Client(kit)
        await call("POST", "/v1/incidents/1/acknowledge")
        await kit.after()
        status, told = await call("GET", "/v1/incidents/1")
        assert status == 200
        assert [(e["kind"], e["actor"]) for e in told["timeline"]] == [("opened", ""), ("acknowledged", "all")]
        assert told["alerts"][0]["labels"]["instance"] == "one"
        assert {(m["recipient"], m["state"]) for m in told["messages"] if m["kind"] == "page"} == {
            ("team/payments", "sent"),
            ("person/amelie", "sent"),
        }
        assert "U1" not in json.dumps(told), "addresses may be personal"

    api_kit(tmp_path).run(story)


def test_actions_are_done_once_and_told_under_the_tokens_name(tmp_path: Path) -> None:
    async def story(kit: Kit) -> None:
        await three_incidents(kit)
        call = Client(kit)
        status, done = await call("POST", "/v1/incidents/1/acknowledge")
        assert (status, done["state"], done["by"]) == (200, "acknowledged", "all")
        status, problem = await call("POST", "/v1/incidents/1/acknowledge")
        assert (status, problem["detail"]) == (409, "nothing was done: the incident is acknowledged")
        status, done = await call("POST", "/v1/incidents/1/snooze", {"seconds": 600})
        assert (status, done["until"]) == (200, "2026-01-05T09:10:00Z")
        assert (await call("POST", "/v1/incidents/1/escalate"))[1]["state"] == "firing"
        assert (await call("POST", "/v1/incidents/1/resolve"))[1]["state"] == "resolved"
        assert (await call("POST", "/v1/incidents/1/escalate"))[0] == 409

    api_kit(tmp_path).run(story)


def test_reassigning_pages_that_person_now_and_goes_on_if_they_do_not_answer(tmp_path: Path) -> None:
    async def story(kit: Kit) -> None:
        await three_incidents(kit)
        call = Client(kit)
        await call("POST", "/v1/incidents/1/acknowledge")
        kit.told.clear()
        assert (await call("POST", "/v1/incidents/1/reassign", {"person": "jonas"}))[1]["state"] == "firing"
        await kit.after()
        assert ("open", "U2") in kit.pages()
        kit.told.clear()
        await kit.after(minutes=10)
        assert [d.address for d in kit.told if d.broadcast and d.incident == "1"] == ["U1"], "the second step, a delay later"
        assert (await call("POST", "/v1/incidents/1/reassign", {"person": "nobody"}))[0] == 400
        assert (await call("POST", "/v1/incidents/1/reassign"))[0] == 400
        assert (await call("POST", "/v1/incidents/1/reassign", {"team": "nobodies"}))[0] == 400
        assert (await call("POST", "/v1/incidents/1/reassign", {"person": "jonas", "team": "payments"}))[0] == 400
        kit.told.clear()
        assert (await call("POST", "/v1/incidents/1/reassign", {"team": "payments"}))[0] == 200
        await kit.after()
        assert ("#payments", True) in [(d.address, d.broadcast) for d in kit.told]
        story = (await call("GET", "/v1/incidents/1"))[1]
        assert {target for event in story["timeline"] if event["actor"] for target in event["targets"]} >= {
            "person/jonas",
            "team/payments",
        }

    api_kit(tmp_path).run(story)


def test_a_token_sees_its_tenants_and_does_what_its_scopes_say(tmp_path: Path) -> None:
    async def story(kit: Kit) -> None:
        await three_incidents(kit)
        acme, reader, robot, nobody = (Client(kit, token) for token in ("acme", "reader", "s3cret", "x"))
        assert [i["id"] for i in (await acme("GET", "/v1/incidents"))[1]["incidents"]] == [2, 1]
        assert (await acme("GET", "/v1/incidents", query="tenant=globex"))[1]["incidents"] == []
        for method, path in [("GET", "/v1/incidents/3"), ("POST", "/v1/incidents/3/resolve"), ("GET", "/v1/incidents/99")]:
            assert await acme(method, path) == (404, await missing()), "another tenant's is no different from none"
        assert (await reader("POST", "/v1/incidents/1/resolve"))[0] == 403
        assert (await robot("GET", "/v1/incidents"))[0] == 403
        assert (await nobody("GET", "/v1/incidents"))[0] == 401

    async def missing() -> dict[str, Any]:
        return {"type": "about:blank", "title": "Not Found", "status": 404, "detail": "no such incident"}

    api_kit(tmp_path).run(story)


def test_an_override_is_made_shown_and_taken_back(tmp_path: Path) -> None:
    async def story(kit: Kit) -> None:
        call, acme = Client(kit), Client(kit, "acme")
        duty = {"tenant": "acme", "schedule": "primary", "person": "amelie", "name": "Amélie", "source": "calendar"}
        assert duty in (await call("GET", "/v1/oncall"))[1]
        wanted = {"tenant": "acme", "schedule": "primary", "person": "jonas", "ends": "2026-01-05T12:00:00Z"}
        status, made = await acme("POST", "/v1/oncall/overrides", wanted)
        assert (status, made["made_by"], made["begins"]) == (201, "acme-bot", "2026-01-05T09:00:00Z")
        assert (await acme("GET", "/v1/oncall"))[1] == [duty | {"person": "jonas", "name": "Jonas", "source": "override"}]
        assert (await acme("GET", "/v1/oncall/overrides"))[1] == [made]
        assert (await Client(kit, "reader")("DELETE", f"/v1/oncall/overrides/{made['id']}"))[0] == 403
        assert (await acme("DELETE", f"/v1/oncall/overrides/{made['id']}"))[0] == 204
        assert (await acme("DELETE", f"/v1/oncall/overrides/{made['id']}"))[0] == 404
        assert (await acme("GET", "/v1/oncall"))[1] == [duty]
        for changes in ({"tenant": "globex"}, {"schedule": "x"}, {"person": "x"}, {"ends": "2026-01-05T08:00:00Z"}):
            assert (await acme("POST", "/v1/oncall/overrides", wanted | changes))[0] in (400, 404), changes

    api_kit(tmp_path).run(story)


@pytest.mark.parametrize(
    ("method", "path", "query", "body", "status"),
    [
        ("GET", "/v1/incidents", "limit=0", None, 400),
        ("GET", "/v1/incidents", "limit=501", None, 400),
        ("GET", "/v1/incidents", "limit=٣", None, 400),
        ("GET", "/v1/incidents", "before=99999999999999999999", None, 400),
        ("GET", "/v1/incidents", "state=lost", None, 400),
        ("GET", "/v1/incidents/9223372036854775808", "", None, 404),
        ("GET", "/v1/incidents/-1", "", None, 404),
        ("GET", "/v1/incidents/x", "", None, 404),
        ("POST", "/v1/incidents/1/explode", "", None, 404),
        ("POST", "/v1/incidents/1/snooze", "", b"{", 400),
        ("POST", "/v1/incidents/1/snooze", "", {"seconds": -1}, 400),
        ("POST", "/v1/incidents/1/snooze", "", {"seconds": 10**30}, 400),
        ("POST", "/v1/incidents/1/snooze", "", {"seconds": 59}, 400),
        ("POST", "/v1/incidents/1/snooze", "", {"seconds": 7 * 86_400 + 1}, 400),
        ("POST", "/v1/incidents/1/snooze", "", {"minutes": 5}, 400),
        ("POST", "/v1/incidents/1/snooze", "", b"[" * 60_000, 400),
        ("POST", "/v1/incidents/1/snooze", "", b'{"person": "\\ud800"}', 400),
        ("POST", "/v1/incidents/1/snooze", "", b" " * 70_000, 413),
        ("POST", "/v1/oncall/overrides", "", {}, 400),
        ("PUT", "/v1/incidents", "", None, 405),
    ],
)
def test_what_is_wrong_is_a_problem_that_says_so(
    tmp_path: Path, method: str, path: str, query: str, body: Any, status: int
) -> None:
    async def story(kit: Kit) -> None:
        await three_incidents(kit)
        found, problem = await Client(kit)(method, path, body, query)
        assert (found, problem["status"]) == (status, status)
        assert problem["detail"]

    api_kit(tmp_path).run(story)


def test_the_document_names_every_route_and_is_what_openapi_wants(tmp_path: Path) -> None:
    async def story(kit: Kit) -> None:
        status, found = await Client(kit)("GET", "/v1/openapi.json")
        assert (status, found) == (200, json.loads(json.dumps(document())))
        served = {route.path for route in kit.receiver._api.routes()} - {"/v1/openapi.json"}
        assert served | {"/v1/alerts/{tenant}/{policy}"} == set(found["paths"])
        for shape in found["components"]["schemas"].values():
            jsonschema.Draft202012Validator.check_schema(shape)

    api_kit(tmp_path).run(story)


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Any:
    folder = tmp_path_factory.mktemp("api")
    kit = api_kit(folder)
    kit.token("everything", "everything", scopes=["ingest", "read", "act"])
    with serving(folder) as process:
        for name in ("one", "two"):
            process.post(webhook(alert(name, starts=f"{dt.datetime.now(dt.UTC):%Y-%m-%dT%H:%M:%SZ}"), group={"alertname": name}))
        yield process


schema = schemathesis.openapi.from_dict(document())


@schema.parametrize()
@settings(max_examples=25, suppress_health_check=list(HealthCheck), deadline=None)
def test_nothing_that_the_document_allows_or_forbids_is_a_server_error(case: schemathesis.Case, served: Any) -> None:
    case.headers["Authorization"] = "Bearer everything"
    case.call_and_validate(base_url=f"http://{served.host}:{served.port}", checks=(not_a_server_error,))
    assert served.popen.poll() is None
    assert "Traceback" not in served.errors
