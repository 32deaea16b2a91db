// What the SDK's credential chain sends its requests with: our one way out, so that proxy and CA bundle hold for STS and SSO too.
import { HttpResponse } from "@smithy/core/protocols";
import type { HttpRequest } from "@smithy/core/protocols";
import type { AwsConfig } from "../../config/config.ts";
import { createOutbound } from "../../outbound.ts";

const attemptMs = 10_000;
/** Credentials and tokens are some KiB. */
const bodyBytesMax = 1 << 20;

/** Makes a request handler for SDK clients. */
export function createOwnHandler({ proxyFor, caBundle }: AwsConfig) {
  const outbound = createOutbound(proxyFor);
  return {
    metadata: { handlerProtocol: "http/1.1" },
    handle: async (request: HttpRequest, { abortSignal }: { readonly abortSignal?: unknown } = {}) => {
      const { host: _setByFetch, ...headers } = request.headers;
      const answer = await outbound({
        url: urlOf(request),
        method: request.method === "GET" ? "GET" : "POST",
        headers,
        ...(request.method === "GET" ? {} : { body: request.body as string | Uint8Array }),
        ca: caBundle,
        timeoutMs: attemptMs,
        bodyBytesMax,
        signal: abortSignal instanceof AbortSignal ? abortSignal : new AbortController().signal,
      });
      const { status, headers: given, body } = answer;
      return { response: new HttpResponse({ statusCode: status, headers: given.toJSON(), body }) };
    },
    updateHttpClientConfig: () => undefined,
    httpHandlerConfigs: () => ({}),
  };
}

function urlOf({ protocol, hostname, port, path, query }: HttpRequest): URL {
  const url = new URL(`${protocol}//${hostname}${port === undefined ? "" : `:${port}`}${path}`);
  for (const [name, value] of Object.entries(query)) {
    for (const one of Array.isArray(value) ? value : [value ?? ""]) url.searchParams.append(name, one);
  }
  return url;
}
