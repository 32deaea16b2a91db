{{/*
Values of other charts that would be ignored although the user counts on them, each with what to set instead. Chart 3.1.1 read none of them. The schema
accepts the nested ones, so that the user sees this text. What is empty or switched off passes.
*/}}
{{- define "provider-aws.refuse" -}}
{{- $found := list -}}
{{- range splitList "\n" (include "provider-aws.refused" . | trim) }}
{{- $row := splitn " " 2 . }}
{{- $path := splitn "." 2 $row._0 }}
{{- $value := get $.Values $path._0 }}
{{- if $path._1 }}{{- $value = get (default dict $value) $path._1 }}{{- end }}
{{- if or (not (include "provider-aws.isOff" $value)) (and $path._1 (kindIs "bool" $value)) }}
{{- $found = append $found (printf "- %s (here: %s)" $row._0 $row._1) }}
{{- end }}
{{- end }}
{{- if $found }}
{{- fail (printf "values that this chart does not have:\n%s\nSet what is named instead. --set KEY=null removes a value that an earlier release keeps." (join "\n" $found)) }}
{{- end }}
{{- end -}}

{{/* Nothing, false, or a section with enabled: false. A number counts: replicaCount 0 is meant. */}}
{{- define "provider-aws.isOff" -}}
{{- if kindIs "map" . }}{{- if or (empty .) (and (hasKey . "enabled") (not .enabled)) }}true{{ end }}
{{- else if not (or (kindIs "float64" .) (kindIs "int64" .)) }}{{- if empty . }}true{{ end }}
{{- end }}
{{- end -}}

{{- define "provider-aws.refused" -}}
rbac.create rbac.install
serviceAccount.create rbac.install
serviceAccount.name rbac.serviceAccountName
serviceAccountName rbac.serviceAccountName
image.registry image.repository, which begins with the registry
imagePullPolicy image.pullPolicy
env extraEnv, a list of EnvVar
envFrom extraEnv, with valueFrom
extraEnvVars extraEnv, a list of EnvVar
args a value for each flag, such as logLevel
extraArgs a value for each flag, such as logLevel
region awsRegion
volumes extraVolumes
volumeMounts extraVolumeMounts
containerSecurityContext securityContext
hostNetwork always off
replicaCount one pod for each node; see nodeSelector and affinity
metrics http.enabled and podMonitor.enabled
serviceMonitor podMonitor
podMonitor.additionalLabels podMonitor.labels
prometheusRule.additionalRuleLabels prometheusRule.additionalLabels
enableSecretRotation secrets-store-csi-driver.enableSecretRotation
rotationPollInterval secrets-store-csi-driver.rotationPollInterval
syncSecret secrets-store-csi-driver.syncSecret
tokenRequests secrets-store-csi-driver.tokenRequests
linux secrets-store-csi-driver.linux
{{- end -}}
