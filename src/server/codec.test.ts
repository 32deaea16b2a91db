import { describe, expect, test } from "bun:test";
import { join } from "node:path";
import fc from "fast-check";
import protobuf from "protobufjs";
import { decodeMountRequest, decodeVersionRequest, encodeMountResponse, encodeVersionResponse } from "./codec.ts";
import type { MountRequest, MountResponse } from "../request/messages.ts";
import { ProtobufError } from "./protobuf.ts";
import { finish } from "../work.ts";

const proto = protobuf.loadSync(join(import.meta.dir, "../../proto/service.proto"));
const types = Object.fromEntries(
  ["VersionRequest", "VersionResponse", "MountRequest", "MountResponse"].map((name) => [
    name,
    proto.lookupType(`v1alpha1.${name}`),
  ]),
) as Record<"VersionRequest" | "VersionResponse" | "MountRequest" | "MountResponse", protobuf.Type>;

/** What protobufjs makes of bytes, by the names of the .proto in camelCase. */
function decoded(type: protobuf.Type, bytes: Uint8Array): unknown {
  return type.toObject(type.decode(bytes), { defaults: true, arrays: true });
}

const encodeWhole = (response: MountResponse): Uint8Array => finish(encodeMountResponse(response));

const text = fc.oneof(
  fc.string({ unit: "grapheme" }),
  fc.string({ unit: "binary" }),
  fc.constant("\ufeffx"),
  fc.constant("x".repeat(300)),
);
const versions = fc.array(fc.record({ id: text, version: text }), { maxLength: 4 });

describe("against protobufjs", () => {
  test("a MountRequest is read as it was written", () => {
    const request = fc.record({
      attributes: text,
      secrets: text,
      targetPath: text,
      permission: text,
      currentObjectVersions: versions,
    });
    fc.assert(
      fc.property(request, (message: MountRequest) => {
        const { currentObjectVersions, ...rest } = message;
        const bytes = types.MountRequest.encode({ ...rest, currentObjectVersion: currentObjectVersions }).finish();
        expect(decodeMountRequest(bytes)).toEqual(message);
      }),
    );
  });

  test("a MountResponse is written as protobufjs reads it", () => {
    const file = fc.record({
      path: text,
      mode: fc.oneof(fc.integer(), fc.nat(0o777), fc.constantFrom(0, -1, 2 ** 31 - 1, -(2 ** 31), 127, 128)),
      contents: fc.uint8Array({ maxLength: 300 }),
    });
    const response = fc.record({ objectVersions: versions, files: fc.array(file, { maxLength: 4 }) });
    fc.assert(
      fc.property(response, (message: MountResponse) => {
        expect(decoded(types.MountResponse, encodeWhole(message))).toEqual({
          objectVersion: message.objectVersions,
          error: null,
          files: message.files.map(({ contents, ...rest }) => ({ ...rest, contents: Buffer.from(contents) })),
        });
      }),
    );
  });

  test("the Version messages", () => {
    fc.assert(
      fc.property(text, text, text, (version, runtimeName, runtimeVersion) => {
        expect(decodeVersionRequest(types.VersionRequest.encode({ version }).finish())).toEqual({ version });
        const message = { version, runtimeName, runtimeVersion };
        expect(decoded(types.VersionResponse, encodeVersionResponse(message))).toEqual(message);
      }),
    );
  });
});

