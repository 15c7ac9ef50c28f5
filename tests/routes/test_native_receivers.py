"""Alertmanager's own receivers: what is written, where secrets are, when they are silent, and what they alone are told."""

from __future__ import annotations

import subprocess

import pytest
import routed
import yaml

from alertkit import names, paths
from alertkit.model.quantity import Duration

FORBIDDEN = {"api_url", "routing_key", "api_key", "auth_password", "credentials", "bearer_token", "proxy_url", "password"}


@pytest.fixture(scope="module")
def config(tmp_path_factory):
    folder = tmp_path_factory.mktemp("native")
    built = routed.build(folder, {"acme": routed.NATIVE, "globex": routed.ESCALATION})
    return yaml.safe_load(routed.written(built, folder).read_bytes())


def receiver(config, name: str, tenant: str = "acme"):
    (found,) = [one for one in config["receivers"] if one["name"] == names.native_receiver(tenant, name)]
    ((kind, (settings,)),) = [(key, value) for key, value in found.items() if key != "name"]
    return kind, settings


@pytest.mark.parametrize(
    ("name", "kind", "expected"),
    [
        ("room", "slack_configs", {"channel": "#ops", "api_url_file": "/etc/alertmanager/secrets/acme/slack-hook"}),
        (
            "mail",
            "email_configs",
            {
                "to": "ops@acme.example",
                "smarthost": "smtp.platform.example:587",
                "auth_password_file": "/etc/alertmanager/secrets/platform/smtp",
            },
        ),
        ("pager", "pagerduty_configs", {"routing_key_file": "/etc/alertmanager/secrets/acme/pagerduty"}),
        (
            "genie",
            "opsgenie_configs",
            {"api_key_file": "/etc/alertmanager/secrets/acme/opsgenie", "api_url": "https://api.eu.opsgenie.com/"},
        ),
        ("hook", "webhook_configs", {"url": "https://hooks.acme.example/alerts"}),
    ],
)
def test_a_receiver_has_its_settings_and_its_secrets_in_files_of_its_tenant(config, name, kind, expected):
    found, settings = receiver(config, name)
    assert found == kind
    assert settings["send_resolved"] is True
    assert expected.items() <= settings.items()


def test_a_webhook_sends_its_token_from_a_file_and_follows_nobody_elsewhere(config):
    _, settings = receiver(config, "hook")
    assert settings["http_config"] == {
        "follow_redirects": False,
        "authorization": {"type": "Bearer", "credentials_file": "/etc/alertmanager/secrets/acme/hook-token"},
    }


def test_no_secret_and_no_proxy_is_ever_written(config):
    def keys(value: object) -> list[str]:
        if isinstance(value, dict):
            return [*value, *(key for one in value.values() for key in keys(one))]
        return [key for one in value for key in keys(one)] if isinstance(value, list) else []

    settings = {**config, "receivers": [one for one in config["receivers"] if "opsgenie_configs" not in one]}
    assert not FORBIDDEN & set(keys(settings))  # Opsgenie's api_url is one of two constants


def test_a_tenant_with_a_default_receiver_needs_no_alertkit(config):
    webhooks = [one["name"] for one in config["receivers"] if one["name"].startswith("acme/") and one["name"].count("/") == 1]
    assert webhooks == []
    root = next(route for route in config["route"]["routes"] if route["matchers"] == ['tenant="acme"'])
    assert root["receiver"] == "acme/alertmanager/room"
    tree = routed.read_tree(yaml.safe_dump(config).encode())
    assert routed.reached(tree, {"tenant": "acme", "service": "web"}) == ["acme/alertmanager/room"]
    critical = routed.reached(tree, {"tenant": "acme", "severity": "critical"})
    assert critical == ["acme/alertmanager/pager", "acme/alertmanager/room"]


