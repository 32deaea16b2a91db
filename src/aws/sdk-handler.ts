// The HTTP handler of every SDK client here: the SDK's own is two to three times heavier on Bun, and knows neither our proxy rules nor our bounds.
// sdk-sender.ts gives it to the clients of the stores and of STS, cli/mount/caller.ts to the credential chain.
import { HttpResponse } from "@smithy/core/protocols";
import type { HttpRequest } from "@smithy/core/protocols";
import type { OutboundResponse } from "../outbound.ts";

/** A request of the SDK, signed where it has to be. */
export interface SdkRequest {
  readonly url: URL;
  readonly method: "GET" | "POST";
  /** Without `host`, which fetch sets. */
  readonly headers: Record<string, string>;
  /** Absent for GET. */
  readonly body?: string | Uint8Array;
}

/** Makes a handler that sends by `send`; `signal` = the SDK's own for this request, undefined = it has none. */
export function createSdkHandler(
  send: (request: SdkRequest, signal: AbortSignal | undefined) => Promise<OutboundResponse>,
) {
  return {
    metadata: { handlerProtocol: "http/1.1" },
    handle: async (request: HttpRequest, { abortSignal }: { readonly abortSignal?: unknown } = {}) => {
      const { host: _setByFetch, ...headers } = request.headers;
      const method = request.method === "GET" ? "GET" : "POST";
      const body = method === "GET" ? {} : { body: request.body as string | Uint8Array };
      const signal = abortSignal instanceof AbortSignal ? abortSignal : undefined;
      const answer = await send({ url: urlOf(request), method, headers, ...body }, signal);
      const { status: statusCode, headers: given, body: bytes } = answer;
      return { response: new HttpResponse({ statusCode, headers: given.toJSON(), body: bytes }) };
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
