{{- define "clubos.name" -}}
{{- .Release.Name | trunc 53 | trimSuffix "-" -}}
{{- end -}}

{{- define "clubos.selector" -}}
app.kubernetes.io/name: clubos
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "clubos.labels" -}}
{{ include "clubos.selector" . }}
app.kubernetes.io/version: {{ .Values.image.tag | default .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ .Chart.Name }}-{{ .Chart.Version }}
{{- end -}}

{{- define "clubos.image" -}}
{{ .Values.image.repository }}:{{ .Values.image.tag | default .Chart.AppVersion }}
{{- end -}}

{{- define "clubos.env" -}}
- {name: CLUBOS_PUBLIC_URL, value: {{ .Values.publicURL | quote }}}
- {name: CLUBOS_DATA_DIR, value: /tmp/clubos}
- {name: CLUBOS_DATABASE_URL_FILE, value: /run/secrets/clubos/database-url}
- {name: CLUBOS_MASTER_KEY_FILE, value: /run/secrets/clubos/master-key}
- {name: CLUBOS_DATABASE_CONNS, value: {{ .Values.databaseConns | quote }}}
- {name: CLUBOS_WORKERS, value: {{ .Values.workers | quote }}}
- {name: CLUBOS_LISTEN, value: "0.0.0.0:8080"}
- {name: CLUBOS_METRICS_LISTEN, value: "0.0.0.0:9464"}
- {name: CLUBOS_TRUSTED_PROXIES, value: {{ .Values.trustedProxies | quote }}}
- {name: CLUBOS_DRAIN_DELAY, value: {{ .Values.drainDelay | quote }}}
- {name: CLUBOS_DRAIN_TIMEOUT, value: {{ .Values.drainTimeout | quote }}}
- {name: CLUBOS_NODE, valueFrom: {fieldRef: {fieldPath: metadata.name}}}
{{- if .Values.redis }}
- {name: CLUBOS_REDIS_URL_FILE, value: /run/secrets/clubos/redis-url}
{{- end }}
{{- range $name, $value := .Values.env }}
- {name: {{ $name }}, value: {{ $value | quote }}}
{{- end }}
{{- end -}}

{{- /* MiB of memory from which on a replica admits less, so that it does before the kernel ends it at its limit. */ -}}
{{- define "clubos.memoryLimit" -}}
{{- $limit := dig "limits" "memory" "" (.Values.resources | default dict) -}}
{{- if and $limit (not (hasKey .Values.env "PERFORMANCE_MEMORY_LIMIT")) -}}
{{- $text := kindIs "string" $limit | ternary (toString $limit) ($limit | int64 | toString) -}}
{{- $unit := regexFind "[a-zA-Z]*$" $text -}}
{{- $units := dict "" 1.0 "k" 1e3 "M" 1e6 "G" 1e9 "T" 1e12 "Ki" 1024.0 "Mi" 1048576.0 "Gi" 1073741824.0 "Ti" 1099511627776.0 -}}
{{- if not (hasKey $units $unit) -}}
{{- fail (printf "resources.limits.memory: %s is not understood" $text) -}}
{{- end -}}
{{- divf (mulf 0.78 (trimSuffix $unit $text | float64) (get $units $unit)) 1048576.0 | floor | int -}}
{{- end -}}
{{- end -}}

{{- define "clubos.podSecurity" -}}
runAsNonRoot: true
runAsUser: 65532
runAsGroup: 65532
fsGroup: 65532
seccompProfile: {type: RuntimeDefault}
{{- end -}}

{{- define "clubos.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities: {drop: [ALL]}
{{- end -}}

{{- define "clubos.mounts" -}}
- {name: secrets, mountPath: /run/secrets/clubos, readOnly: true}
- {name: tmp, mountPath: /tmp}
{{- end -}}

{{- define "clubos.volumes" -}}
- name: secrets
  secret:
    secretName: {{ .Values.existingSecret }}
    defaultMode: 0440
    items:
      - {key: database-url, path: database-url}
      - {key: master-key, path: master-key}
      {{- if .Values.redis }}
      - {key: redis-url, path: redis-url}
      {{- end }}
- name: tmp
  emptyDir: {sizeLimit: 64Mi}
{{- end -}}
