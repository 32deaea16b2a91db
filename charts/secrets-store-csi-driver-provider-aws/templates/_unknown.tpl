{{/*
Top-level values that this chart does not read, for NOTES: "logLvel (logLevel?), other". The schema accepts them, as 3.1.1 did: a parent chart or a
YAML anchor may need them. A test holds the list of known keys to values.yaml; Helm adds `global`.
*/}}
{{- define "provider-aws.unknownKeys" -}}
{{- $known := regexSplit "\\s+" (include "provider-aws.knownKeys" . | trim) -1 -}}
{{- $unknown := list -}}
{{- range $key := keys .Values | sortAlpha }}
{{- if not (or (has $key $known) (kindIs "invalid" (get $.Values $key))) }}
{{- $near := include "provider-aws.nearest" (list $key $known) }}
{{- $unknown = append $unknown (ternary $key (printf "%s (%s?)" $key $near) (empty $near)) }}
{{- end }}
{{- end }}
{{- join ", " $unknown -}}
{{- end -}}

{{/* The entry of a list that differs from a text in at most two edits (one if the text is short), without regard to case. Takes (list text list). */}}
{{- define "provider-aws.nearest" -}}
{{- $text := first . -}}
{{- $best := ternary 2 3 (lt (len $text) 5) -}}
{{- $nearest := "" -}}
{{- range last . }}
{{- $longer := sub (len .) (len $text) }}
{{- if and (lt $longer 3) (gt $longer -3) }}
{{- $edits := atoi (include "provider-aws.edits" (list (lower $text) (lower .))) }}
{{- if lt $edits $best }}{{- $best = $edits }}{{- $nearest = . }}{{- end }}
{{- end }}
{{- end }}
{{- $nearest -}}
{{- end -}}

{{/* Levenshtein distance of two texts. Takes (list text text). */}}
{{- define "provider-aws.edits" -}}
{{- $other := splitList "" (last .) -}}
{{- $row := until (int (add1 (len $other))) -}}
{{- range $i, $x := splitList "" (first .) }}
{{- $next := list (add1 $i) }}
{{- range $j, $y := $other }}
{{- $replaced := add (index $row $j) (ternary 0 1 (eq $x $y)) }}
{{- $next = append $next (min (add1 (index $row (add1 $j))) (add1 (last $next)) $replaced) }}
{{- end }}
{{- $row = $next }}
{{- end }}
{{- last $row -}}
{{- end -}}

{{- define "provider-aws.knownKeys" -}}
global image imagePullSecrets nameOverride fullnameOverride awsRegion useFipsEndpoint stsFips providerVolume kubeletPath
driverWritesSecrets restoreRotationInterval batchSecrets k8sThrottlingParams eksAddonVersion podIdentityHttpTimeout
credentialCacheMaxAge secretCacheTtl serveStaleFor logFormat logLevel extraEnv caBundle extraVolumes extraVolumeMounts
commonLabels podLabels podAnnotations affinity nodeSelector tolerations priorityClassName resources updateStrategy
maxUnavailable terminationGracePeriodSeconds dnsPolicy dnsConfig rbac serviceAccount podSecurityContext securityContext
http networkPolicy podMonitor prometheusRule dashboard port secrets-store-csi-driver
{{- end -}}
