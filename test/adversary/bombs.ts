// Answers that are small on the wire and large when they are unpacked, or whose lengths contradict one another: head and body as they are sent.
import { brotliCompressSync, constants, deflateSync, gzipSync, zstdCompressSync } from "node:zlib";

const unpackedBytes = 256 << 20;

/** An answer with status 200, head and body. */
export function wireAnswer(headers: readonly string[], body: string | Uint8Array): Uint8Array {
  const head = ["HTTP/1.1 200 OK", "Content-Type: application/json", ...headers, "Connection: close", "", ""];
  return Buffer.concat([Buffer.from(head.join("\r\n")), Buffer.from(body)]);
}

function chunked(body: Uint8Array): Uint8Array {
  return Buffer.concat([Buffer.from(`${body.length.toString(16)}\r\n`), body, Buffer.from("\r\n0\r\n\r\n")]);
}

/** Zeros, packed with br. */
export function packZeros(bytes: number): Uint8Array {
  return brotliCompressSync(Buffer.alloc(bytes), {
    params: { [constants.BROTLI_PARAM_QUALITY]: 9, [constants.BROTLI_PARAM_LGWIN]: 24 },
  });
}

/** By what is wrong with them. */
export function bombs(): ReadonlyMap<string, Uint8Array> {
  const zeros = Buffer.alloc(unpackedBytes);
  const br = packZeros(unpackedBytes);
  const gzip = gzipSync(zeros, { level: 1 });
  const packed = { br, gzip, deflate: deflateSync(zeros, { level: 1 }), zstd: zstdCompressSync(zeros) };
  const length = (body: Uint8Array): string => `Content-Length: ${body.length}`;
  const small = Buffer.from("{}");
  return new Map([
    ...Object.entries(packed).map(
      ([name, body]) => [name, wireAnswer([`Content-Encoding: ${name}`, length(body)], body)] as const,
    ),
    ["br, chunked", wireAnswer(["Content-Encoding: br", "Transfer-Encoding: chunked"], chunked(br))],
    [
      "br, chunked, with a length",
      wireAnswer(["Content-Encoding: br", "Content-Length: 2", "Transfer-Encoding: chunked"], chunked(br)),
    ],
    ["br twice", wireAnswer(["Content-Encoding: br, br", length(br)], br)],
    ["br, without a length", wireAnswer(["Content-Encoding: br"], br)],
    ["chunked, with a length", wireAnswer(["Content-Length: 2", "Transfer-Encoding: chunked"], chunked(small))],
    ["two lengths", wireAnswer(["Content-Length: 2", "Content-Length: 200"], small)],
    ["a length too large", wireAnswer(["Content-Length: 200"], small)],
    ["a length too small", wireAnswer(["Content-Length: 1"], small)],
    ["a length of 2^64", wireAnswer(["Content-Length: 18446744073709551616"], small)],
    ["a length below zero", wireAnswer(["Content-Length: -2"], small)],
  ]);
}