def test_intervals_carry_the_tenant_s_name_and_zone_and_end_at_midnight(config):
    intervals = {one["name"]: one["time_intervals"] for one in config["time_intervals"]}
    weekdays = ["monday", "tuesday", "wednesday", "thursday", "friday"]
    shifted = ["tuesday", "wednesday", "thursday", "friday", "saturday"]
    assert intervals["acme/nights"] == [
        {"weekdays": weekdays, "times": [{"start_time": "22:00", "end_time": "24:00"}], "location": "Europe/Paris"},
        {"weekdays": shifted, "times": [{"start_time": "00:00", "end_time": "06:00"}], "location": "Europe/Paris"},
        {"days_of_month": ["25"], "months": ["12"], "years": ["2026"], "location": "Europe/Paris"},
    ]
    assert intervals["acme/office"][0]["location"] == "Europe/Berlin"


def test_an_interval_holds_on_the_routes_below_which_alertmanager_would_forget(config):
    root = next(route for route in config["route"]["routes"] if route["matchers"] == ['tenant="acme"'])
    info = next(route for route in root["routes"] if route.get("matchers") == ['severity="info"'])
    assert info["mute_time_intervals"] == info["routes"][0]["mute_time_intervals"] == ["acme/nights"]


def test_alertkit_s_own_health_goes_to_the_named_receiver_alone(config):
    tree = routed.read_tree(yaml.safe_dump(config).encode())
    base = {"tenant": "platform", "service": "alertkit", "severity": "critical"}
    for alert in ("AlertkitReceiverDown", "AlertkitNotificationsFailing", "AlertkitStepsOverdue"):
        assert routed.reached(tree, {**base, "alertname": alert}) == ["platform/alertmanager/pager"]
    assert routed.reached(tree, {**base, "alertname": "AlertkitWatchdog"}) == ["platform/alertmanager/switch"]
    foreign = {**base, "tenant": "globex", "alertname": "AlertkitReceiverDown"}
    assert routed.reached(tree, foreign) == ["globex/unrouted"]


def test_the_platform_s_rules_fire_for_its_health_and_the_watchdog_always(tmp_path, tool):
    built = routed.build(tmp_path, {})
    routed.written(built, tmp_path)
    rules = tmp_path / "generated" / paths.alerts("platform")
    found = {rule["alert"]: rule for group in yaml.safe_load(rules.read_text())["groups"] for rule in group["rules"]}
    assert set(found) == {
        "AlertkitReceiverDown", "AlertkitNotificationsFailing", "AlertkitStepsOverdue", "AlertkitWatchdog",
    }  # fmt: skip
    assert found["AlertkitWatchdog"]["expr"] == "vector(1)"
    answer = subprocess.run([tool("promtool"), "check", "rules", rules], capture_output=True, text=True)
    assert answer.returncode == 0, answer.stdout + answer.stderr


def test_the_watchdog_speaks_every_minute(tmp_path):
    built = routed.build(tmp_path, {})
    (root,) = routed.fragment(built, "platform").routes
    watchdog = root.routes[0]
    assert (watchdog.group_wait, watchdog.repeat_interval) == (Duration(0), Duration.of(minutes=1))


def test_without_health_and_watchdog_nothing_is_added(tmp_path):
    built = routed.build(tmp_path, {}, "")
    assert paths.alerts("platform") not in built.tenants[0].files


def test_amtool_reads_every_kind_of_receiver(tmp_path, tool):
    file = routed.written(routed.build(tmp_path, {"acme": routed.NATIVE}), tmp_path)
    answer = subprocess.run([tool("amtool"), "check-config", file], capture_output=True, text=True)
    assert answer.returncode == 0, answer.stdout + answer.stderr


def test_a_secret_url_of_a_webhook_is_a_file_where_the_target_reads_one(tmp_path):
    project = 'targets: {alertmanager: "0.26"}\nalertmanager: {secrets_dir: /etc/alertmanager/secrets}\n'
    built = routed.build(tmp_path, {"acme": "routing: {receivers: [{name: h, type: webhook, url: {secret: hook}}]}\n"}, project)
    (hook,) = [one for one in routed.fragment(built).receivers if one.name == "acme/alertmanager/h"]
    assert hook.settings["url_file"] == "/etc/alertmanager/secrets/acme/hook"
    assert "url" not in hook.settings
