// The protobuf wire format: reading fields from bytes that may be hostile, writing into one buffer of the exact size.
// Rules as in google.golang.org/protobuf/encoding/protowire, which the driver uses.
import type { Work } from "../work.ts";

/** Bytes that are no protobuf message. The text never quotes them: they may hold tokens. */
export class ProtobufError extends Error {
  constructor(why: string) {
    super(`malformed protobuf message: ${why}`);
    this.name = "ProtobufError";
  }
}

/** A field as it stands on the wire; a field of another wire type than the message declares is unknown to it. */
export type Field =
  | { readonly number: number; readonly type: "varint"; readonly int32: number }
  | { readonly number: number; readonly type: "bytes"; readonly bytes: Uint8Array }
  | { readonly number: number; readonly type: "other" };

const groupDepthMax = 100;
const fieldNumberMax = 2 ** 29 - 1;
const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Calls `take` for each field, in order; bytes are views, not copies. @throws ProtobufError */
export function readFields(message: Uint8Array, take: (field: Field) => void): void {
  const reader = new Reader(message);
  while (!reader.done) {
    const { number, wire } = reader.tag();
    if (wire === 0) take({ number, type: "varint", int32: reader.varint().low | 0 });
    else if (wire === 2) take({ number, type: "bytes", bytes: reader.bytes() });
    else {
      reader.skip(number, wire);
      take({ number, type: "other" });
    }
  }
}

/** Text of a string field. @throws ProtobufError when it is not UTF-8 */
export function readText(bytes: Uint8Array): string {
  try {
    return utf8.decode(bytes);
  } catch {
    throw new ProtobufError("a string is not UTF-8");
  }
}

class Reader {
  #at = 0;
  readonly #from: Uint8Array;
  constructor(from: Uint8Array) {
    this.#from = from;
  }

  get done(): boolean {
    return this.#at >= this.#from.length;
  }

  tag(): { readonly number: number; readonly wire: number } {
    const { low, high } = this.varint();
    const number = high * 2 ** 29 + (low >>> 3);
    if (number < 1 || number > fieldNumberMax) throw new ProtobufError("a field number is out of range");
    return { number, wire: low & 7 };
  }

  /** 64 bits as two unsigned halves. */
  varint(): { readonly low: number; readonly high: number } {
    let low = 0;
    let high = 0;
    for (let shift = 0; shift < 70; shift += 7) {
      const byte = this.#from[this.#at++];
      if (byte === undefined) throw new ProtobufError("it ends inside a number");
      const bits = byte & 0x7f;
      if (shift === 63 && byte > 1) throw new ProtobufError("a number has more than 64 bits");
      if (shift < 32) low |= bits << shift;
      if (shift > 28) high |= bits << (shift - 32);
      else if (shift === 28) high |= bits >>> 4;
      if (byte < 0x80) return { low: low >>> 0, high: high >>> 0 };
    }
    throw new ProtobufError("a number has more than 64 bits");
  }

  bytes(): Uint8Array {
    const { low, high } = this.varint();
    return this.#take(high > 0 ? Number.POSITIVE_INFINITY : low);
  }

  /** Passes over a value that no field wants; groups without recursion. */
  skip(number: number, wire: number): void {
    const open: number[] = [];
    let field = { number, wire };
    for (;;) {
      if (field.wire === 0) this.varint();
      else if (field.wire === 1) this.#take(8);
      else if (field.wire === 2) this.bytes();
      else if (field.wire === 5) this.#take(4);
      else if (field.wire === 3) {
        if (open.push(field.number) > groupDepthMax) throw new ProtobufError("groups are nested too deeply");
      } else if (field.wire !== 4 || open.pop() !== field.number) throw new ProtobufError("a wire type makes no sense");
      if (open.length === 0) return;
      field = this.tag();
    }
  }

  #take(length: number): Uint8Array {
    if (length > this.#from.length - this.#at) throw new ProtobufError("it ends inside a field");
    this.#at += length;
    return this.#from.subarray(this.#at - length, this.#at);
  }
}

/** A field to be written: its size is known before, so a message is one allocation. */
export interface Part {
  readonly size: number;
  readonly write: (into: Uint8Array, at: number) => void;
}

const encoder = new TextEncoder();

/** The bytes of a message: one allocation of the exact size, also for megabytes of contents. */
export function* writeMessage(parts: readonly Part[]): Work<Uint8Array> {
  const into = new Uint8Array(sizeOf(parts));
  let at = 0;
  for (const part of parts) {
    part.write(into, at);
    at += part.size;
    yield;
  }
  return into;
}

/** A string field; empty = not written, as proto3 wants. */
export function textPart(number: number, text: string): Part[] {
  if (text === "") return [];
  const size = Buffer.byteLength(text);
  return [delimited(number, size, (into, at) => encoder.encodeInto(text, into.subarray(at, at + size)))];
}

export function bytesPart(number: number, bytes: Uint8Array): Part[] {
  return bytes.length === 0 ? [] : [delimited(number, bytes.length, (into, at) => into.set(bytes, at))];
}

/** An int32 or enum field; 0 = not written; a negative number takes ten bytes. */
export function int32Part(number: number, value: number): Part[] {
  if (value === 0) return [];
  const tag = number << 3;
  const low = value >>> 0;
  const high = value < 0 ? 0xffffffff : 0;
  const write = (into: Uint8Array, at: number): void => {
    writeVarint(into, writeVarint(into, at, tag, 0), low, high);
  };
  return [{ size: varintSize(tag) + (high === 0 ? varintSize(low) : 10), write }];
}

export function messagePart(number: number, parts: readonly Part[]): Part {
  return delimited(number, sizeOf(parts), (into, at) => writeAll(parts, into, at));
}

function delimited(number: number, size: number, writeContents: (into: Uint8Array, at: number) => void): Part {
  const tag = (number << 3) | 2;
  return {
    size: varintSize(tag) + varintSize(size) + size,
    write: (into, at) => writeContents(into, writeVarint(into, writeVarint(into, at, tag, 0), size, 0)),
  };
}

function sizeOf(parts: readonly Part[]): number {
  let sum = 0;
  for (const { size } of parts) sum += size;
  return sum;
}

function writeAll(parts: readonly Part[], into: Uint8Array, start: number): void {
  let at = start;
  for (const part of parts) {
    part.write(into, at);
    at += part.size;
  }
}

/** Bytes that 32 bits take. */
function varintSize(value: number): number {
  return Math.max(1, Math.ceil((32 - Math.clz32(value)) / 7));
}

function writeVarint(into: Uint8Array, start: number, low: number, high: number): number {
  let at = start;
  let [rest, above] = [low >>> 0, high >>> 0];
  while (above > 0 || rest > 0x7f) {
    into[at++] = (rest & 0x7f) | 0x80;
    rest = ((rest >>> 7) | (above << 25)) >>> 0;
    above >>>= 7;
  }
  into[at++] = rest;
  return at;
}
