{{/*
Names, labels, arguments and environment. Names are immutable once installed: parity 11.2 of the provider's contract.
Every value may be nil: `helm upgrade --reuse-values` brings no key that 3.1.1 did not have.
*/}}

{{- define "provider-aws.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 63 | trimSuffix "-" -}}
{{- end -}}

{{- define "provider-aws.fullname" -}}
{{- $name := include "provider-aws.name" . -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 63 | trimSuffix "-" -}}
{{- else if contains $name .Release.Name -}}
{{- .Release.Name | trunc 63 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name $name | trunc 63 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{- define "provider-aws.serviceAccountName" -}}
{{- default (include "provider-aws.fullname" .) (default dict .Values.rbac).serviceAccountName -}}
{{- end -}}

{{/* A mapping of texts, from a mapping of any scalars. */}}
{{- define "provider-aws.texts" -}}
{{- $texts := dict -}}
{{- range $key, $value := . }}
{{- if not (kindIs "invalid" $value) }}{{- $_ := set $texts $key (include "provider-aws.integer" $value) }}{{- end }}
{{- end }}
{{- toYaml $texts }}
{{- end -}}

{{/* Labels of all objects; `app`, which the selector goes by, can't be overridden. Takes (list $ more...). */}}
{{- define "provider-aws.labels" -}}
{{- $root := first . -}}
{{- $name := include "provider-aws.name" $root -}}
{{- $labels := dict
  "helm.sh/chart" (printf "%s-%s" $root.Chart.Name $root.Chart.Version | replace "+" "_" | trunc 63 | trimSuffix "-")
  "app.kubernetes.io/name" $name
  "app.kubernetes.io/instance" $root.Release.Name
  "app.kubernetes.io/managed-by" $root.Release.Service
-}}
{{- with $root.Chart.AppVersion }}{{- $_ := set $labels "app.kubernetes.io/version" . }}{{- end }}
{{- range concat (list $root.Values.commonLabels) (rest .) }}
{{- range $key, $value := . }}{{- $_ := set $labels $key $value }}{{- end }}
{{- end }}
{{- $_ := set $labels "app" $name -}}
{{- include "provider-aws.texts" $labels -}}
{{- end -}}

{{/* A whole number as one: numbers of a values file are floats to Helm, and 1000000 would print as 1e+06. */}}
{{- define "provider-aws.integer" -}}
{{- if and (kindIs "float64" .) (eq (floor .) .) -}}
{{- printf "%.0f" . -}}
{{- else -}}
{{- toString . -}}
{{- end -}}
{{- end -}}

{{/* repository:tag@digest. A digest without tag stands alone; without both, the tag is the chart's appVersion. */}}
{{- define "provider-aws.image" -}}
{{- $image := default dict .Values.image -}}
{{- $tag := include "provider-aws.integer" (default "" $image.tag) -}}
{{- if and $image.digest (contains "@" $tag) }}{{- fail "image.tag ends with a digest, and image.digest is set: keep one" }}{{- end -}}
{{- if not (or $tag $image.digest) }}{{- $tag = .Chart.AppVersion }}{{- end -}}
{{- $image.repository }}{{ with $tag }}:{{ . }}{{ end }}{{ with $image.digest }}@{{ . }}{{ end }}
{{- end -}}

{{/* The image is that of a provider written in Go: `--reuse-values`, or a tag that was pinned. */}}
{{- define "provider-aws.isLegacyImage" -}}
{{- if regexMatch "^v?[0-3](\\.|$)" (toString (default dict .Values.image).tag) }}true{{ end -}}
{{- end -}}

{{/* The program writes into the pods' volumes, or renews their time, or (3.x) may read there. */}}
{{- define "provider-aws.mountsPods" -}}
{{- if or (not .Values.driverWritesSecrets) .Values.restoreRotationInterval (include "provider-aws.isLegacyImage" .) }}true{{ end -}}
{{- end -}}

{{/* The port of health and metrics; empty: none, as for 3.x, which has none. */}}
{{- define "provider-aws.httpPort" -}}
{{- $http := default dict .Values.http -}}
{{- if and $http.enabled (not (include "provider-aws.isLegacyImage" .)) -}}
{{- include "provider-aws.integer" (default 8989 $http.port) -}}
{{- end -}}
{{- end -}}

{{/* Port and probes of the container. */}}
{{- define "provider-aws.http" -}}
{{- with include "provider-aws.httpPort" . -}}
ports:
  - name: metrics
    containerPort: {{ . }}
    protocol: TCP
{{- range $probe, $path := dict "livenessProbe" "/livez" "readinessProbe" "/readyz" "startupProbe" "/livez" }}
{{- with index $.Values.http $probe }}
{{ $probe }}:
  httpGet:
    path: {{ $path }}
    port: metrics
  {{- range $name, $value := . }}
  {{- if not (kindIs "invalid" $value) }}
  {{ $name }}: {{ include "provider-aws.integer" $value }}
  {{- end }}
  {{- end }}
{{- end }}
{{- end }}
{{- end }}
{{- end -}}

{{/* Flags, always --name=value. Below the blank line: unknown to 3.x, so not for its images, and only where their value is set. */}}
{{- define "provider-aws.args" -}}
{{- $throttling := default dict .Values.k8sThrottlingParams -}}
- {{ printf "--provider-volume=%s" (include "provider-aws.providerVolume" .) | quote }}
{{- if .Values.driverWritesSecrets }}
- --driver-writes-secrets=true
{{- end }}
{{- with $throttling.qps }}
- {{ printf "--qps=%s" (include "provider-aws.integer" .) | quote }}
{{- end }}
{{- with $throttling.burst }}
- {{ printf "--burst=%s" (include "provider-aws.integer" .) | quote }}
{{- end }}
{{- with .Values.eksAddonVersion }}
- {{ printf "--eks-addon-version=%v" . | quote }}
{{- end }}
{{- with .Values.podIdentityHttpTimeout }}
- {{ printf "--pod-identity-http-timeout=%v" . | quote }}
{{- end }}

{{- if not (include "provider-aws.isLegacyImage" .) }}
{{- if or .Values.credentialCacheMaxAge (eq (toString .Values.credentialCacheMaxAge) "0") }}
- {{ printf "--credential-cache-max-age=%v" .Values.credentialCacheMaxAge | quote }}
{{- end }}
{{- if .Values.batchSecrets }}
- --batch-secrets=true
{{- end }}
{{- if .Values.restoreRotationInterval }}
- --restore-rotation-interval=true
{{- end }}
{{- with .Values.secretCacheTtl }}
- {{ printf "--secret-cache-ttl=%v" . | quote }}
{{- end }}
{{- with .Values.serveStaleFor }}
- {{ printf "--serve-stale-for=%v" . | quote }}
{{- end }}
{{- with .Values.stsFips }}
- {{ printf "--sts-fips=%s" . | quote }}
{{- end }}
{{- with include "provider-aws.httpPort" . }}
- {{ printf "--http-addr=:%s" . | quote }}
{{- end }}
{{- with .Values.logFormat }}
- {{ printf "--log-format=%s" . | quote }}
{{- end }}
{{- with .Values.logLevel }}
- {{ printf "--log-level=%s" . | quote }}
{{- end }}
{{- end }}
{{- end -}}

{{- define "provider-aws.providerVolume" -}}
{{- default "/var/run/secrets-store-csi-providers" .Values.providerVolume -}}
{{- end -}}

{{- define "provider-aws.podsPath" -}}
{{- printf "%s/pods" (default "/var/lib/kubelet" .Values.kubeletPath) -}}
{{- end -}}

{{- define "provider-aws.env" -}}
{{- $env := list -}}
{{- if .Values.awsRegion }}{{- $env = append $env (dict "name" "AWS_REGION" "value" (toString .Values.awsRegion)) }}{{- end }}
{{- if .Values.useFipsEndpoint }}{{- $env = append $env (dict "name" "AWS_USE_FIPS_ENDPOINT" "value" "true") }}{{- end }}
{{- if include "provider-aws.caBundleVolume" . }}{{- $env = append $env (dict "name" "AWS_CA_BUNDLE" "value" (include "provider-aws.caBundlePath" .)) }}{{- end }}
{{- range .Values.extraEnv }}
{{- $name := .name }}
{{- range $env }}
{{- if eq .name $name }}{{- fail (printf "extraEnv sets %s, which another value or entry sets already: keep one" $name) }}{{- end }}
{{- end }}
{{- $env = append $env . }}
{{- end }}
{{- if $env }}{{- toYaml $env }}{{- end }}
{{- end -}}

{{/* maxUnavailable, new, leads over the same field of updateStrategy; it means nothing to OnDelete. */}}
{{- define "provider-aws.updateStrategy" -}}
{{- $strategy := deepCopy (default (dict "type" "RollingUpdate") .Values.updateStrategy) -}}
{{- $max := .Values.maxUnavailable -}}
{{- if and (not (kindIs "invalid" $max)) (ne (toString $max) "") (ne (default "RollingUpdate" $strategy.type) "OnDelete") }}
{{- $rolling := default dict $strategy.rollingUpdate }}
{{- $_ := set $rolling "maxUnavailable" $max }}
{{- $_ := set $strategy "rollingUpdate" $rolling }}
{{- end }}
{{- toYaml $strategy }}
{{- end -}}

{{/* Directory of the CA bundle's volume in the container, and the file in it. */}}
{{- define "provider-aws.caBundleFolder" -}}/etc/aws-ca-bundle{{- end -}}
{{- define "provider-aws.caBundlePath" -}}{{ include "provider-aws.caBundleFolder" . }}/ca.crt{{- end -}}

{{/* Source of the CA bundle's volume; empty without caBundle. The file has one name, whatever the key is called. */}}
{{- define "provider-aws.caBundleVolume" -}}
{{- $bundle := default dict .Values.caBundle -}}
{{- if and $bundle.configMap $bundle.secret }}{{- fail "caBundle has a configMap and a secret: set one of them" }}{{- end }}
{{- if and $bundle.key (not (or $bundle.configMap $bundle.secret)) }}{{- fail "caBundle.key has no effect alone: set caBundle.configMap or caBundle.secret" }}{{- end }}
{{- $items := list (dict "key" (toString (default "ca.crt" $bundle.key)) "path" "ca.crt") -}}
{{- with $bundle.configMap }}{{- toYaml (dict "configMap" (dict "name" (toString .) "items" $items)) }}{{- end }}
{{- with $bundle.secret }}{{- toYaml (dict "secret" (dict "secretName" (toString .) "items" $items)) }}{{- end }}
{{- end -}}
