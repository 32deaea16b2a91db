// What /proc says of one process: memory, open files, threads, CPU time.
import { readdirSync, readFileSync } from "node:fs";

export interface ProcessStats {
  readonly rssMiB: number;
  readonly peakRssMiB: number;
  readonly anonymousMiB: number;
  readonly openFiles: number;
  readonly threads: number;
}

/** A look at a process now; undefined when it is gone. */
export function statsOf(pid: number): ProcessStats | undefined {
  try {
    const status = readFileSync(`/proc/${pid}/status`, "utf8");
    const field = (name: string): number => Number(new RegExp(`^${name}:\\s*(\\d+)`, "m").exec(status)?.[1] ?? 0);
    return {
      rssMiB: field("VmRSS") / 1024,
      peakRssMiB: field("VmHWM") / 1024,
      anonymousMiB: field("RssAnon") / 1024,
      openFiles: readdirSync(`/proc/${pid}/fd`).length,
      threads: field("Threads"),
    };
  } catch {
    return undefined;
  }
}

/** CPU time used so far, ms: the scheduler's count of the threads that live, at least what the coarser count of all says. */
export function cpuMsOf(pid: number): number {
  try {
    let ns = 0;
    for (const thread of readdirSync(`/proc/${pid}/task`))
      ns += Number(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, "utf8").split(" ")[0] ?? 0);
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return Math.max(ns / 1e6, (Number(fields[11]) + Number(fields[12])) * 10);
  } catch {
    return Number.NaN;
  }
}

/** CPU time that the whole machine has used, ms. */
export function machineCpuMs(): number {
  const [first = ""] = readFileSync("/proc/stat", "utf8").split("\n", 1);
  const [user = 0, nice = 0, system = 0, , , irq = 0, softirq = 0] = first.split(/\s+/).slice(1).map(Number);
  return (user + nice + system + irq + softirq) * 10;
}

/** CPU time of this process and of its children that have ended, ms. */
export function ownCpuMs(): number {
  const stat = readFileSync("/proc/self/stat", "utf8");
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return fields.slice(11, 15).reduce((sum, ticks) => sum + Number(ticks) * 10, 0);
}
