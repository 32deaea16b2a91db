// The memory of live volumes: shares by namespace, volumes that are gone, where the limit is read.
import { describe, expect, test } from "bun:test";
import type { ProviderError } from "../errors.ts";
import { createVolumes, memoryLimit } from "./volumes.ts";

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

test("without a limit nothing is refused", async () => {
  expect(await refusal(createVolumes(undefined).claim("a", "/1", 500 * MiB))).toBeUndefined();
});

describe("the limit is read", () => {
  const files =
    (given: Readonly<Record<string, string>>) =>
    (path: string): string => {
      const text = given[path];
      if (text === undefined) throw new Error("ENOENT");
      return text;
    };
  test.each<[string, Readonly<Record<string, string>>, number | undefined]>([
    [
      "cgroup v2, own namespace",
      { "/proc/self/cgroup": "0::/\n", "/sys/fs/cgroup/memory.max": "104857600\n" },
      104857600,
    ],
    ["cgroup v2, none", { "/proc/self/cgroup": "0::/\n", "/sys/fs/cgroup/memory.max": "max\n" }, undefined],
    [
      "cgroup v1, the host's view",
      {
        "/proc/self/cgroup": "5:cpu:/a\n4:memory:/kubepods/x\n",
        "/sys/fs/cgroup/memory/kubepods/x/memory.limit_in_bytes": "7\n",
      },
      7,
    ],
    [
      "cgroup v1, a container's view",
      { "/proc/self/cgroup": "4:memory:/kubepods/x\n", "/sys/fs/cgroup/memory/memory.limit_in_bytes": "104857600\n" },
      104857600,
    ],
    [
      "cgroup v1, none",
      { "/proc/self/cgroup": "4:memory:/\n", "/sys/fs/cgroup/memory/memory.limit_in_bytes": "9223372036854771712\n" },
      undefined,
    ],
    ["nothing", {}, undefined],
  ])("%s", (_, given, expected) => {
    expect(memoryLimit(files(given))).toBe(expected);
  });
});
