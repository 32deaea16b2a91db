// Memory of many live volumes: the kernel charges the pages of a tmpfs to the cgroup of the process that wrote them (design 3.15), so they count
// against the provider's limit. Needs root and the memory controller of cgroup v1.
import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { newFolder, secret, startBinaryLab } from "./binary-lab.ts";
import { heldBy, imageEnv } from "./soak.ts";

const controller = "/sys/fs/cgroup/memory";
const region = "eu-west-1";
/** Four secrets of the largest size. */
const secretBytes = 65_536;
const names = ["s0", "s1", "s2", "s3"];

/** What was measured: as text by name, and two figures to hold to. */
export interface Figures {
  readonly text: Readonly<Record<string, string>>;
  readonly shmemMib: number;
  readonly failcnt: number;
}

export const canMeasureVolumes = process.getuid?.() === 0 && existsSync(join(controller, "memory.usage_in_bytes"));

/** Mounts `volumes` volumes of 256 KiB, each a tmpfs of its own, and reads the cgroup's usage. A limit of 0 is none. */
export async function measureVolumes({ volumes, limitMib }: { volumes: number; limitMib: number }): Promise<Figures> {
  if (!canMeasureVolumes) throw new Error("needs root and the memory controller of cgroup v1");
  const group = join(controller, `provider-soak-${process.pid}`);
  mkdirSync(group);
  if (limitMib > 0) writeFileSync(join(group, "memory.limit_in_bytes"), String(limitMib << 20));
  using folder = newFolder();
  const targets = Array.from({ length: volumes }, (_, at) => join(folder.path, `volume-${at}`));
  const runner = ["/bin/sh", "-c", `echo $$ > ${group}/cgroup.procs; exec "$@"`, "sh"];
  const mib = (bytes: number): string => `${(bytes / (1 << 20)).toFixed(1)} MiB`;
  const usage = (): { usage: number; cache: number; rss: number; shmem: number } => {
    const stat = readFileSync(join(group, "memory.stat"), "utf8");
    const of = (name: string): number => Number(new RegExp(`^${name} (\\d+)$`, "m").exec(stat)?.[1] ?? 0);
    return {
      usage: Number(readFileSync(join(group, "memory.usage_in_bytes"), "utf8")),
      cache: of("cache"),
      rss: of("rss"),
      shmem: of("shmem"),
    };
  };
  try {
    await using lab = await startBinaryLab({
      env: { ...imageEnv, AWS_REGION: region },
      args: ["--qps=-1"],
      runner,
    });
    names.forEach((name) => lab.world.cloud.putSecret(region, name, name.padEnd(secretBytes, "x")));
    const objects = names.map((name) => secret(name));
    await lab.run({ objects });
    await Bun.sleep(2_000);
    const before = usage();
    for (const target of targets) {
      mkdirSync(target);
      if (!Bun.spawnSync(["mount", "-t", "tmpfs", "none", target]).success) throw new Error("mount failed");
    }
    let next = 0;
    const worker = async (): Promise<void> => {
      for (let target = targets[next++]; target !== undefined; target = targets[next++])
        await lab.run({ objects, targetPath: target });
    };
    await Promise.all(Array.from({ length: 10 }, worker));
    const peak = Number(readFileSync(join(group, "memory.max_usage_in_bytes"), "utf8"));
    await Bun.sleep(2_000);
    const after = usage();
    const { anonymousKiB } = heldBy(lab.pid);
    await lab.run({ objects }); // it still serves
    const failcnt = Number(readFileSync(join(group, "memory.failcnt"), "utf8"));
    const text = {
      "volumes of 256 KiB": String(volumes),
      "memory.limit": limitMib === 0 ? "none" : `${limitMib} MiB`,
      "memory.usage before": `${mib(before.usage)} (anonymous ${mib(before.rss)}, page cache ${mib(before.cache)})`,
      "memory.usage with the volumes": `${mib(after.usage)} (anonymous ${mib(after.rss)}, page cache ${mib(after.cache)}, of it tmpfs ${mib(after.shmem)})`,
      "memory.usage peak": mib(peak),
      "what can't be reclaimed (anonymous and tmpfs)": mib(after.rss + after.shmem),
      "charged for each volume": `${((after.shmem - before.shmem) / volumes / 1024).toFixed(0)} KiB`,
      "RssAnon of the process": mib(anonymousKiB << 10),
      "limit hit (failcnt)": String(failcnt),
    };
    return { text, shmemMib: (after.shmem - before.shmem) / (1 << 20), failcnt };
  } finally {
    for (const target of targets) Bun.spawnSync(["umount", "-l", target], { stderr: "ignore" });
    await Bun.sleep(200);
    rmdirSync(group);
  }
}
