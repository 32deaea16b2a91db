// SDK clients: one per service and region for the life of the process, credentials per call; SDK error -> what to say of it.
// A client's middleware and its context are shared by concurrent calls (cacheMiddleware), so nothing of an identity may live there:
// credentials and abort signal are found by a header of the request itself, which is taken off before anything is signed or sent.
import { Sha256 } from "@smithy/core/checksum";
import { HttpRequest, HttpResponse } from "@smithy/core/protocols";
import { SignatureV4 } from "@smithy/signature-v4";
import type { AuthScheme, RequestSigner } from "@smithy/types";
import { LRUCache } from "lru-cache";
import { abortable } from "../abort.ts";
import type { OutboundResponse } from "../outbound.ts";
import type { FirstAttempt } from "./direct.ts";
import { operationOf, sendRequest, urlOf } from "./attempt.ts";
import type { AwsSettings, Call } from "./attempt.ts";
import { ownRetries } from "./own-retries.ts";
import type { OperationName, ServiceName } from "./operations.ts";
import { openSdk } from "./sdk.ts";
import type { Sdk } from "./sdk.ts";

interface TaggedArgs {
  readonly input: object;
  readonly request?: unknown;
}

/** Calls by way of the SDK. */
export interface SdkSender {
  /** Makes a call; `first` = what came of an attempt that was made already. Rejects with the SDK's error, an OutboundError, or the signal's reason. */
  readonly send: (
    region: string,
    operation: OperationName,
    input: object,
    call: Call,
    first: FirstAttempt | undefined,
  ) => Promise<object>;
  /** How far AWS's clock is ahead of ours, as the SDK has learned it, ms. */
  readonly clockOffsetMs: (region: string) => number;
}

const callHeader = "x-provider-call";
// A region is the author's text: beyond this many the least recently used client goes.
const regionsMax = 16;

/** Makes the SDK's way to one service. Its client is told everything: it looks nothing up in environment or files and has no credential source of its own. */
export function createSdkSender(service: ServiceName, settings: AwsSettings, endpoint: string | undefined): SdkSender {
  const calls = new Map<string, Call>();
  const callOfInput = new WeakMap<object, string>();
  const callOfRequest = new WeakMap<object, Call>();
  const firstOf = new WeakMap<Call, FirstAttempt>();
  const clients = new LRUCache<string, { readonly sdk: Promise<Sdk>; opened?: Sdk }>({ max: regionsMax });
  let counter = 0;

  /** The request without our header, and the call it belongs to. */
  function claim(request: HttpRequest): { readonly bare: HttpRequest; readonly call: Call } {
    const bare = HttpRequest.clone(request);
    const call = calls.get(bare.headers[callHeader] ?? "");
    delete bare.headers[callHeader];
    if (call === undefined) throw new Error("the call is over");
    return { bare, call };
  }

  const signer = (region: string, scheme?: AuthScheme): RequestSigner => ({
    sign: async (request, options) => {
      const { bare, call } = claim(request as HttpRequest);
      if (call.credentials === undefined) throw new Error("a signed operation was called without credentials");
      const { accessKeyId, secretAccessKey, sessionToken } = call.credentials;
      const credentials = {
        accessKeyId,
        secretAccessKey: secretAccessKey.reveal(),
        sessionToken: sessionToken.reveal(),
      };
      const signature = new SignatureV4({
        credentials,
        region: scheme?.signingRegion ?? region,
        service: scheme?.signingName ?? service,
        sha256: Sha256,
      });
      const at = options?.signingDate; // by AWS's clock where ours is off
      const signed = await signature.sign(bare, at === undefined ? {} : { signingDate: at });
      callOfRequest.set(signed, call);
      return signed;
    },
  });

  const handler = (region: string) => ({
    metadata: { handlerProtocol: "http/1.1" },
    handle: async (request: HttpRequest) => {
      const known = callOfRequest.get(request);
      const { bare, call } = known === undefined ? claim(request) : { bare: request, call: known };
      const first = firstOf.get(call);
      firstOf.delete(call);
      if (first !== undefined && "error" in first) throw first.error;
      const answer = first !== undefined && "response" in first ? first.response : await send(region, bare, call);
      const { status: statusCode, headers, body } = answer;
      return { response: new HttpResponse({ statusCode, headers: headers.toJSON(), body }) };
    },
    updateHttpClientConfig: () => undefined,
    httpHandlerConfigs: () => ({}),
  });

  function send(region: string, request: HttpRequest, call: Call): Promise<OutboundResponse> {
    const { host: _setByFetch, ...headers } = request.headers;
    const body = request.body as string | Uint8Array;
    return sendRequest(
      settings,
      service,
      region,
      { url: urlOf(request), operation: operationOf(request), headers, body },
      call,
    );
  }

  async function open(region: string): Promise<Sdk> {
    const sdk = await openSdk(service, {
      region,
      ...(endpoint === undefined ? {} : { endpoint }),
      useFipsEndpoint: settings.useFipsEndpoint,
      useDualstackEndpoint: settings.useDualstackEndpoint,
      maxAttempts: settings.maxAttempts,
      retryMode: settings.retryMode,
      ...(settings.retryMode === "standard" ? { retryStrategy: ownRetries(settings.maxAttempts) } : {}),
      defaultsMode: "standard",
      authSchemePreference: [],
      userAgentAppId: "",
      cacheMiddleware: true,
      credentials: { accessKeyId: "none", secretAccessKey: "none" }, // never used: `signer` has the call's own
      signer: async (scheme?: AuthScheme) => signer(region, scheme),
      requestHandler: handler(region),
      defaultUserAgentProvider: async () => [],
    });
    for (const tag of ["USER_AGENT", "RECURSION_DETECTION", "LOGGER"]) sdk.client.middlewareStack.removeByTag(tag);
    const tagRequest = (next: (args: TaggedArgs) => Promise<unknown>) => (args: TaggedArgs) => {
      if (HttpRequest.isInstance(args.request)) args.request.headers[callHeader] = callOfInput.get(args.input) ?? "";
      return next(args);
    };
    const place = { relation: "after", toMiddleware: "serializerMiddleware", name: "callOfRequest" };
    sdk.client.middlewareStack.addRelativeTo(tagRequest as never, place as never);
    return sdk;
  }

  /** The client of a region, opened at the first need. */
  async function sdkFor(region: string): Promise<Sdk> {
    let entry = clients.get(region);
    if (entry === undefined) clients.set(region, (entry = { sdk: open(region) }));
    return (entry.opened = await entry.sdk);
  }

  return {
    clockOffsetMs: (region) => clients.peek(region)?.opened?.client.config.systemClockOffset ?? 0,
    send: async (region, operation, input, call, first) => {
      if (first !== undefined) firstOf.set(call, first);
      const { client, commands } = await abortable(sdkFor(region), call.signal);
      const Command = commands[operation];
      if (Command === undefined) throw new Error(`${service} has no ${operation}`);
      const command = new Command(input as never) as { readonly input: object };
      const id = String((counter += 1));
      calls.set(id, call);
      callOfInput.set(command.input, id);
      try {
        return (await abortable(client.send(command as never), call.signal)) as object;
      } finally {
        calls.delete(id); // a retry that is still asleep finds its call over
      }
    },
  };
}
