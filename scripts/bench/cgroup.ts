// A cgroup with the limits of the published DaemonSet for one process: version 1 (cpu and memory hierarchies) or version 2. Needs root.
// The published figures come from version 1; version 2 follows the kernel's documentation and is less tried.
import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

export interface CgroupStats {
  readonly oomKills: number;
  /** With the page cache that is charged to it. */
  readonly peakMiB: number;
  readonly throttledSeconds: number;
}

export interface Cgroup {
  /** A command line that joins the cgroup and becomes the command. */
  readonly wrap: (command: readonly string[]) => readonly string[];
  readonly stats: () => CgroupStats;
  readonly remove: () => Promise<void>;
}

const top = "/sys/fs/cgroup";
const periodUs = 100_000;

/** Makes a cgroup; a CPU of 0 is not limited. Undefined when this machine does not let us. */
export function createCgroup(name: string, milliCpu: number, memoryMiB: number): Cgroup | undefined {
  const v1 = existsSync(join(top, "memory")) && existsSync(join(top, "cpu"));
  const folders = v1 ? [join(top, "memory", name), join(top, "cpu", name)] : [join(top, name)];
  const memory = folders[0] ?? "";
  const cpu = folders.at(-1) ?? "";
  const bytes = String(memoryMiB << 20);
  const quotaUs = Math.round((periodUs * milliCpu) / 1000);
  const remove = async (): Promise<void> => {
    for (const folder of folders) {
      for (let tries = 0; existsSync(folder) && tries < 50; tries += 1) {
        try {
          rmdirSync(folder);
        } catch {
          await Bun.sleep(20); // its last process is not quite gone
        }
      }
    }
  };
  try {
    for (const folder of folders) mkdirSync(folder);
    if (v1) {
      writeFileSync(join(memory, "memory.limit_in_bytes"), bytes);
      writeFileSync(join(cpu, "cpu.cfs_period_us"), String(periodUs));
      writeFileSync(join(cpu, "cpu.cfs_quota_us"), String(milliCpu === 0 ? -1 : quotaUs));
    } else {
      writeFileSync(join(memory, "memory.max"), bytes);
      writeFileSync(join(cpu, "cpu.max"), `${milliCpu === 0 ? "max" : quotaUs} ${periodUs}`);
    }
  } catch {
    void remove();
    return undefined;
  }
  const number = (file: string, key?: string): number => {
    const text = existsSync(file) ? readFileSync(file, "utf8") : "";
    return Number((key === undefined ? text : (new RegExp(`^${key} (\\d+)`, "m").exec(text)?.[1] ?? 0)) || 0);
  };
  const joins = folders.map((folder) => `echo $$ > ${folder}/cgroup.procs`).join(" && ");
  return {
    wrap: (command) => ["/bin/sh", "-c", `${joins} && exec "$@"`, "sh", ...command],
    stats: () =>
      v1
        ? {
            oomKills: number(join(memory, "memory.oom_control"), "oom_kill"),
            peakMiB: number(join(memory, "memory.max_usage_in_bytes")) / 2 ** 20,
            throttledSeconds: number(join(cpu, "cpu.stat"), "throttled_time") / 1e9,
          }
        : {
            oomKills: number(join(memory, "memory.events"), "oom_kill"),
            peakMiB: number(join(memory, "memory.peak")) / 2 ** 20,
            throttledSeconds: number(join(cpu, "cpu.stat"), "throttled_usec") / 1e6,
          },
    remove,
  };
}
