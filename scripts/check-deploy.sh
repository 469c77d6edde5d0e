#!/usr/bin/env bash
# Lints and renders the Helm charts and checks what they render by the types that the API server decodes
# with; checks Caddy's configurations and the systemd unit by their own programs where these are there.
set -euo pipefail
cd "$(dirname "$0")/.."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

(cd tools/kube && go build -o "$work/helm" helm.sh/helm/v3/cmd/helm && go build -o "$work/kube" .)
helm() { HELM_CACHE_HOME=$work HELM_CONFIG_HOME=$work HELM_DATA_HOME=$work "$work/helm" "$@"; }
render() { echo "$1 ${*:3}"; helm template "$1" "deploy/helm/$2" --kube-version 1.31.0 "${@:3}" > "$work/out.yaml"; "$work/kube" < "$work/out.yaml"; }

need=(--set publicURL=https://club.example.com --set existingSecret=clubos)
helm lint --strict --quiet deploy/helm/clubos "${need[@]}"
helm lint --strict --quiet deploy/helm/clubos-front --set host=club.example.com
render clubos clubos "${need[@]}"
render clubos clubos "${need[@]}" --set autoscaling.enabled=false,redis=false,migrate.enabled=false,networkPolicy.enabled=false
render clubos-green clubos "${need[@]}" --set serviceMonitor.enabled=true,serviceMonitor.labels.team=golf,ingress.enabled=true,ingress.tlsSecret=tls,ingress.className=nginx \
  --set env.CLUBOS_LOG_LEVEL=debug,nodeSelector.disk=ssd,podAnnotations.a=b --set-json 'imagePullSecrets=[{"name":"registry"}]' --set-json 'tolerations=[{"operator":"Exists"}]'
render clubos clubos "${need[@]}" --set backup.enabled=true
render clubos clubos "${need[@]}" --set backup.enabled=true,backup.existingClaim=nas,nodeSelector.disk=ssd --set-json 'tolerations=[{"operator":"Exists"}]'
for limit in 512Mi 2G 1.5Gi; do render clubos clubos "${need[@]}" --set resources.limits.memory=$limit; done
render clubos clubos "${need[@]}" --set resources.limits.memory=1073741824
render clubos clubos "${need[@]}" --set resources.limits=null
if (render clubos clubos "${need[@]}" --set env.PERFORMANCE_MEMORY_LIMIT=1024) > /dev/null 2>&1; then
  echo "a replica that is ended before it admits less is found right" >&2
  exit 1
fi
render clubos-front clubos-front --set host=club.example.com,to=clubos-green,ingress.tlsSecret=tls
if helm template clubos deploy/helm/clubos --kube-version 1.31.0 > /dev/null 2>&1; then
  echo "the chart renders without an address and a secret" >&2
  exit 1
fi

if command -v caddy > /dev/null; then
  for file in deploy/compose/Caddyfile deploy/region/Caddyfile; do
    CLUBOS_SITE=http://127.0.0.1:8080 HOME=$work caddy validate --config "$file" --adapter caddyfile 2>&1 | tail -1
  done
fi
if command -v systemd-analyze > /dev/null; then
  # The program need not be installed here, nor its user be known.
  for unit in clubos.service clubos-backup.service; do
    sed -e 's|/usr/local/bin/clubos|/bin/true|' -e '/^User=/d' -e '/^Group=/d' "deploy/systemd/$unit" > "$work/$unit"
  done
  cp deploy/systemd/clubos-backup.timer "$work"
  systemd-analyze verify "$work"/clubos.service "$work"/clubos-backup.service "$work"/clubos-backup.timer
  for unit in clubos.service clubos-backup.service; do systemd-analyze security --offline=yes --threshold=20 "deploy/systemd/$unit" | tail -1; done
  systemd-analyze calendar "$(sed -n 's/^OnCalendar=//p' deploy/systemd/clubos-backup.timer)" > /dev/null
fi
