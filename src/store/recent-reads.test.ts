// What a read that has ended may serve, and how long it stays.
import { describe, expect, test } from "bun:test";
import { createOpenMounts } from "../sharing/open-mounts.ts";
import type { SecretObject } from "../request/secret-object.ts";
import { createRecentReads } from "./recent-reads.ts";
import type { RecentRead } from "./recent-reads.ts";

const object = { objectName: "s" } as SecretObject;

function aRead(bytes = 1): RecentRead {
  const values = [{ value: new Uint8Array(bytes), version: "1" }];
  return { beganMs: performance.now(), denials: 0, outcome: { values } };
}

describe("a read that has ended", () => {
  test("serves mounts that arrived before it began, and no other", () => {
    const openMounts = createOpenMounts();
    const reads = createRecentReads(openMounts);
    const early = openMounts.enter();
    const read = aRead();
    const late = openMounts.enter();
    reads.keep("k", read);
    expect(reads.get("k", early.arrivedMs)).toBe(read);
    expect(reads.get("k", late.arrivedMs)).toBeUndefined();
    expect(reads.get("k", Infinity)).toBeUndefined();
    expect(reads.get("other", early.arrivedMs)).toBeUndefined();
  });

  test("is forgotten with the last mount that it may serve", () => {
    const openMounts = createOpenMounts();
    const reads = createRecentReads(openMounts);
    const [first, second] = [openMounts.enter(), openMounts.enter()];
    reads.keep("k", aRead());
    const late = openMounts.enter();
    first.leave();
    expect(reads.get("k", second.arrivedMs)).toBeDefined();
    second.leave();
    expect(reads.get("k", second.arrivedMs)).toBeUndefined();
    late.leave();
  });

  test("is not kept where nobody could use it, or where it has not given all", () => {
    const openMounts = createOpenMounts();
    const reads = createRecentReads(openMounts);
    reads.keep("k", aRead());
    expect(reads.get("k", 0)).toBeUndefined();
    const mount = openMounts.enter();
    openMounts.enter();
    const failure = {
      region: "",
      reason: "ObjectNotFound",
      text: "",
      fix: "",
      fatalLead: "",
      objects: [object],
    } as const;
    reads.keep("k", { ...aRead(), outcome: { failure } });
    reads.keep("l", { ...aRead(), outcome: { values: [{ notFound: failure }] } });
    reads.keep("m", aRead(2 << 20));
    for (const key of ["k", "l", "m"]) expect(reads.get(key, mount.arrivedMs)).toBeUndefined();
  });

  test("more than 1 MiB are not kept", () => {
    const openMounts = createOpenMounts();
    const reads = createRecentReads(openMounts);
    const mount = openMounts.enter();
    openMounts.enter();
    for (let n = 0; n < 100; n++) reads.keep(`k${n}`, aRead(64 << 10));
    const kept = Array.from({ length: 100 }, (_, n) => reads.get(`k${n}`, mount.arrivedMs)).filter(
      (read) => read !== undefined,
    );
    expect(kept).toHaveLength(15); // with keys and overhead
    expect(reads.get("k99", mount.arrivedMs)).toBeDefined();
  });

  test("prints nothing of its values", () => {
    const openMounts = createOpenMounts();
    openMounts.enter();
    const reads = createRecentReads(openMounts);
    reads.keep("k", aRead());
    expect(Bun.inspect(reads)).not.toContain("Uint8Array");
  });
});
