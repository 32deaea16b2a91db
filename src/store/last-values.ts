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
  /** undefined = it can't be told whose they would be. `who` is asked again when values are recalled and kept: a mount may find that its role is another. */
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

interface Part {
  readonly value: Secret<Found>;
  readonly readAtMs: number;
}

interface Entry {
  readonly fingerprint: string;
  readonly workload: string;
  /** By position in `objects`. */
  readonly parts: ReadonlyMap<number, Part>;
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
  const entries = new LRUCache<string, Entry>({
    maxSize: bytesMax,
    sizeCalculation: (entry, key) => key.length * 2 + overheadBytes + bytesOf(entry),
    ttlAutopurge: true, // each has its own time; by timers that keep no process alive
  });
  const denials = createDenials();
  let sweptAtMs = now();

  async function sweep(): Promise<void> {
    if (now() - sweptAtMs < sweepEachMs) return;
    sweptAtMs = now();
    for (const [key, entry] of Array.from(entries.entries())) {
      const isGone = entry.isSeen && !(await exists(entry.folder));
      if (isGone && entries.peek(key) === entry) entries.delete(key);
    }
  }

  /** The values are there at once; whether the pod's directory is to be seen is found out afterwards. */
  async function look(entry: Entry): Promise<void> {
    entry.isSeen = await exists(entry.folder);
    await sweep();
  }

  return {
    open: (request, objects, who) => {
      const { pod, targetPath } = request;
      const { workload } = who;
      if (pod.uid === "") return undefined;
      const key = JSON.stringify([pod.uid, targetPath]);
      const fingerprint = fingerprintOf(request, workload);
      if (workload === "" || entries.peek(key)?.fingerprint !== fingerprint) entries.delete(key);
      if (workload === "") return undefined;
      const positions = new Map(objects.map((object, i) => [object, i]));
      const fresh = new Map<number, Part>();
      const before = denials.count();
      const partOf = (entry: Entry | undefined, object: SecretObject): Part | undefined =>
        entry?.parts.get(positions.get(object) ?? -1);
      return {
        keep: (object, value) => {
          const at = positions.get(object);
          if (at !== undefined) fresh.set(at, { value: new Secret(value), readAtMs: now() });
        },
        recall: (wanted) => {
          const entry = entries.get(key);
          if (entry?.fingerprint !== fingerprint || who.workload !== workload) return undefined;
          const parts = wanted.flatMap((object) => partOf(entry, object) ?? []);
          const ageMs = Math.max(...parts.map(({ readAtMs }) => now() - readAtMs));
          if (parts.length < wanted.length || ageMs > maxAgeMs) return undefined;
          for (const [i, object] of wanted.entries()) {
            const [at, part] = [positions.get(object), parts[i]];
            if (at !== undefined && part !== undefined) fresh.set(at, part); // with its own time: serving makes nothing younger
          }
          return { values: parts.map(({ value }) => value.reveal()), ageMs };
        },
        commit: () => {
          const earlier = entries.peek(key);
          entries.delete(key); // what the pod had before this mount must not come back
          const isAnothers = who.workload !== workload || denials.isDeniedSince(identityOf(workload), before);
          if (isAnothers || fresh.size === 0) return;
          const parts = earlier?.fingerprint === fingerprint ? laterOf(fresh, earlier.parts) : fresh;
          const folder = /^.*\/pods\/[^/]+(?=\/)/.exec(targetPath)?.[0] ?? targetPath;
          const entry: Entry = { fingerprint, workload, parts, folder, isSeen: false };
          const newestMs = Math.max(...[...parts.values()].map(({ readAtMs }) => readAtMs));
          entries.set(key, entry, { ttl: Math.max(1, Math.min(timerMsMax, newestMs + maxAgeMs - now())) });
          void look(entry);
        },
      };
    },
    forget: (identity) => {
      denials.add(identity);
      for (const [key, { workload }] of Array.from(entries.entries()))
        if (`${workload}\n`.startsWith(identity)) entries.delete(key);
    },
  };
}

/** Of two mounts of one volume at the same time the one that ends last may have read first. */
function laterOf(parts: ReadonlyMap<number, Part>, others: ReadonlyMap<number, Part>): ReadonlyMap<number, Part> {
  const later = ([at, part]: readonly [number, Part]): readonly [number, Part] => {
    const other = others.get(at);
    return [at, other !== undefined && other.readAtMs > part.readAtMs ? other : part];
  };
  return new Map([...parts].map(later));
}

function bytesOf({ parts }: Entry): number {
  return [...parts.values()].reduce((sum, { value }) => {
    const found = value.reveal();
    return sum + overheadBytes + ("notFound" in found ? 0 : sizeOf(found));
  }, 0);
}

/** All that must be as it was: who it is, and every word of the class and of the pod's overrides. */
function fingerprintOf({ pod, parameters, defaultMode }: ParsedRequest, workload: string): string {
  const text = JSON.stringify([workload, pod, parameters, defaultMode]);
  return new Bun.CryptoHasher("sha256").update(text).digest("hex");
}
