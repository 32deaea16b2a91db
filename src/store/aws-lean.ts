// The first attempt of a call without the SDK, whose serializers, signer and middleware cost more CPU than all the rest of a mount. What does not
// end as a plain success here (an error, a body of another form) is handed to the SDK as the answer to its own first attempt: every error, retry
// and clock correction stays the SDK's. How a call looks is learned from a request that the SDK made, never guessed.
import type { HttpRequest } from "@smithy/core/protocols";
import type { OutboundResponse } from "../outbound.ts";
import { operationOf, sendRequest, urlOf } from "./aws-request.ts";
import type { AwsSettings, Call } from "./aws-request.ts";
import { signed } from "./sigv4.ts";
import type { Scope } from "./sigv4.ts";
import { readCredentialsXml } from "./sts-answer.ts";

/** What came of a first attempt: the output, or what the SDK is to make of it. */
export type FirstAttempt =
  { readonly output: object } | { readonly response: OutboundResponse } | { readonly error: unknown };

export interface Lean {
  /** Takes down how the SDK words an operation in a region. No scope = it was not signed. */
  readonly learn: (region: string, command: object, request: HttpRequest, scope: Scope | undefined) => void;
  /**
   * Lets one call of an operation go first to be learned from, so that a burst on a process that just started pays the SDK once. Waits while
   * another call does (no longer than it takes that one to be put into words); gives what to call at the end, in any case.
   */
  readonly first: (region: string, command: object) => Promise<() => void>;
  /** Makes the first attempt; undefined = the operation has not been learned. Never rejects. */
  readonly attempt: (
    region: string,
    command: { readonly input: object },
    call: Call,
    clockOffsetMs: number,
  ) => Promise<FirstAttempt> | undefined;
}

interface Shape {
  readonly url: URL;
  readonly operation: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly scope: Scope | undefined;
  /** undefined = an input of another form than is known here. */
  readonly bodyOf: (input: object) => string | undefined;
  readonly read: (body: string) => object | undefined;
}

/** A region is the author's text: beyond this many the shapes are learned anew. */
const regionsMax = 16;

/** Makes the lean path of one service. An operation is known by the class of its command. */
export function createLean(service: string, settings: AwsSettings): Lean {
  const shapes = new Map<string, WeakMap<object, Shape>>();

  /** By region, then class of the command. */
  const teachers = new Map<string, Map<object, PromiseWithResolvers<void>>>();

  function stopTeaching(region: string, command: object): void {
    const ofRegion = teachers.get(region);
    ofRegion?.get(command.constructor)?.resolve();
    ofRegion?.delete(command.constructor);
    if (ofRegion?.size === 0) teachers.delete(region);
  }

  async function attempt(shape: Shape, region: string, body: string, call: Call, atMs: number): Promise<FirstAttempt> {
    const { url, operation, scope } = shape;
    const own = { ...shape.headers, "amz-sdk-invocation-id": crypto.randomUUID() };
    const isSigned = scope !== undefined && call.credentials !== undefined;
    const headers = isSigned ? signed({ host: url.host, headers: own, body }, scope, call.credentials, atMs) : own;
    try {
      const response = await sendRequest(settings, service, region, { url, operation, headers, body }, call);
      const output = response.status === 200 ? shape.read(new TextDecoder().decode(response.body)) : undefined;
      return output === undefined ? { response } : { output };
    } catch (error) {
      return { error };
    }
  }

  return {
    first: async (region, command) => {
      if (shapes.get(region)?.has(command.constructor) === true) return () => undefined;
      const teacher = teachers.get(region)?.get(command.constructor);
      if (teacher !== undefined) {
        await teacher.promise;
        return () => undefined;
      }
      const ofRegion = teachers.get(region) ?? new Map<object, PromiseWithResolvers<void>>();
      teachers.set(region, ofRegion.set(command.constructor, Promise.withResolvers<void>()));
      return () => stopTeaching(region, command);
    },
    learn: (region, command, request, scope) => {
      let known = shapes.get(region);
      if (known?.has(command.constructor) === true) return;
      if (known === undefined) {
        if (shapes.size >= regionsMax) shapes.clear();
        shapes.set(region, (known = new WeakMap()));
      }
      const shape = shapeOf(request, scope);
      if (shape !== undefined) known.set(command.constructor, shape);
      stopTeaching(region, command);
    },
    attempt: (region, command, call, clockOffsetMs) => {
      const shape = shapes.get(region)?.get(command.constructor);
      const body = shape?.bodyOf(command.input);
      if (shape === undefined || body === undefined) return undefined;
      if ((shape.scope === undefined) !== (call.credentials === undefined)) return undefined;
      return attempt(shape, region, body, call, Date.now() + clockOffsetMs);
    },
  };
}

/** undefined = a request of another form than is known here: it stays with the SDK. */
function shapeOf(request: HttpRequest, scope: Scope | undefined): Shape | undefined {
  const url = urlOf(request);
  const isPlain = request.method === "POST" && `${url.pathname}${url.search}${url.hash}` === "/";
  if (!isPlain || Object.keys(request.query ?? {}).length > 0) return undefined;
  const type = request.headers["content-type"] ?? "";
  const target = request.headers["x-amz-target"];
  const common = { "content-type": type, "amz-sdk-request": request.headers["amz-sdk-request"] ?? "" };
  const operation = operationOf(request);
  if (type === "application/x-amz-json-1.1" && target !== undefined) {
    const headers = { ...common, "x-amz-target": target };
    return { url, operation, scope, headers, bodyOf: (input) => JSON.stringify(input), read: readJson };
  }
  const start = /^Action=[A-Za-z]+&Version=[0-9-]+(?=&|$)/.exec(String(request.body))?.[0];
  if (type !== "application/x-www-form-urlencoded" || start === undefined) return undefined;
  return {
    url,
    operation,
    scope,
    headers: common,
    bodyOf: (input) => formBody(start, input),
    read: readCredentialsXml,
  };
}

/** The fields of the operations in use that hold bytes. */
const bytesField = "SecretBinary";

function readJson(text: string): object | undefined {
  let answer: unknown;
  try {
    answer = JSON.parse(text, (name, value: unknown) => (name === bytesField ? decode(value) : value));
  } catch {
    return undefined;
  }
  return typeof answer === "object" && answer !== null && !Array.isArray(answer) ? answer : undefined;
}

/** @throws Error for what is no base64 */
function decode(value: unknown): Uint8Array | null | undefined {
  if (value === null || value === undefined) return value;
  if (typeof value !== "string") throw new Error("no text");
  return Uint8Array.fromBase64(value, { lastChunkHandling: "strict" });
}

/** AWS's query protocol, for flat inputs. */
function formBody(start: string, input: object): string | undefined {
  let body = start;
  for (const [name, value] of Object.entries(input) as [string, unknown][]) {
    if (value === undefined) continue;
    if (typeof value !== "string" && typeof value !== "number") return undefined;
    body += `&${name}=${encode(String(value))}`;
  }
  return body;
}

function encode(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}
