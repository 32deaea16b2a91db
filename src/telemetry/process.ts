// What /proc and the cgroup say of this process. The runtime's own figures are not used: Bun reports a heap of gigabytes.
import { readdirSync, readFileSync } from "node:fs";

/** Bytes, seconds and counts; what can't be read is absent. */
export interface ProcessFigures {
  readonly cpuSeconds: number;
  readonly residentBytes?: number | undefined;
  readonly anonymousBytes?: number | undefined;
  readonly openFiles?: number | undefined;
  readonly openFilesMax?: number | undefined;
  readonly startedAtSeconds: number;
  readonly memoryLimitBytes?: number | undefined;
  /** Of the container. */
  readonly memoryBytes: Readonly<Partial<Record<"anon" | "file" | "shmem" | "kernel", number>>>;
}

/** The kinds as memory.stat of cgroups names them, version 2 and version 1; `file` holds `shmem` in both. */
const kinds = [
  { anon: "anon", file: "file", shmem: "shmem", kernel: "kernel" },
  { anon: "total_rss", file: "total_cache", shmem: "total_shmem" },
] as const;
/** What version 1 says where there is no limit: near 2^63. */
const noLimit = 2 ** 62;

/** Reads the figures now: six small files. Never throws. */
export function readProcess(cgroup = "/sys/fs/cgroup"): ProcessFigures {
  const status = read("/proc/self/status");
  const version2 = read(`${cgroup}/memory.stat`);
  const memory = version2 === "" ? read(`${cgroup}/memory/memory.stat`) : version2;
  const limit = number(read(`${cgroup}/memory.max`) || read(`${cgroup}/memory/memory.limit_in_bytes`), /^(\d+)/);
  const { user, system } = process.cpuUsage();
  return {
    cpuSeconds: (user + system) / 1e6,
    residentBytes: kib(status, "VmRSS:"),
    anonymousBytes: kib(status, "RssAnon:"),
    openFiles: countFiles(),
    openFilesMax: number(read("/proc/self/limits"), /^Max open files\s+(\d+)/m),
    startedAtSeconds: performance.timeOrigin / 1000,
    memoryLimitBytes: limit === undefined || limit > noLimit ? undefined : limit,
    memoryBytes: Object.fromEntries(
      Object.entries(kinds[version2 === "" ? 1 : 0]).flatMap(([kind, name]) => {
        const bytes = number(memory, new RegExp(`^${name} (\\d+)`, "m"));
        return bytes === undefined ? [] : [[kind, bytes]];
      }),
    ),
  };
}

function read(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}

function number(text: string, pattern: RegExp): number | undefined {
  const found = pattern.exec(text)?.[1];
  return found === undefined ? undefined : Number(found);
}

function kib(status: string, name: string): number | undefined {
  const found = number(status, new RegExp(`^${name}\\s+(\\d+) kB`, "m"));
  return found === undefined ? undefined : found * 1024;
}

function countFiles(): number | undefined {
  try {
    return readdirSync("/proc/self/fd").length - 1; // without the one that lists them
  } catch {
    return undefined;
  }
}
