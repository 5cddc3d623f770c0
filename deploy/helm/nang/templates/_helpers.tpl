{{- define "nang.labels" -}}
app.kubernetes.io/name: nang
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{- end }}

{{- define "nang.select" -}}
app.kubernetes.io/name: nang
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "nang.host" -}}
{{ regexReplaceAll "^https?://" .Values.publicUrl "" }}
{{- end }}

{{/* A pod without rights: not root, a read-only root, no token of the cluster. */}}
{{- define "nang.pod" -}}
automountServiceAccountToken: false
enableServiceLinks: false
terminationGracePeriodSeconds: 20
securityContext:
  runAsNonRoot: true
  runAsUser: 10001
  runAsGroup: 10001
  fsGroup: 10001
  seccompProfile: {type: RuntimeDefault}
{{- with .Values.imagePullSecrets }}
imagePullSecrets: {{ toYaml . | nindent 2 }}
{{- end }}
{{- end }}

{{/* A container of the image. More variables may follow. */}}
{{- define "nang.container" -}}
image: "{{ .Values.image.repository }}:{{ .Values.image.tag | default .Chart.AppVersion }}"
imagePullPolicy: {{ .Values.image.pullPolicy }}
securityContext:
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: true
  capabilities: {drop: [ALL]}
env:
  - {name: NANG_PUBLIC_URL, value: {{ .Values.publicUrl | quote }}}
  - {name: NANG_PLAYBACK_KEYS_FILE, value: /etc/nang/playback.keys}
  - {name: NANG_ACCESS_KEY_FILE, value: /etc/nang/access.key}
  - {name: NANG_STORAGE, value: {{ .Values.storage | default "file:///srv/films" | quote }}}
  {{- if .Values.storage }}
  {{- range list "AWS_ACCESS_KEY_ID" "AWS_SECRET_ACCESS_KEY" }}
  - name: {{ . }}
    valueFrom: {secretKeyRef: {name: {{ $.Values.secret }}, key: {{ . }}, optional: true}}
  {{- end }}
  {{- end }}
  {{- range $name, $value := .Values.settings }}
  - {name: {{ $name }}, value: {{ $value | quote }}}
  {{- end }}
{{- end }}

{{- define "nang.databaseVariables" -}}
- name: NANG_DATABASE_URL
  valueFrom: {secretKeyRef: {name: {{ .Values.secret }}, key: NANG_DATABASE_URL}}
{{- end }}

{{- define "nang.mounts" -}}
volumeMounts:
  - {name: keys, mountPath: /etc/nang, readOnly: true}
  {{- if not .Values.storage }}
  - {name: films, mountPath: /srv/films}
  {{- end }}
  - {name: data, mountPath: /var/lib/nang}
  - {name: tmp, mountPath: /tmp}
{{- end }}

{{- define "nang.volumes" -}}
volumes:
  - name: keys
    secret:
      secretName: {{ .Values.secret }}
      defaultMode: 0440
      items: [{key: playback.keys, path: playback.keys}, {key: access.key, path: access.key}]
  {{- if not .Values.storage }}
  - name: films
    persistentVolumeClaim: {claimName: {{ .Values.storageClaim }}}
  {{- end }}
  - {name: data, emptyDir: {}}
  - {name: tmp, emptyDir: {}}
{{- end }}
