// How AWS names things: partitions, ARNs, random-looking ids.
import { createHash, randomBytes } from "node:crypto";

/** The partition that a region belongs to. */
export function partitionOf(region: string): string {
  if (region.startsWith("cn-")) return "aws-cn";
  return region.startsWith("us-gov-") ? "aws-us-gov" : "aws";
}

/** An id like AWS's: a prefix, then upper-case letters and digits (32 at most); the same for the same seed. */
export function awsId(prefix: string, length: number, seed?: string): string {
  const bytes = seed === undefined ? randomBytes(length) : createHash("sha256").update(seed).digest();
  const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
  return prefix + Array.from(bytes.subarray(0, length), (byte) => alphabet[byte % 32]).join("");
}
