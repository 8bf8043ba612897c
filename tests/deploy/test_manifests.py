"""The manifests match Kubernetes' schemas; each workload is probed, limited, spread and isolated."""

import re
from typing import Any, cast
from urllib.parse import urlsplit

import kubernetes_validate
import pytest
import yaml

from bot.runtime.bootstrap import STARTUP_TIMEOUT_S
from tests.deploy.files import (
    MANIFESTS,
    ROOT,
    WORKLOADS,
    Json,
    base_image,
    compose,
    container,
    named,
    objects,
    of_kind,
    own_image,
    pods,
    redis_images,
    selects,
)

VERSIONS = ("1.27", "1.37")
"""Versions of Kubernetes: the oldest that docs/run.md names, and the newest that the validator has."""
COMPONENTS = ("redis", "serve", "worker")
PINNED = re.compile(r"[a-z0-9./-]+:(?!latest)[\w.-]*\d[\w.-]*@sha256:[0-9a-f]{64}")


def title(each: Json) -> str:
    return f"{each['kind']}/{each['metadata']['name']}"


def strings(value: Any) -> list[str]:
    """Return every text in a value, at any depth."""
    match value:
        case str():
            return [value]
        case list():
            return [text for each in cast("list[Any]", value) for text in strings(each)]
        case dict():
            return strings([part for pair in cast("Json", value).items() for part in pair])
        case _:
            return []


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("each", objects(), ids=title)
def test_every_object_fits_the_schema(each: Json, version: str):
    assert kubernetes_validate.validate(each, version, strict=True) == version


def test_a_misspelled_field_does_not_fit():
    wrong = named("Deployment", "callboard-serve") | {"spec": {"replica": 2}}
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(wrong, VERSIONS[-1], strict=True)


def test_the_kustomization_has_every_manifest_and_the_image():
    kustomization = yaml.safe_load((ROOT / "deploy/kubernetes/kustomization.yaml").read_text())
    assert kustomization["resources"] == [file.name for file in MANIFESTS]
    assert kustomization["namespace"] == named("Namespace", "callboard")["metadata"]["name"]
    name, tag = own_image().split(":")
    assert [(each["name"], each["newTag"]) for each in kustomization["images"]] == [(name, tag)]


def test_each_component_has_one_workload():
    assert sorted(pods()) == sorted(COMPONENTS)


@pytest.mark.parametrize("component", COMPONENTS)
def test_pods_are_probed_and_limited(component: str):
    run = container(pods()[component])
    for probe in ("startupProbe", "livenessProbe", "readinessProbe"):
        assert "exec" in run[probe] or run[probe]["httpGet"]["port"] == "admin"
    startup = run["startupProbe"]
    assert (
        startup["periodSeconds"] * startup["failureThreshold"] >= 2 * STARTUP_TIMEOUT_S
    )  # Callboard waits this long for Redis
    assert run["resources"]["requests"].keys() == {"cpu", "memory"}
    assert run["resources"]["limits"]["memory"] == "512Mi"


@pytest.mark.parametrize("component", COMPONENTS)
def test_pods_may_do_little(component: str):
    spec = pods()[component]["spec"]
    assert spec["automountServiceAccountToken"] is False
    assert spec["securityContext"]["runAsNonRoot"]
    assert spec["securityContext"]["runAsUser"]
    assert spec["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    context = container(pods()[component])["securityContext"]
    assert context == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    assert named("Namespace", "callboard")["metadata"]["labels"] == {"pod-security.kubernetes.io/enforce": "restricted"}


@pytest.mark.parametrize("each", of_kind("Deployment"), ids=title)
def test_replicas_are_drained_one_at_a_time_and_live_apart(each: Json):
    labels = each["spec"]["template"]["metadata"]["labels"]
    (budget,) = (one for one in of_kind("PodDisruptionBudget") if selects(one["spec"]["selector"], labels))
    assert budget["spec"]["maxUnavailable"] == 1 < each["spec"]["replicas"]
    assert budget["spec"]["unhealthyPodEvictionPolicy"] == "AlwaysAllow"
    spread = each["spec"]["template"]["spec"]["topologySpreadConstraints"]
    assert [one["topologyKey"] for one in spread] == ["kubernetes.io/hostname", "topology.kubernetes.io/zone"]
    assert all(selects(one["labelSelector"], labels) and one["maxSkew"] == 1 for one in spread)
    assert all(one["whenUnsatisfiable"] == "ScheduleAnyway" for one in spread)


@pytest.mark.parametrize("each", of_kind("Service"), ids=title)
def test_services_lead_to_pods(each: Json):
    (pod,) = (
        pod for pod in pods().values() if selects({"matchLabels": each["spec"]["selector"]}, pod["metadata"]["labels"])
    )
    open_ = {port["name"] for port in container(pod)["ports"]}
    assert {port.get("targetPort", port["name"]) for port in each["spec"]["ports"]} <= open_


def test_images_of_others_are_pinned():
    assert [image for image in (base_image(), *redis_images()) if not PINNED.fullmatch(image)] == []


def test_one_redis_is_pinned_everywhere_and_our_own_image_by_its_version():
    assert len(set(redis_images())) == 1
    ours = [compose()["services"][part]["image"] for part in ("serve", "worker")]
    ours += [container(pods()[part])["image"] for part in ("serve", "worker")]
    assert set(ours) == {own_image()}


@pytest.mark.parametrize(
    "each", [*objects(), {"kind": "Compose", "metadata": {"name": "file"}, **compose()}], ids=title
)
def test_no_secret_is_written_down(each: Json):
    assert each["kind"] != "Secret"
    for text in strings(each):
        assert "://" not in text or urlsplit(text).password is None
        assert text not in {"-a", "--pass", "--requirepass"}
        assert set(re.findall(r"(?:requirepass|REDISCLI_AUTH=)\s*(\S+)", text.replace("$$", "$"))) <= {'"$password"'}
    for pod in [each["spec"]["template"]] if each["kind"] in WORKLOADS else []:
        assert {one["name"] for one in container(pod).get("env", [])} <= {"REDIS_URL"}
