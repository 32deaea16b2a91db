// The memory of live volumes: shares by namespace, volumes that are gone.
import { describe, expect, test } from "bun:test";
import type { ProviderError } from "../errors.ts";
import { createVolumes } from "./volumes.ts";

const MiB = 1 << 20;
const refusal = (claim: Promise<void>): Promise<ProviderError | undefined> =>
  claim.then(
    () => undefined,
    (error: unknown) => error as ProviderError,
  );

describe("with a limit of 100 MiB", () => {
  test("one namespace may fill it but for the part of the others, and they still mount", async () => {
    const volumes = createVolumes(100 * MiB, async () => true);
    expect(await refusal(volumes.claim("greedy", "/1", 31 * MiB))).toBeUndefined();
    expect(await refusal(volumes.claim("greedy", "/2", 4 * MiB))).toMatchObject({
      reason: "TooLarge",
      message: expect.stringContaining("namespace greedy"),
    });
    expect(await refusal(volumes.claim("victim", "/3", MiB))).toBeUndefined();
    for (let i = 0; i < 20; i++) expect(await refusal(volumes.claim(`other-${i}`, `/o${i}`, 64 << 10))).toBeUndefined();
  });
  test("a volume that is mounted again counts once, one that is gone not at all", async () => {
    const there = new Set(["/1", "/2"]);
    const volumes = createVolumes(100 * MiB, async (path) => there.has(path));
    for (let i = 0; i < 5; i++) expect(await refusal(volumes.claim("a", "/1", 20 * MiB))).toBeUndefined();
    expect((await refusal(volumes.claim("a", "/2", 20 * MiB)))?.reason).toBe("TooLarge");
    there.delete("/1");
    expect(await refusal(volumes.claim("a", "/2", 20 * MiB))).toBeUndefined();
  });
});

test("files of earlier mounts count: a volume that grows by other names is refused in the end", async () => {
  let used = 0;
  const volumes = createVolumes(
    100 * MiB,
    async () => true,
    async () => (used += 30 * MiB),
  );
  const mount = async (): Promise<string> => {
    const error = await refusal(volumes.claim("a", "/1", 30 * MiB));
    if (error === undefined) await volumes.written("/1");
    return error?.reason ?? "ok";
  };
  expect([await mount(), await mount(), await mount()]).toEqual(["ok", "ok", "TooLarge"]);
});

test("without a limit nothing is refused", async () => {
  expect(await refusal(createVolumes(undefined).claim("a", "/1", 500 * MiB))).toBeUndefined();
});
