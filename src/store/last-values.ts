// The last values of each pod's mount (--serve-stale-for), for a remount of the same pod while AWS does not answer. In memory only, bounded in bytes.
// Nobody else gets them: pod, target, identity and everything that the class says must be what they were.
import { LRUCache } from "lru-cache";
import type { CredentialSource } from "../identity/credential-source.ts";
import type { ParsedRequest } from "../request/mount-request.ts";
import type { SecretObject } from "../request/secret-object.ts";
import { Secret } from "../secret.ts";
import { createDenials, identityOf } from "./denials.ts";
import type { Found } from "./store.ts";
import { sizeOf } from "./value-cache.ts";

/** What a unit of objects had, and how long ago it was read, ms. */
export interface Recalled {
  readonly values: readonly Found[];
  readonly ageMs: number;
}

/** The memory of one mount. */
export interface MountMemory {
  readonly keep: (object: SecretObject, value: Found) => void;
  /** The last values of all these objects, if there are any that are young enough. */
  readonly recall: (objects: readonly SecretObject[]) => Recalled | undefined;
  /** The mount has all its values: what was kept may be recalled by the next. Where that may not be, nothing older may be recalled either. */
  readonly commit: () => void;
}

export interface LastValues {
  /** undefined = whose they would be is unknown. `who` is asked again when values are recalled and kept: a mount may find that its role is another. */
  readonly open: (
    request: ParsedRequest,
    objects: readonly SecretObject[],
    who: Pick<CredentialSource, "workload">,
  ) => MountMemory | undefined;
  /** Forgets those of all identities that begin with this. */
  readonly forget: (identity: string) => void;
}

export interface LastValuesOptions {
  /** How long values may be recalled after they were read, ms, > 0. */
  readonly maxAgeMs: number;
  readonly exists: (path: string) => Promise<boolean>;
  readonly now?: () => number;
}

interface KeptValue {
  readonly value: Secret<Found>;
  readonly readAtMs: number;
}

/** The values of one pod's volume. */
interface VolumeValues {
  readonly fingerprint: string;
  readonly workload: string;
  /** By position in `objects`. */
  readonly values: ReadonlyMap<number, KeptValue>;
  /** The pod's directory. */
  readonly folder: string;
  /** Whether it was there: else it can't be seen from here, and says nothing. */
  isSeen: boolean;
}

/** With keys and overhead, so that it bounds the entries too. */
const bytesMax = 8 << 20;
const overheadBytes = 256;
const timerMsMax = 2 ** 31 - 1;
const sweepEachMs = 60_000;

/** Makes the memory of a process. Values leave it when their time is over or their pod is gone; the least recently served go first when there are too many. */
export function createLastValues({ maxAgeMs, exists, now = Date.now }: LastValuesOptions): LastValues {
  const volumes = new LRUCache<string, VolumeValues>({
    maxSize: bytesMax,
    sizeCalculation: (volume, key) => key.length * 2 + overheadBytes + bytesOf(volume),
    ttlAutopurge: true, // each has its own time; by timers that keep no process alive
  });
  const denials = createDenials();
  const look = createFolderLook(volumes, exists, now);

  return {
    open: (request, objects, who) => {
      const { pod, targetPath } = request;
      const { workload } = who;
      if (pod.uid === "") return undefined;
      const key = JSON.stringify([pod.uid, targetPath]);
      const fingerprint = fingerprintOf(request, workload);
      if (workload === "" || volumes.peek(key)?.fingerprint !== fingerprint) volumes.delete(key);
      if (workload === "") return undefined;
      const positions = new Map(objects.map((object, i) => [object, i]));
      const fresh = new Map<number, KeptValue>();
      const before = denials.count();
      return {
        keep: (object, value) => {
          const at = positions.get(object);
          if (at !== undefined) fresh.set(at, { value: new Secret(value), readAtMs: now() });
        },
        recall: (wanted) => {
          const volume = volumes.get(key);
          if (volume?.fingerprint !== fingerprint || who.workload !== workload) return undefined;
          const kept = wanted.flatMap((object) => volume.values.get(positions.get(object) ?? -1) ?? []);
          const ageMs = Math.max(...kept.map(({ readAtMs }) => now() - readAtMs));
          if (kept.length < wanted.length || ageMs > maxAgeMs) return undefined;
          for (const [i, object] of wanted.entries()) {
            const [at, one] = [positions.get(object), kept[i]];
            if (at !== undefined && one !== undefined) fresh.set(at, one); // with its own time: serving makes nothing younger
          }
          return { values: kept.map(({ value }) => value.reveal()), ageMs };
        },
        commit: () => {
          const earlier = volumes.peek(key);
          volumes.delete(key); // what the pod had before this mount must not come back
          const isAnothers = who.workload !== workload || denials.isDeniedSince(identityOf(workload), before);
          if (isAnothers || fresh.size === 0) return;
          const values = earlier?.fingerprint === fingerprint ? laterOf(fresh, earlier.values) : fresh;
          const folder = /^.*\/pods\/[^/]+(?=\/)/.exec(targetPath)?.[0] ?? targetPath;
          const volume: VolumeValues = { fingerprint, workload, values, folder, isSeen: false };
          const newestMs = Math.max(...[...values.values()].map(({ readAtMs }) => readAtMs));
          volumes.set(key, volume, { ttl: Math.max(1, Math.min(timerMsMax, newestMs + maxAgeMs - now())) });
          void look(volume);
        },
      };
    },
    forget: (identity) => {
      denials.add(identity);
      for (const [key, { workload }] of Array.from(volumes.entries()))
        if (`${workload}\n`.startsWith(identity)) volumes.delete(key);
    },
  };
}

/** Makes the look at a pod's directory, after its values were kept; once a minute it also removes the values of pods that are gone. */
function createFolderLook(
  volumes: LRUCache<string, VolumeValues>,
  exists: LastValuesOptions["exists"],
  now: () => number,
): (volume: VolumeValues) => Promise<void> {
  let sweptAtMs = now();
  return async (volume) => {
    volume.isSeen = await exists(volume.folder);
    if (now() - sweptAtMs < sweepEachMs) return;
    sweptAtMs = now();
    for (const [key, one] of Array.from(volumes.entries())) {
      const isGone = one.isSeen && !(await exists(one.folder));
      if (isGone && volumes.peek(key) === one) volumes.delete(key);
    }
  };
}

/** Of two mounts of one volume at the same time the one that ends last may have read first. */
function laterOf(
  values: ReadonlyMap<number, KeptValue>,
  others: ReadonlyMap<number, KeptValue>,
): ReadonlyMap<number, KeptValue> {
  const later = ([at, one]: readonly [number, KeptValue]): readonly [number, KeptValue] => {
    const other = others.get(at);
    return [at, other !== undefined && other.readAtMs > one.readAtMs ? other : one];
  };
  return new Map([...values].map(later));
}

function bytesOf({ values }: VolumeValues): number {
  return [...values.values()].reduce((sum, { value }) => {
    const found = value.reveal();
    return sum + overheadBytes + ("notFound" in found ? 0 : sizeOf(found));
  }, 0);
}

/** All that must be as it was: who it is, and every word of the class and of the pod's overrides. */
function fingerprintOf({ pod, parameters, defaultMode }: ParsedRequest, workload: string): string {
  const text = JSON.stringify([workload, pod, parameters, defaultMode]);
  return new Bun.CryptoHasher("sha256").update(text).digest("hex");
}
