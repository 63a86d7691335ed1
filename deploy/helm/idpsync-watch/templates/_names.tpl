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

{{- define "idpsync.image" -}}
{{- if .Values.image.digest -}}
{{ .Values.image.repository }}@{{ .Values.image.digest }}
{{- else -}}
{{ .Values.image.repository }}:{{ .Values.image.tag | default (print .Chart.AppVersion (ternary "-tools" "" (ne .Values.source.git.url ""))) }}
{{- end -}}
{{- end -}}

{{/* What no schema can say: exactly one source, and a ledger that can be written. */}}
{{- define "idpsync.check" -}}
{{- $s := .Values.source -}}
{{- $n := 0 -}}
{{- if $s.files -}}{{- $n = add1 $n -}}{{- end -}}
{{- if $s.existingConfigMap -}}{{- $n = add1 $n -}}{{- end -}}
{{- if $s.git.url -}}{{- $n = add1 $n -}}{{- end -}}
{{- if ne (int $n) 1 -}}
{{- fail "source: give exactly one of files, existingConfigMap and git.url" -}}
{{- end -}}
{{- if $s.files -}}
{{- $project := get $s.files "idpsync.yaml" -}}
{{- if not $project -}}{{- fail "source.files: there is no idpsync.yaml among them" -}}{{- end -}}
{{- if not (contains "file:/var/lib/idpsync/" $project) -}}
{{- fail "source.files: idpsync.yaml must say \"ledger: file:/var/lib/idpsync/ledger\", since a mounted ConfigMap cannot be written to" -}}
{{- end -}}
{{- end -}}
{{- if not .Values.auth.existingSecret -}}
{{- fail "auth.existingSecret: want the name of a Secret with the token of the page; make one: kubectl create secret generic idpsync-page --from-literal=token=$(openssl rand -hex 32)" -}}
{{- end -}}
{{- end -}}
