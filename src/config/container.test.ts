// Where the limits are read.
import { describe, expect, test } from "bun:test";
import { cpuLimit, memoryLimit } from "./container.ts";

const files =
  (given: Readonly<Record<string, string>>) =>
  (path: string): string => {
    const text = given[path];
    if (text === undefined) throw new Error("ENOENT");
    return text;
  };

describe("the memory limit", () => {
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

describe("the CPU limit", () => {
  const v1 = "/sys/fs/cgroup/cpu";
  test.each<[string, Readonly<Record<string, string>>, number | undefined]>([
    ["cgroup v2", { "/proc/self/cgroup": "0::/\n", "/sys/fs/cgroup/cpu.max": "5000 100000\n" }, 0.05],
    ["cgroup v2, none", { "/proc/self/cgroup": "0::/\n", "/sys/fs/cgroup/cpu.max": "max 100000\n" }, undefined],
    [
      "cgroup v1, the host's view",
      {
        "/proc/self/cgroup": "5:cpu,cpuacct:/a/b\n",
        [`${v1}/a/b/cpu.cfs_quota_us`]: "20000\n",
        [`${v1}/a/b/cpu.cfs_period_us`]: "100000\n",
      },
      0.2,
    ],
    [
      "cgroup v1, a container's view, none",
      {
        "/proc/self/cgroup": "5:cpu:/a\n",
        [`${v1}/cpu.cfs_quota_us`]: "-1\n",
        [`${v1}/cpu.cfs_period_us`]: "100000\n",
      },
      undefined,
    ],
    ["nothing", {}, undefined],
  ])("%s", (_, given, expected) => {
    expect(cpuLimit(files(given))).toBe(expected);
  });
});
