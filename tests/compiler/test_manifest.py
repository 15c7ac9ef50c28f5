from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alertkit import names, paths
from alertkit.compiler.writing import digests
from alertkit.compiler.writing import manifest as manifests
from alertkit.compiler.writing.digests import digest, input_digest
from alertkit.compiler.writing.manifest import Manifest

OWN = {
    "rules/acme.records.yaml": "1",
    "rules/acme.alerts.yaml": "2",
    "alertmanager/tenants/acme.yaml": "3",
    "receiver/acme.json": "4",
    "dashboards/acme/technical.json": "5",
    "tests/acme.test.yaml": "6",
}


def written(out: Path, manifest: Manifest, tenant: str = "acme") -> Manifest | None:
    file = out / paths.manifest(tenant)
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(manifests.encode(manifest))
    return manifests.read(out, tenant)


def manifest(files: dict[str, str], tenant: str = "acme", version: str = names.MANIFEST_VERSION) -> Manifest:
    return Manifest(version, tenant, "digest", files, {"rules": 1}, 0.5, {"alert A": "x"}, {"alert A": "tenants/acme.yaml:3"})


def test_a_manifest_is_read_as_it_was_written(tmp_path: Path) -> None:
    assert written(tmp_path, manifest(OWN)) == manifest(OWN)


@pytest.mark.parametrize(
    "path",
    [
        "/etc/passwd",
        "../outside.yaml",
        "rules/../../outside.yaml",
        "dashboards/acme/../../../outside.json",
        "dashboards/acme/deep/er.json",
        "dashboards/globex/technical.json",
        "rules/globex.alerts.yaml",
        "rules/acme.alerts.yaml.bak",
        "receiver/globex.json",
        "alertmanager/alertmanager.yaml",
        "alertmanager/tenants/globex.yaml",
        "manifest/acme.json",
        "manifest/globex.json",
        "./rules/acme.alerts.yaml",
        "rules//acme.alerts.yaml",
        "rules",
        ".git/hooks/pre-commit",
        "",
        ".",
    ],
)
def test_a_manifest_that_claims_what_is_not_the_tenant_s_is_ignored(path: str, tmp_path: Path) -> None:
    assert written(tmp_path, manifest({**OWN, path: "x"})) is None


@given(st.text())
def test_nothing_outside_the_tenant_s_own_files_belongs_to_it(path: str) -> None:
    if paths.belongs(path, "acme"):
        assert path in OWN or path.startswith(("dashboards/acme/", "tests/acme."))
        assert ".." not in path.split("/")


def test_only_alertmanager_s_file_belongs_to_no_tenant(tmp_path: Path) -> None:
    own = manifest({str(paths.ALERTMANAGER_FILE): "1"}, manifests.ASSEMBLED)
    assert written(tmp_path, own, manifests.ASSEMBLED) == own
    assert written(tmp_path, manifest(OWN, manifests.ASSEMBLED), manifests.ASSEMBLED) is None


@pytest.mark.parametrize("other", [manifest(OWN, tenant="globex"), manifest(OWN, version="alertkit.manifest/v2")])
def test_a_manifest_of_another_tenant_or_version_is_ignored(other: Manifest, tmp_path: Path) -> None:
    assert written(tmp_path, other) is None


@pytest.mark.parametrize("data", [b"", b"{", b"[]", b'{"version": 1}', b"<<<<<<< HEAD\n", b"\xff"])
def test_a_manifest_that_cannot_be_read_is_as_good_as_none(data: bytes, tmp_path: Path) -> None:
    (tmp_path / "manifest").mkdir()
    (tmp_path / "manifest" / "acme.json").write_bytes(data)
    assert manifests.read(tmp_path, "acme") is None
    assert manifests.read(tmp_path, "globex") is None


def test_the_same_content_is_the_same_bytes_whatever_the_order_of_keys() -> None:
    shuffled = manifest(dict(reversed(OWN.items())))
    assert manifests.encode(shuffled) == manifests.encode(manifest(OWN))
    assert json.loads(manifests.encode(shuffled))["files"] == OWN
    assert manifests.encode(shuffled).endswith(b"}\n")


@given(st.lists(st.binary(max_size=4), max_size=4), st.lists(st.binary(max_size=4), max_size=4))
def test_different_inputs_have_different_digests_however_they_are_cut(one: list[bytes], other: list[bytes]) -> None:
    assert (input_digest(one) == input_digest(other)) == (one == other)


def test_another_version_of_alertkit_compiles_everything_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    before = input_digest([b"x"])
    monkeypatch.setattr(digests, "__version__", "99.0.0")
    assert input_digest([b"x"]) != before


def test_files_are_intact_only_when_all_are_there_byte_for_byte(tmp_path: Path) -> None:
    (tmp_path / "rules").mkdir()
    (tmp_path / "rules" / "acme.alerts.yaml").write_bytes(b"x")
    whole = manifest({"rules/acme.alerts.yaml": digest(b"x")})
    assert manifests.intact(tmp_path, whole)
    (tmp_path / "rules" / "acme.alerts.yaml").write_bytes(b"y")
    assert not manifests.intact(tmp_path, whole)
    (tmp_path / "rules" / "acme.alerts.yaml").unlink()
    assert not manifests.intact(tmp_path, whole)
