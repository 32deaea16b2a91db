// What this program has written into volumes that live. They are tmpfs, and the kernel charges their pages to the container that wrote them, for as long as
// the pod lives: one namespace with a few large volumes would fill the container's memory, and the kernel would kill the provider of the node.
import { stat, statfs } from "node:fs/promises";
import { join } from "node:path";
import { tooLarge } from "../budget.ts";

/** What the process itself needs beside the volumes, bytes: itself, one large mount and the small ones (memory.ts). */
const processBytes = 64 << 20;
/** What a namespace always leaves to the others, bytes. */
const othersBytes = 2 << 20;
/** What a namespace may write in any case, bytes. */
const ownBytes = 256 << 10;

export interface Volumes {
  /**
   * Claims the memory of a volume's files before they are written. What the volume had before counts until it is written.
   * @throws ProviderError TooLarge where the container's memory does not have it
   */
  readonly claim: (namespace: string, targetPath: string, bytes: number) => Promise<void>;
  /** The files are written: from now the volume counts as what it has, files of earlier mounts too. Never fails. */
  readonly written: (targetPath: string) => Promise<void>;
}

interface Volume {
  readonly namespace: string;
  readonly bytes: number;
}

/** Makes the ledger of a process. `memoryBytes` is the container's limit, undefined = none. */
export function createVolumes(memoryBytes: number | undefined, isThere = exists, usedIn = usedBytes): Volumes {
  const volumes = new Map<string, Volume>();
  const capacity = memoryBytes === undefined ? Infinity : Math.max(othersBytes, memoryBytes - processBytes);

  function fits(namespace: string, targetPath: string, bytes: number): boolean {
    let own = Math.max(bytes, volumes.get(targetPath)?.bytes ?? 0);
    let others = 0;
    for (const [path, volume] of volumes) {
      if (path === targetPath) continue;
      if (volume.namespace !== namespace) others += volume.bytes;
      else own += volume.bytes;
    }
    const left = capacity - others;
    return own <= Math.max(ownBytes, left - othersBytes, left / 2);
  }

  async function forgetGone(): Promise<void> {
    for (const path of Array.from(volumes.keys())) if (!(await isThere(path))) volumes.delete(path);
  }

  return {
    claim: async (namespace, targetPath, bytes) => {
      if (capacity === Infinity) return;
      if (!fits(namespace, targetPath, bytes)) await forgetGone();
      if (!fits(namespace, targetPath, bytes))
        throw tooLarge(
          `the volumes of namespace ${namespace} on this node would take more memory of the provider's container than their share of ${capacity >> 20} MiB`,
          "Mount less in its pods, raise the memory limit of the provider's container, or set driver-writes-secrets.",
        );
      volumes.set(targetPath, { namespace, bytes: Math.max(bytes, volumes.get(targetPath)?.bytes ?? 0) });
    },
    written: async (targetPath) => {
      const volume = volumes.get(targetPath);
      const used = volume === undefined ? undefined : await usedIn(targetPath);
      if (volume !== undefined && used !== undefined) volumes.set(targetPath, { ...volume, bytes: used });
    },
  };
}

/** What a volume holds, bytes; undefined where it is no file system of its own, or can't be asked. */
async function usedBytes(path: string): Promise<number | undefined> {
  try {
    const [own, parent] = [await stat(path), await stat(join(path, ".."))];
    if (own.dev === parent.dev) return undefined;
    const { blocks, bfree, bsize } = await statfs(path);
    return (blocks - bfree) * bsize;
  } catch {
    return undefined;
  }
}

function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
