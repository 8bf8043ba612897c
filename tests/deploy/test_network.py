"""The connections that the NetworkPolicies allow, read as network plugins read them.

Once a policy selects a pod, only what some policy for that pod allows is allowed.
"""

from typing import Literal, NamedTuple

import pytest

from tests.deploy.files import Json, container, of_kind, pods, selects


class Peer(NamedTuple):
    """A pod of this namespace, one of another namespace, or an address outside the cluster."""

    where: Literal["here", "elsewhere", "outside"]
    labels: dict[str, str]


STRANGER = {"app": "stranger"}
NEIGHBOR = Peer("here", STRANGER)
ELSEWHERE = Peer("elsewhere", STRANGER)
INTERNET = Peer("outside", {})


def labels_of(pod: Json) -> dict[str, str]:
    return pod["metadata"]["labels"]


def policies(labels: dict[str, str], way: str) -> list[Json]:
    specs = [each["spec"] for each in of_kind("NetworkPolicy")]
    return [spec for spec in specs if way in spec["policyTypes"] and selects(spec["podSelector"], labels)]


def allowed(pod: Json, way: Literal["Ingress", "Egress"], peer: Peer, port: int, protocol: str = "TCP") -> bool:
    """Return whether a peer may connect to a pod (Ingress) or the reverse (Egress)."""
    names = {each["name"]: each["containerPort"] for each in container(pod)["ports"]}
    selected = policies(labels_of(pod), way)
    assert selected, "no policy denies anything"
    rules = [rule for spec in selected for rule in spec.get(way.lower(), [])]
    peers = {"Ingress": "from", "Egress": "to"}[way]
    return any(
        (peers not in rule or any(_is_named(each, peer) for each in rule[peers]))
        and any(
            (names.get(each["port"], each["port"]), each.get("protocol", "TCP")) == (port, protocol)
            for each in rule["ports"]
        )
        for rule in rules
    )


def _is_named(listed: Json, peer: Peer) -> bool:
    if peer.where == "outside" or (peer.where == "elsewhere" and "namespaceSelector" not in listed):
        return False
    assert listed.keys() <= {"namespaceSelector", "podSelector"}
    assert listed.get("namespaceSelector", {}) == {}  # of every namespace
    return selects(listed.get("podSelector", {}), peer.labels)


def test_the_namespace_denies_everything_by_default():
    (spec,) = policies(STRANGER, "Ingress")
    assert policies(STRANGER, "Egress") == [spec]
    assert spec["podSelector"] == {}
    assert not {"ingress", "egress"} & spec.keys()


def test_redis_is_reached_only_by_callboards_pods_and_reaches_nothing():
    redis = pods()["redis"]
    for part in ("serve", "worker"):
        ours = labels_of(pods()[part])
        assert allowed(redis, "Ingress", Peer("here", ours), 6379)
        assert not allowed(redis, "Ingress", Peer("here", ours), 6380)
        assert not allowed(redis, "Ingress", Peer("elsewhere", ours), 6379)
        assert allowed(pods()[part], "Egress", Peer("here", labels_of(redis)), 6379)
    assert not any(allowed(redis, "Ingress", each, 6379) for each in (INTERNET, NEIGHBOR, ELSEWHERE))
    assert not any(allowed(redis, "Egress", each, 443) for each in (INTERNET, NEIGHBOR, ELSEWHERE))


@pytest.mark.parametrize("part", ["serve", "worker"])
def test_pods_reach_dns_and_https_and_nothing_else(part: str):
    pod = pods()[part]
    assert allowed(pod, "Egress", INTERNET, 443)
    assert allowed(pod, "Egress", ELSEWHERE, 53, "UDP")
    assert allowed(pod, "Egress", ELSEWHERE, 53, "TCP")
    assert not allowed(pod, "Egress", INTERNET, 80)
    assert not allowed(pod, "Egress", NEIGHBOR, 6379)
    assert not allowed(pod, "Egress", INTERNET, 6379)


def test_slack_reaches_the_front_and_the_cluster_reaches_probes_and_metrics():
    serve, worker = pods()["serve"], pods()["worker"]
    assert allowed(serve, "Ingress", INTERNET, 3000)
    assert not allowed(worker, "Ingress", INTERNET, 3000)
    for pod in (serve, worker):
        assert allowed(pod, "Ingress", ELSEWHERE, 3001)
        assert not allowed(pod, "Ingress", INTERNET, 3001)
