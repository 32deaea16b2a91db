// The limits of the container that this process runs in, read from its control group: cgroup v1 and v2, from inside and as the host sees them.
import { readFileSync } from "node:fs";

type Read = (path: string) => string;

const readFile: Read = (path) => readFileSync(path, "utf8");

/** The memory limit, bytes; undefined = none, or not to be seen. */
export function memoryLimit(read = readFile): number | undefined {
  const [v1, v2] = foldersOf("memory", read);
  const places = [
    ...v1.map((folder) => `${folder}/memory.limit_in_bytes`),
    ...v2.map((folder) => `${folder}/memory.max`),
  ];
  for (const place of places) {
    const bytes = Number(attempt(() => read(place)) ?? Number.NaN); // `max` = none
    if (bytes > 0 && bytes < 2 ** 53) return bytes;
  }
  return undefined;
}

/** The CPU limit, in CPUs; undefined = none, or not to be seen. */
export function cpuLimit(read = readFile): number | undefined {
  const [v1, v2] = foldersOf("cpu", read);
  const pairs = [
    ...v1.map((folder) =>
      [`${folder}/cpu.cfs_quota_us`, `${folder}/cpu.cfs_period_us`].map((place) => attempt(() => read(place))),
    ),
    ...v2.map((folder) => (attempt(() => read(`${folder}/cpu.max`)) ?? "").split(" ")),
  ];
  for (const [quota = "", period = ""] of pairs) {
    const cpus = Number(quota) / Number(period); // `max` or -1 = none
    if (cpus > 0 && Number.isFinite(cpus)) return cpus;
  }
  return undefined;
}

/** Where the files of a controller may be: the process's own group, and the root that a container sees. */
function foldersOf(controller: string, read: Read): readonly [v1: readonly string[], v2: readonly string[]] {
  const groups = attempt(() => read("/proc/self/cgroup")) ?? "";
  const pathOf = (pattern: RegExp): string => (pattern.exec(groups)?.[1] ?? "").replace(/\/$/, "");
  const v1 = pathOf(new RegExp(`^\\d+:(?:[\\w,]*,)?${controller}(?:,[\\w,]*)?:(/.*)$`, "m"));
  const v2 = pathOf(/^0::(\/.*)$/m);
  const both = (root: string, own: string): string[] => (own === "" ? [root] : [root + own, root]);
  return [both(`/sys/fs/cgroup/${controller}`, v1), both("/sys/fs/cgroup", v2)];
}

function attempt<T>(step: () => T): T | undefined {
  try {
    return step();
  } catch {
    return undefined;
  }
}
