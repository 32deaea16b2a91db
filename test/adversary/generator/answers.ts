// What a service may answer instead of the truth: refusals, other bodies, broken HTTP, silence.
import { gzipSync, zstdCompressSync } from "node:zlib";
import type { FaultAction } from "../../fakes/faults.ts";
import { packZeros, wireAnswer } from "../bombs.ts";
import type { Random } from "./random.ts";
import { name, oddTexts, spoil, value } from "./values.ts";

const packedBytes = 64 << 20;
const packed = new Map<string, Uint8Array>();

/** Zeros, packed: made when first needed. */
function zeros(encoding: "br" | "gzip" | "zstd"): Uint8Array {
  const pack = {
    br: packZeros,
    gzip: (bytes: number) => gzipSync(Buffer.alloc(bytes), { level: 1 }),
    zstd: (bytes: number) => zstdCompressSync(Buffer.alloc(bytes)),
  }[encoding];
  return packed.getOrInsertComputed(encoding, () => pack(packedBytes));
}

/** A fault, and how long its mount is to be waited for, ms; undefined = as long as usual. */
export function hostileAnswer(random: Random): { readonly action: FaultAction; readonly waitMs?: number } {
  const waitMs = 1_500;
  switch (random.below(13)) {
    case 0:
    case 1:
      return { action: refusal(random) };
    case 2:
    case 3:
      return { action: raw(random) };
    case 4:
    case 5:
      return { action: wire(random) };
    case 6:
      return { action: { kind: "malformed" } };
    case 7:
      return { action: { kind: "empty" } };
    case 8:
      return { action: { kind: "reset", when: random.pick(["before-headers", "mid-body"]) } };
    case 9:
      return random.chance(0.1) ? { action: { kind: "huge", sizeBytes: 4 << 20 } } : { action: refusal(random) };
    case 10:
      return random.chance(0.2)
        ? { action: { kind: "hang", when: random.pick(["before-headers", "after-headers"]) }, waitMs }
        : { action: raw(random) };
    case 11:
      return { action: { kind: "slow", bytesPerSecond: random.pick([50, 5_000, 100_000]) }, waitMs };
    default:
      return { action: { kind: "delay", delayMs: random.size(300) } };
  }
}

function refusal(random: Random): FaultAction {
  return {
    kind: "answer",
    status: random.pick([400, 403, 404, 429, 500, 503]),
    code: random.pick([
      "AccessDeniedException",
      "ThrottlingException",
      "ExpiredTokenException",
      name(random).slice(0, 2_000),
    ]),
    message: random.pick(["denied", ...oddTexts]).repeat(random.size(20_000)),
  };
}

/** JSON that has the fields of an answer, of any type. */
function raw(random: Random): FaultAction {
  const any = (): unknown =>
    random.pick<unknown>([
      null,
      1,
      -1,
      "",
      "text",
      [],
      {},
      [null],
      { a: 1 },
      true,
      "x".repeat(random.size(60_000)),
      name(random),
    ]);
  const one = {
    Name: any(),
    Value: any(),
    Version: any(),
    Selector: any(),
    SecretString: any(),
    VersionId: any(),
    ARN: any(),
  };
  const body = random.chance(0.3)
    ? value(random).toString()
    : JSON.stringify({
        ...one,
        SecretBinary: any(),
        Parameters: random.chance(0.5) ? random.times(random.size(2_000), () => one) : any(),
        SecretValues: random.chance(0.5) ? random.times(random.size(2_000), () => one) : any(),
        SecretList: random.chance(0.5) ? random.times(random.size(2_000), () => one) : any(),
        Errors: any(),
        InvalidParameters: random.chance(0.5) ? random.times(random.size(2_000), () => name(random)) : any(),
        NextToken: random.pick([null, "", "again", 7]),
        metadata: random.pick<unknown>([
          null,
          { annotations: any() },
          { annotations: { "eks.amazonaws.com/role-arn": any() } },
        ]),
        AccessKeyId: any(),
        Expiration: any(),
      });
  return {
    kind: "raw",
    status: random.pick([200, 200, 200, 400, 500, 302]),
    contentType: random.pick(["application/json", "application/x-amz-json-1.1", "text/xml", "text/html"]),
    body: random.chance(0.1) ? spoil(random, body) : body,
  };
}

/** HTTP that is packed, contradicts itself, or is none. */
function wire(random: Random): FaultAction {
  const small = Buffer.from("{}");
  const encoding = random.pick(["br", "gzip", "zstd"] as const);
  const bytes = (): Uint8Array => {
    switch (random.below(8)) {
      case 0:
        return wireAnswer(
          [`Content-Encoding: ${encoding}`, `Content-Length: ${zeros(encoding).length}`],
          zeros(encoding),
        );
      case 1:
        return wireAnswer([`Content-Encoding: ${encoding}`], zeros(encoding));
      case 2:
        return wireAnswer(["Content-Length: 2", "Transfer-Encoding: chunked"], "2\r\n{}\r\n0\r\n\r\n");
      case 3:
        return wireAnswer(
          [`Content-Length: ${random.pick(["1", "200", "-2", "18446744073709551616", "2, 2", "0x2", ""])}`],
          small,
        );
      case 4:
        return wireAnswer(
          random.times(random.size(3_000), (at) => `X-${at}: ${"y".repeat(random.size(9_000))}`),
          small,
        );
      case 5:
        return wireAnswer(
          ["Transfer-Encoding: chunked"],
          `${random.pick(["ffffffffffffffff", "-1", "zz", "2;x=y"])}\r\n{}\r\n0\r\n\r\n`,
        );
      case 6:
        return Buffer.from(
          random.pick([
            "",
            "\r\n",
            "HTTP/1.1 999 \r\n\r\n",
            "HTTP/2 200\r\n\r\n",
            "HTTP/1.1 100 Continue\r\n\r\n",
            "garbage",
            "\u0016\u0003\u0001",
          ]),
        );
      default:
        return wireAnswer([`X: ${random.pick(oddTexts)}`, "Content-Length: 2"], small);
    }
  };
  return { kind: "wire", bytes: bytes() };
}
