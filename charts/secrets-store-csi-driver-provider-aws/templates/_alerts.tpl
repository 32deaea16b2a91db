{{/*
A rule of files/alerts.yaml, changed by prometheusRule. The file spells the lists of labels that this replaces always in the same order. PromQL
accepts the trailing comma that an empty list leaves behind. A label of one process never reaches `by` and `on`: a node that is gone is not a cluster
without metrics. Takes (list rule prometheusRule).
*/}}
{{- define "provider-aws.alert" -}}
{{- $rule := deepCopy (first .) -}}
{{- $rules := last . -}}
{{- $kept := $rules.aggregationLabels -}}
{{- if kindIs "invalid" $kept }}{{- $kept = list "cluster" }}{{- end -}}
{{- $process := list "instance" "pod" "node" "container" "endpoint" -}}
{{- $dropped := $process -}}
{{- $clusters := $kept -}}
{{- range $kept }}{{- $dropped = without $dropped . }}{{- end -}}
{{- range $process }}{{- $clusters = without $clusters . }}{{- end -}}
{{- $expr := $rule.expr
  | replace (join ", " $process) (join ", " $dropped)
  | replace "job, instance, cluster" (concat (list "job" "instance") $clusters | uniq | join ", ")
  | replace "by (cluster)" (printf "by (%s)" (join ", " $clusters))
-}}
{{- $_ := set $rule "expr" $expr -}}
{{- range $name, $value := $rules.additionalLabels }}
{{- if not (kindIs "invalid" $value) }}{{- $_ := set $rule.labels $name (include "provider-aws.integer" $value) }}{{- end }}
{{- end }}
{{- with $rules.runbookUrl }}
{{- $_ := set $rule.annotations "runbook_url" (printf "%s#%s" (trimSuffix "#" .) (lower $rule.alert)) }}
{{- end }}
{{- toYaml $rule -}}
{{- end -}}
