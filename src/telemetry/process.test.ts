import { expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readProcess } from "./process.ts";

/** A folder like /sys/fs/cgroup with these files. */
function newCgroup(files: Readonly<Record<string, string>>): Disposable & { readonly path: string } {
  const path = mkdtempSync(join(tmpdir(), "cgroup-"));
  mkdirSync(join(path, "memory"));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(path, name), text);
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true }) };
}

test("version 2", () => {
  using cgroup = newCgroup({
    "memory.max": "104857600\n",
    "memory.stat": "anon 1\nfile 2\nkernel 3\nkernel_stack 9\nshmem 4\nfile_mapped 9\nanon_thp 9\n",
  });
  expect(readProcess(cgroup.path)).toMatchObject({
    memoryLimitBytes: 104_857_600,
    memoryBytes: { anon: 1, file: 2, kernel: 3, shmem: 4 },
  });
});

test("version 1", () => {
  using cgroup = newCgroup({
    "memory/memory.limit_in_bytes": "104857600\n",
    "memory/memory.stat": "cache 9\nrss 9\nshmem 9\ntotal_cache 2\ntotal_rss 1\ntotal_rss_huge 9\ntotal_shmem 4\n",
  });
  const { memoryLimitBytes, memoryBytes } = readProcess(cgroup.path);
  expect(memoryLimitBytes).toBe(104_857_600);
  expect(memoryBytes).toEqual({ anon: 1, file: 2, shmem: 4 });
});

test.each([
  [{ "memory.max": "max\n", "memory.stat": "" }],
  [{ "memory/memory.limit_in_bytes": "9223372036854771712\n" }],
  [{}],
])("no limit: %j", (files) => {
  using cgroup = newCgroup(files);
  const { memoryLimitBytes, memoryBytes } = readProcess(cgroup.path);
  expect(memoryLimitBytes).toBeUndefined();
  expect(memoryBytes).toEqual({});
});
