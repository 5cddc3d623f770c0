"""Checks the chart: Helm's own lint, and for several values each object against the schema of its kind. Prints the objects of KEDA as JSON
for check.mjs, which knows their schemas. Writes the configuration of NGINX to the folder that the first argument names."""

import json
import pathlib
import sys

import helm_python as helm
import kubernetes_validate
import yaml

CHART = pathlib.Path(__file__).parent / "nang"
KUBERNETES = ["1.29", "1.36"]
VALUES = [
    {},
    {"ingress": {"enabled": False}, "publicUrl": "http://films.test", "web": {"replicas": 1, "cacheGigabytes": 1}},
    {"storage": "s3://films/nang?endpoint=https://s3.test"},
    {
        "image": {"repository": "registry.test/nang", "tag": "1"},
        "imagePullSecrets": [{"name": "registry"}],
        "settings": {"NANG_REGISTRATION": "open", "NANG_LOG_FORMAT": "json"},
        "worker": {"nodeSelector": {"disk": "fast"}, "tolerations": [{"key": "encoding", "operator": "Exists"}]},
    },
]
WRONG = [{"publicUrl": "films.example.la"}, {"settings": {"REGISTRATION": "open"}}, {"worker": {"maxReplicas": 0}}, {"storage": "films"}]


def main():
    findings = helm.lint(str(CHART))
    # Severity 1 is advice: a chart without an icon.
    wrong = [message for message in findings["messages"] if message["severity"] > 1] + findings["errors"]
    assert not wrong, wrong
    keda = []
    with helm.Chart.load(str(CHART)) as chart:
        for values in VALUES:
            chart.validate_schema(values)
            for name, text in chart.render(values, name="films", namespace="media").items():
                for value in filter(None, yaml.safe_load_all(text)):
                    if value["apiVersion"].startswith("keda.sh/"):
                        keda.append(value)
                        continue
                    for version in KUBERNETES:
                        kubernetes_validate.validate(value, version, strict=True)
                    if value["kind"] == "ConfigMap":
                        (pathlib.Path(sys.argv[1]) / f"{len(keda)}.conf").write_text(value["data"]["nang.conf"])
        for values in WRONG:
            try:
                chart.validate_schema(values)
            except helm.HelmError:
                continue
            raise AssertionError(f"the chart accepts {values}")
    assert len(keda) == len(VALUES)
    json.dump(keda, sys.stdout)


main()