describe("hostile bytes", () => {
  test("any bytes give a message or a ProtobufError, at once", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        try {
          const message = decodeMountRequest(bytes);
          expect(message.attributes.isWellFormed()).toBe(true);
        } catch (error) {
          expect(error).toBeInstanceOf(ProtobufError);
        }
      }),
      { numRuns: 5000 },
    );
  });

  test("a message that is cut off anywhere but between two fields is refused", () => {
    const bytes = types.MountRequest.encode({
      attributes: "attributes",
      permission: "420",
      currentObjectVersion: [{ id: "id", version: "v" }],
    }).finish();
    const whole = new Set([0, 12, 17, bytes.length]);
    for (let length = 0; length <= bytes.length; length += 1) {
      const decode = (): MountRequest => decodeMountRequest(bytes.subarray(0, length));
      if (whole.has(length)) decode();
      else expect(decode).toThrow(ProtobufError);
    }
  });

  const varint64 = [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01];
  test.each<[what: string, bytes: number[], permission: string]>([
    ["nothing at all", [], ""],
    ["a string", [0x22, 1, 0x61], "a"],
    ["of a repeated string the last", [0x22, 1, 0x61, 0x22, 1, 0x62], "b"],
    ["of a repeated string the last, if empty", [0x22, 1, 0x61, 0x22, 0], ""],
    ["an unknown varint", [0x22, 1, 0x61, 0x78, ...varint64], "a"],
    ["an unknown fixed64", [0x79, 1, 2, 3, 4, 5, 6, 7, 8, 0x22, 1, 0x61], "a"],
    ["an unknown fixed32", [0x7d, 1, 2, 3, 4, 0x22, 1, 0x61], "a"],
    ["unknown bytes", [0x7a, 2, 0xff, 0xff, 0x22, 1, 0x61], "a"],
    ["an unknown group", [0x7b, 0x08, 1, 0x13, 0x14, 0x22, 1, 0x62, 0x7c, 0x22, 1, 0x61], "a"],
    ["the greatest field number", [0xfa, 0xff, 0xff, 0xff, 0x0f, 0, 0x22, 1, 0x61], "a"],
    ["a known field of another wire type", [0x22, 1, 0x61, 0x20, 5], "a"],
    ["a known field as a group", [0x22, 1, 0x61, 0x23, 0x24], "a"],
    ["a tag in more bytes than needed", [0xa2, 0x80, 0x00, 1, 0x61], "a"],
    ["a length in more bytes than needed", [0x22, 0x81, 0x80, 0x80, 0x80, 0x00, 0x61], "a"],
    ["a byte order mark, which stays", [0x22, 3, 0xef, 0xbb, 0xbf], "\ufeff"],
  ])("reads %s", (_what, bytes, permission) => {
    expect(decodeMountRequest(Uint8Array.from(bytes)).permission).toBe(permission);
  });

  test.each<[what: string, bytes: number[]]>([
    ["field number 0", [0x02, 0]],
    ["a field number over 29 bits", [0x82, 0x80, 0x80, 0x80, 0x10, 0]],
    ["a field number of 61 bits that is 4 in 29", [0xa2, 0x80, 0x80, 0x80, 0x10, 0]],
    ["wire type 6", [0x26, 0]],
    ["wire type 7", [0x27, 0]],
    ["the end of a group that is not open", [0x24]],
    ["the end of another group", [0x7b, 0x74]],
    ["a group that never ends", [0x7b, 0x08, 1]],
    ["groups in groups without end", Array<number>(5000).fill(0x7b)],
    ["a varint of more than 64 bits", [0x78, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x02]],
    ["a varint of eleven bytes", [0x78, ...Array<number>(10).fill(0x80), 0x00]],
    ["a varint that never ends", Array<number>(5000).fill(0x80)],
    ["a length past the end", [0x22, 2, 0x61]],
    ["a length of 2^32 + 1", [0x22, 0x81, 0x80, 0x80, 0x80, 0x10, 0x61]],
    ["a length of 2^64 - 1", [0x22, ...varint64, 0x61]],
    ["a fixed64 of seven bytes", [0x79, 1, 2, 3, 4, 5, 6, 7]],
    ["a fixed32 of three bytes", [0x7d, 1, 2, 3]],
    ["a string that is not UTF-8", [0x22, 1, 0xff]],
    ["a string that is not UTF-8, though a later one counts", [0x22, 1, 0xff, 0x22, 1, 0x61]],
    ["a string with a surrogate", [0x22, 3, 0xed, 0xa0, 0x80]],
    ["a string with an overlong NUL", [0x22, 2, 0xc0, 0x80]],
    ["a broken message inside", [0x2a, 2, 0x0a, 5]],
    ["a string inside that is not UTF-8", [0x2a, 3, 0x0a, 1, 0xff]],
  ])("refuses %s", (_what, bytes) => {
    expect(() => decodeMountRequest(Uint8Array.from(bytes))).toThrow(ProtobufError);
  });

  test("an error never quotes the message", () => {
    const bytes = Buffer.concat([
      types.MountRequest.encode({ attributes: "hunter2" }).finish(),
      Buffer.from([0x22, 7]),
      Buffer.from("hunter2"),
    ]);
    bytes[bytes.length - 1] = 0xff;
    try {
      decodeMountRequest(bytes);
      expect.unreachable();
    } catch (error) {
      expect(String(error)).toBe("ProtobufError: malformed protobuf message: a string is not UTF-8");
    }
  });
});

describe("encoding", () => {
  test("is one buffer of the exact size, also for megabytes", () => {
    const contents = new Uint8Array(2 << 20).fill(7);
    const bytes = encodeWhole({ objectVersions: [], files: [{ path: "a", mode: 420, contents }] });
    expect(bytes.byteOffset).toBe(0);
    expect(bytes.buffer.byteLength).toBe(bytes.byteLength);
    expect(bytes.byteLength).toBe(contents.length + 16);
    expect(decoded(types.MountResponse, bytes)).toMatchObject({ files: [{ path: "a", mode: 420 }] });
  });

  test("leaves out what is empty, and never writes an error", () => {
    expect(encodeWhole({ objectVersions: [], files: [] })).toHaveLength(0);
    expect([
      ...encodeWhole({
        objectVersions: [{ id: "", version: "" }],
        files: [{ path: "", mode: 0, contents: new Uint8Array() }],
      }),
    ]).toEqual([0x0a, 0, 0x1a, 0]);
  });

  test("can be cut between any two versions and files", () => {
    const objectVersions = Array.from({ length: 100 }, (_, at) => ({ id: `file-${at}`, version: "1" }));
    const files = objectVersions.map(({ id }) => ({ path: id, mode: 420, contents: new Uint8Array(9) }));
    const cuts = Array.from(encodeMountResponse({ objectVersions, files }));
    expect(cuts.length).toBe(400); // once for its size, once for its bytes
  });

  test("a lone surrogate becomes U+FFFD", () => {
    const bytes = encodeWhole({ objectVersions: [{ id: "a\ud800b", version: "1" }], files: [] });
    expect(decoded(types.MountResponse, bytes)).toMatchObject({ objectVersion: [{ id: "a\ufffdb", version: "1" }] });
  });
});
