{{- define "counterfoil.name" -}}
{{- printf "%s" .Release.Name | trunc 40 | trimSuffix "-" -}}
{{- end }}

{{- define "counterfoil.labels" -}}
app.kubernetes.io/name: counterfoil
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version }}
{{- end }}

{{/* What tells the pods of one component: (list $ "web") */}}
{{- define "counterfoil.selector" -}}
app.kubernetes.io/name: counterfoil
app.kubernetes.io/instance: {{ (index . 0).Release.Name }}
app.kubernetes.io/component: {{ index . 1 }}
{{- end }}

{{- define "counterfoil.image" -}}
{{ .Values.image.repository }}:{{ .Values.image.tag | default .Chart.AppVersion }}
{{- end }}

{{- define "counterfoil.secret" -}}
{{- required "existingSecret names the Secret with keys and addresses; docs/deploy.md says how it is made" .Values.existingSecret -}}
{{- end }}

{{/* The Secret as the cluster has it, so that a change of it starts pods anew. */}}
{{- define "counterfoil.annotations" -}}
{{- $secret := lookup "v1" "Secret" .Release.Namespace (include "counterfoil.secret" .) -}}
checksum/secret: {{ printf "%s%s" (toJson (default dict $secret).data) .Values.secretRevision | sha256sum }}
checksum/settings: {{ printf "%s%s" (toJson .Values.settings) (toJson .Values.hosts) | sha256sum }}
{{- with .Values.podAnnotations }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{/* One variable from the Secret: (list $ "SECRET_KEY" "secret-key" false) */}}
{{- define "counterfoil.fromSecret" -}}
- name: {{ index . 1 }}
  valueFrom:
    secretKeyRef:
      name: {{ include "counterfoil.secret" (index . 0) }}
      key: {{ index . 2 }}
      {{- if index . 3 }}
      optional: true
      {{- end }}
{{- end }}

{{/* All variables of a process: (list $ "database-url-web") */}}
{{- define "counterfoil.environment" -}}
{{- $root := index . 0 -}}
{{ include "counterfoil.fromSecret" (list $root "SECRET_KEY" "secret-key" false) }}
{{ include "counterfoil.fromSecret" (list $root "PROOF_SIGNING_KEY" "proof-signing-key" false) }}
{{ include "counterfoil.fromSecret" (list $root "DATABASE_URL" (index . 1) false) }}
{{ include "counterfoil.fromSecret" (list $root "REDIS_URL" "redis-url" false) }}
{{ include "counterfoil.fromSecret" (list $root "CACHE_URL" "cache-url" true) }}
{{ include "counterfoil.fromSecret" (list $root "EMAIL_URL" "email-url" true) }}
{{ include "counterfoil.fromSecret" (list $root "METRICS_TOKEN" "metrics-token" true) }}
{{ include "counterfoil.fromSecret" (list $root "SENTRY_DSN" "sentry-dsn" true) }}
{{ include "counterfoil.fromSecret" (list $root "AWS_ACCESS_KEY_ID" "aws-access-key-id" true) }}
{{ include "counterfoil.fromSecret" (list $root "AWS_SECRET_ACCESS_KEY" "aws-secret-access-key" true) }}
- name: ALLOWED_HOSTS
  value: {{ required "hosts are the names people type: --set hosts={billing.example.com}" (join "," $root.Values.hosts) | quote }}
{{- if $root.Values.papers.store }}
- name: PAPERS_STORE
  value: {{ $root.Values.papers.store | quote }}
{{- end }}
{{- range $name, $value := $root.Values.settings }}
- name: {{ $name }}
  value: {{ $value | quote }}
{{- end }}
{{- end }}

{{/* Where a pod may write: (list $) */}}
{{- define "counterfoil.mounts" -}}
- name: scratch
  mountPath: /tmp
- name: papers
  mountPath: /var/lib/counterfoil/papers
{{- end }}

{{- define "counterfoil.volumes" -}}
- name: scratch
  emptyDir:
    sizeLimit: 512Mi
- name: papers
  {{- if .Values.papers.existingClaim }}
  persistentVolumeClaim:
    claimName: {{ .Values.papers.existingClaim }}
  {{- else }}
  {{- $_ := required "papers.store (a bucket) or papers.existingClaim keeps documents" .Values.papers.store }}
  emptyDir: {}
  {{- end }}
{{- end }}

{{- define "counterfoil.podSecurity" -}}
runAsNonRoot: true
runAsUser: 10001
runAsGroup: 10001
fsGroup: 10001
seccompProfile:
  type: RuntimeDefault
{{- end }}

{{- define "counterfoil.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities:
  drop: [ALL]
{{- end }}

{{/* Where pods may run: (list $ "web"); not two of a kind on one node where there is another. */}}
{{- define "counterfoil.placing" -}}
{{- $root := index . 0 -}}
serviceAccountName: {{ include "counterfoil.name" $root }}
automountServiceAccountToken: false
{{- with $root.Values.imagePullSecrets }}
imagePullSecrets:
{{- toYaml . | nindent 2 }}
{{- end }}
securityContext:
{{- include "counterfoil.podSecurity" $root | nindent 2 }}
{{- with $root.Values.nodeSelector }}
nodeSelector:
{{- toYaml . | nindent 2 }}
{{- end }}
{{- with $root.Values.tolerations }}
tolerations:
{{- toYaml . | nindent 2 }}
{{- end }}
{{- with $root.Values.affinity }}
affinity:
{{- toYaml . | nindent 2 }}
{{- end }}
topologySpreadConstraints:
  - maxSkew: 1
    topologyKey: kubernetes.io/hostname
    whenUnsatisfiable: ScheduleAnyway
    labelSelector:
      matchLabels:
        {{- include "counterfoil.selector" . | nindent 8 }}
{{- end }}

{{/* Grows and shrinks a Deployment: (dict "root" $ "component" "web" "autoscaling" …) */}}
{{- define "counterfoil.scaling" -}}
{{- $name := printf "%s-%s" (include "counterfoil.name" .root) .component -}}
{{- if .autoscaling.enabled }}
---
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata:
  name: {{ $name }}
  labels:
    {{- include "counterfoil.labels" .root | nindent 4 }}
spec:
  scaleTargetRef:
    apiVersion: apps/v1
    kind: Deployment
    name: {{ $name }}
  minReplicas: {{ .autoscaling.minReplicas }}
  maxReplicas: {{ .autoscaling.maxReplicas }}
  metrics:
    {{- if .autoscaling.queueSeconds }}
    - type: External
      external:
        metric:
          name: counterfoil_queue_age_seconds
          selector:
            matchLabels:
              queue: {{ trimPrefix "worker-" .component }}
        target:
          type: Value
          value: {{ .autoscaling.queueSeconds | quote }}
    {{- else }}
    - type: Resource
      resource:
        name: cpu
        target:
          type: Utilization
          averageUtilization: {{ .autoscaling.cpuPercent }}
    {{- end }}
  behavior:
    scaleDown:
      stabilizationWindowSeconds: 300
{{- end }}
{{- if .minAvailable }}
---
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata:
  name: {{ $name }}
  labels:
    {{- include "counterfoil.labels" .root | nindent 4 }}
spec:
  minAvailable: {{ .minAvailable }}
  selector:
    matchLabels:
      {{- include "counterfoil.selector" (list .root .component) | nindent 6 }}
{{- end }}
{{- end }}
