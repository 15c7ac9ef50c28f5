"""How many expressions a second one core isolates: `python benchmarks/isolation.py [seconds]`.

The corpus is what tenants and packs really write: resource and latency alerts, SLO burn rates, joins, absence, dashboards. Each
is read as if for the first time: what is remembered of expressions is forgotten before each pass. Seconds are a processor's.
"""

from __future__ import annotations

import statistics
import sys
import time

from alertkit.cli.common import collect_seldom
from alertkit.promql import isolate, lexer, parser

CORPUS = """
# liveness and freshness
up == 0

up{job="checkout"} == 0

absent(up{job="checkout",instance=~"edge-.*"})

absent_over_time(heartbeat_total{service="royalties"}[1h])

time() - royalty_export_last_success_timestamp_seconds > 26 * 3600

max by (job) (time() - backup_last_success_timestamp_seconds{job!=""}) > 86400

changes(process_start_time_seconds[15m]) > 3

count by (job) (up{job=~"api|worker"} == 0) / count by (job) (up{job=~"api|worker"}) > 0.5

# request rate, errors, duration
sum by (service) (rate(http_requests_total{job="checkout"}[5m]))

sum(rate(http_requests_total{job="checkout",code=~"5.."}[5m]))
/ sum(rate(http_requests_total{job="checkout"}[5m])) > 0.05

sum by (route) (rate(http_requests_total{code!~"[45].."}[5m])) < 0.1
and sum by (route) (rate(http_requests_total[5m] offset 1d)) > 1

histogram_quantile(0.99, sum by (le) (rate(http_request_duration_seconds_bucket{job="checkout"}[5m]))) > 0.3

histogram_quantile(0.95, sum by (le, route) (rate(http_request_duration_seconds_bucket{route!=""}[5m]))) > 1
and sum by (route) (rate(http_request_duration_seconds_count[5m])) > 0.1

sum(rate(http_request_duration_seconds_bucket{job="checkout",le=~"0.3|0.30"}[5m]))
/ sum(rate(http_request_duration_seconds_count{job="checkout"}[5m])) < 0.99

rate(grpc_server_handled_total{grpc_code!="OK",grpc_service="payments.v1.Ledger"}[10m]) > 1

sum without (instance, pod) (increase(api_failures_total{class="timeout"}[30m])) > 10

# service level objectives
slo:errors:rate5m{slo="checkout-availability"} / slo:events:rate5m{slo="checkout-availability"}

sum_over_time(slo:errors:rate5m{slo="checkout-availability"}[1h])
/ sum_over_time(slo:events:rate5m{slo="checkout-availability"}[1h]) > 14.4 * 0.001

(slo:ratio_rate1h{slo="a"} > (14.4 * 0.001)
and slo:ratio_rate5m{slo="a"} > (14.4 * 0.001))
or (slo:ratio_rate6h{slo="a"} > (6 * 0.001)
and slo:ratio_rate30m{slo="a"} > (6 * 0.001))

max without (window) (slo:ratio_rate3d{slo="a"} > 1 * 0.001)
and max without (window) (slo:ratio_rate6h{slo="a"} > 1 * 0.001)

1 - (sum_over_time(slo:errors:rate5m{slo="a"}[30d]) / sum_over_time(slo:events:rate5m{slo="a"}[30d])) / 0.001

slo:current_burn_rate:ratio{slo="a"} > on (slo) group_left () slo:page_threshold:ratio

clamp_min(1 - slo:period_burn_rate:ratio{service="checkout"}, 0)

vector(0.999)

# machines
100 - avg by (instance) (rate(node_cpu_seconds_total{mode="idle"}[5m])) * 100 > 90

predict_linear(node_filesystem_avail_bytes{fstype!~"tmpfs|overlay",mountpoint="/"}[6h], 24 * 3600) < 0

(node_memory_MemTotal_bytes - node_memory_MemAvailable_bytes) / node_memory_MemTotal_bytes > 0.9

rate(node_network_receive_errs_total{device!~"lo|veth.+"}[2m])
/ rate(node_network_receive_packets_total{device!~"lo|veth.+"}[2m]) > 0.01

node_filesystem_avail_bytes{job="node",fstype!=""}
/ node_filesystem_size_bytes{job="node",fstype!=""} * 100 < 5
and node_filesystem_readonly{job="node",fstype!=""} == 0

node_load5 / on (instance) group_left () count by (instance) (count by (instance, cpu) (node_cpu_seconds_total)) > 2

deriv(node_hwmon_temp_celsius{chip=~"platform_coretemp_.+"}[10m]) > 0.5

increase(node_vmstat_oom_kill[10m]) > 0

# orchestration
sum by (namespace, pod) (max by (namespace, pod) (kube_pod_status_phase{phase=~"Pending|Unknown|Failed"})
* on (namespace, pod) group_left (owner_kind)
topk by (namespace, pod) (1, max by (namespace, pod, owner_kind) (kube_pod_owner{owner_kind!="Job"}))) > 0

max_over_time(kube_pod_container_status_waiting_reason{reason="CrashLoopBackOff",job="kube-state-metrics"}[5m]) >= 1

kube_deployment_spec_replicas{job="ksm"} > kube_deployment_status_replicas_available{job="ksm"}
and changes(kube_deployment_status_replicas_updated{job="ksm"}[10m]) == 0

sum by (container, pod, namespace) (increase(container_cpu_cfs_throttled_periods_total{container!=""}[5m]))
/ sum by (container, pod, namespace) (increase(container_cpu_cfs_periods_total[5m])) > (25 / 100)

kubelet_volume_stats_available_bytes
/ kubelet_volume_stats_capacity_bytes < 0.03
and kubelet_volume_stats_used_bytes > 0
unless on (namespace, persistentvolumeclaim) kube_persistentvolumeclaim_labels{label_excluded="true"} == 1

count by (cluster) (kube_node_status_condition{condition="Ready",status="true"} == 0) > 0

label_replace(kube_node_info, "instance", "$1", "node", "(.*)")
* on (instance) group_right (kubelet_version) node_uname_info

sum(rate(container_cpu_usage_seconds_total{namespace="shop",image!=""}[5m])) by (pod)
/ sum(kube_pod_container_resource_requests{resource="cpu",namespace="shop"}) by (pod)

# data stores and queues
sum by (consumergroup, topic) (kafka_consumergroup_lag) > 10000
and sum by (consumergroup, topic) (delta(kafka_consumergroup_lag[10m])) > 0

pg_stat_activity_max_tx_duration{state="active",datname!~"template.*|postgres"} > 60

rate(pg_stat_database_xact_rollback[5m])
/ (rate(pg_stat_database_xact_commit[5m])
+ rate(pg_stat_database_xact_rollback[5m])) > 0.02

redis_memory_used_bytes / redis_memory_max_bytes > 0.9 and redis_memory_max_bytes > 0

quantile_over_time(0.9, rabbitmq_queue_messages_ready[30m]) > 1000

avg_over_time(mysql_global_status_threads_connected[5m]) / mysql_global_variables_max_connections * 100 > 80

# audio streaming and machine learning
sum by (region) (rate(stream_rebuffer_seconds_total[5m]))
/ sum by (region) (rate(stream_play_seconds_total[5m])) > 0.01

histogram_quantile(0.5, sum by (le, codec) (rate(stream_start_seconds_bucket{client=~"ios|android"}[15m])))

sum by (model) (rate(inference_tokens_total[5m])) / sum by (model) (rate(inference_requests_total[5m])) > 2000

abs(avg by (model) (feature_mean) - avg by (model) (feature_mean offset 1w)) > 3 * stddev by (model) (feature_mean)

avg by (model, version) (avg_over_time(model_confidence{stage="prod"}[1h])) < 0.6

max by (gpu) (DCGM_FI_DEV_GPU_TEMP) > 85 or max by (gpu) (DCGM_FI_DEV_XID_ERRORS) > 0

# security
sum by (user) (increase(auth_failures_total{reason="bad_password"}[10m])) > 20 unless on (user) auth_service_account

probe_ssl_earliest_cert_expiry{job="blackbox"} - time() < 86400 * 14

topk(5, sum by (source) (rate(waf_blocked_requests_total{rule=~"sqli|xss|rce"}[5m])))

count(count by (country) (login_success_total{user_kind="staff"} > login_success_total{user_kind="staff"} offset 1h)) > 3

# shapes that are rare but real
max_over_time(rate(http_requests_total[1m])[30m:1m])

avg_over_time((sum(rate(jobs_failed_total[5m])) / sum(rate(jobs_total[5m])))[1h:5m]) > 0.1

sum(rate(requests_total[5m] @ end())) - sum(rate(requests_total[5m] @ start()))

count_values("version", build_info{job="checkout"})

sort_desc(sum by (service) (ALERTS{alertstate="firing",severity=~"critical|page"}))

sum by (job) (
  rate(errors_total{job="checkout"}[5m])  # what the gateway saw
)
/
sum by (job) (
  rate(requests_total[5m])
)
> 0.01
""".strip().split("\n\n")


def main() -> None:
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 3.0
    collect_seldom()  # as generate does
    rates = [_rate(seconds / 5) for _ in range(5)]
    characters = statistics.mean(map(len, CORPUS))
    print(f"{len(CORPUS)} expressions of {characters:.0f} characters on average")
    print(
        f"{statistics.median(rates):,.0f} expressions/s on one core (best {max(rates):,.0f}, worst {min(rates):,.0f} of 5 runs)"
    )


def _rate(seconds: float) -> float:
    done, start = 0, time.process_time()
    while time.process_time() - start < seconds:
        for remembered in (isolate, parser.read_checked, lexer.lex, lexer.split, lexer.is_plain):
            remembered.cache_clear()
        for expr in CORPUS:
            isolate(expr, "tenant", "acme")
        done += len(CORPUS)
    return done / (time.process_time() - start)


if __name__ == "__main__":
    main()
