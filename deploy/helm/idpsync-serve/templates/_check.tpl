{{/* What no schema can say. */}}
{{- define "idpsync.check" -}}
{{- if .Values.existingFleet -}}
{{- if .Values.targets -}}
{{- fail "targets: with existingFleet the fleet file names them" -}}
{{- end -}}
{{- else if not .Values.targets -}}
{{- fail "targets: there are none; name some, or a ConfigMap with a fleet.yaml as existingFleet" -}}
{{- end -}}
{{- range $name, $s := .Values.sources -}}
{{- $n := 0 -}}
{{- if $s.files -}}{{- $n = add1 $n -}}{{- end -}}
{{- if $s.existingConfigMap -}}{{- $n = add1 $n -}}{{- end -}}
{{- if $s.git -}}{{- $n = add1 $n -}}{{- end -}}
{{- if ne (int $n) 1 -}}
{{- fail (printf "sources.%s: give exactly one of files, existingConfigMap and git" $name) -}}
{{- end -}}
{{- if and $s.files (not (hasKey $s.files "idpsync.yaml")) -}}
{{- fail (printf "sources.%s.files: there is no idpsync.yaml among them" $name) -}}
{{- end -}}
{{- if gt (len (toJson $s.files)) 1000000 -}}
{{- fail (printf "sources.%s.files: more than a ConfigMap can hold (1 MiB); take them from git" $name) -}}
{{- end -}}
{{- if and $s.git $.Values.existingFleet -}}
{{- fail (printf "sources.%s.git: with existingFleet the fleet file names the repository, and git.image takes the image that has git" $name) -}}
{{- end -}}
{{- end -}}
{{- if gt (len (include "idpsync.fleet" .)) 1000000 -}}
{{- fail "targets: more than a ConfigMap can hold (1 MiB); one match names many targets" -}}
{{- end -}}
{{- $seen := dict -}}
{{- range $i, $t := .Values.targets -}}
{{- if not (hasKey $.Values.sources $t.source) -}}
{{- fail (printf "targets[%d].source: there is no %q among the sources (%s)" $i $t.source (keys $.Values.sources | sortAlpha | join ", ")) -}}
{{- end -}}
{{- if eq (hasKey $t "target") (hasKey $t "match") -}}
{{- fail (printf "targets[%d]: give exactly one of target and match" $i) -}}
{{- end -}}
{{- $this := printf "%s/%s%s" $t.source (default "" $t.target) (default "" $t.match) -}}
{{- if hasKey $seen $this -}}
{{- fail (printf "targets[%d]: %s is there twice, first as targets[%v]" $i $this (get $seen $this)) -}}
{{- end -}}
{{- $_ := set $seen $this $i -}}
{{- end -}}
{{- if not .Values.database.existingSecret -}}
{{- fail "database.existingSecret: want the name of a Secret with the URL of a PostgreSQL database; make one: kubectl create secret generic idpsync-database --from-literal=url='postgres://USER:PASSWORD@HOST:5432/NAME?sslmode=verify-full'" -}}
{{- end -}}
{{- if not .Values.auth.existingSecret -}}
{{- fail "auth.existingSecret: want the name of a Secret with the token of the page; make one: kubectl create secret generic idpsync-page --from-literal=token=$(openssl rand -hex 32)" -}}
{{- end -}}
{{- end -}}
