{{- define "idpsync.name" -}}
{{- if contains .Chart.Name .Release.Name -}}
{{- .Release.Name | trunc 52 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name .Chart.Name | trunc 52 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{- define "idpsync.selector" -}}
app.kubernetes.io/name: {{ .Chart.Name }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "idpsync.labels" -}}
{{ include "idpsync.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ .Chart.Name }}-{{ .Chart.Version | replace "+" "_" }}
{{- end -}}

{{/* "true" when the pod needs git. */}}
{{- define "idpsync.git" -}}
{{- $git := .Values.git.image -}}
{{- range .Values.sources -}}{{- if .git -}}{{- $git = true -}}{{- end -}}{{- end -}}
{{- if $git -}}true{{- end -}}
{{- end -}}

{{- define "idpsync.image" -}}
{{- if .Values.image.digest -}}
{{ .Values.image.repository }}@{{ .Values.image.digest }}
{{- else -}}
{{ .Values.image.repository }}:{{ .Values.image.tag | default (print .Chart.AppVersion (ternary "-tools" "" (eq (include "idpsync.git" .) "true"))) }}
{{- end -}}
{{- end -}}

{{/* The fleet file that sources and targets make. */}}
{{- define "idpsync.fleet" -}}
{{- $sources := list -}}
{{- range $name, $s := .Values.sources -}}
{{- if $s.git -}}
{{- $sources = append $sources (dict "name" $name "git" $s.git) -}}
{{- else -}}
{{- $sources = append $sources (dict "name" $name "dir" (print "/config/" $name)) -}}
{{- end -}}
{{- end -}}
apiVersion: idpsync/v1
kind: Fleet
sources:
{{ toYaml $sources }}
targets:
{{ toYaml .Values.targets }}
{{- end -}}
