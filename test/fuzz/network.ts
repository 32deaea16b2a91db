// The network of the fuzz targets: a function that gives the answer at once. Everything above it is the provider's own.
import * as fc from "fast-check";
import { contextOfNoMount } from "../../src/context.ts";
import type { OutboundResponse } from "../../src/outbound.ts";
import { jsonValues, marker, spoiled } from "./arbitraries.ts";

export const region = "eu-west-1";
export const forever = contextOfNoMount(new AbortController().signal);
export const contentTypes = fc.constantFrom(
  "application/json",
  "application/x-amz-json-1.1",
  "text/xml",
  "text/html",
  "",
);

/** What the next call gets; and where it went. */
let next: OutboundResponse = { status: 200, headers: new Headers(), body: new Uint8Array() };
let asked: URL | undefined;

/** Sets the next answer. */
export function answerNext(answer: Answer): void {
  next = respond(answer);
  asked = undefined;
}

/** Where the last request went since then. */
export const lastAsked = (): URL | undefined => asked;

export const outbound = async ({ url }: { url: URL }): Promise<OutboundResponse> => {
  asked = url;
  return next;
};

export interface Answer {
  readonly status: number;
  readonly type: string;
  readonly body: string;
}

export function respond({ status, type, body }: Answer): OutboundResponse {
  const headers = new Headers(type === "" ? {} : { "content-type": type });
  return { status, headers, body: Buffer.from(body) };
}

/** A body of fields that mean something, or of anything. */
export function bodies(fields: Readonly<Record<string, fc.Arbitrary<unknown>>>): fc.Arbitrary<string> {
  const known = fc.record(fields, { requiredKeys: [] });
  return spoiled(
    fc
      .oneof(
        known,
        jsonValues,
        known.map((value) => [value]),
      )
      .map((value) => JSON.stringify(value) ?? ""),
  );
}

export const anything = fc.oneof(
  fc.constantFrom<unknown>(marker, null, "", 1, true, [], {}, "2030-01-01T00:00:00Z"),
  jsonValues,
);
