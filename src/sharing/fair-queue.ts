// Fair queue of those that wait: round robin between namespaces, and between the pods of one namespace. A namespace that was served goes to the end.
// Used by the turns of mounts and of AWS calls (turns.ts), and by the bound on Kubernetes calls (kubernetes/token-bucket.ts).
import type { HeldUp } from "../context.ts";

/** Whose work it is, as kubelet says. Empty = not known. */
export interface Whose {
  readonly namespace: string;
  readonly pod: string;
}

/** How many are served before a waiter, should nobody else come. */
export interface Ahead {
  readonly count: number;
  /** How many of them are of its own namespace. */
  readonly own: number;
  /** Of how many namespaces they are. */
  readonly namespaces: number;
}

/** What held a waiter up, for its error. `what` = what it waits for. */
export function heldUpBy(what: string, sinceMs: number, ahead: Ahead): HeldUp {
  const seconds = ((performance.now() - sinceMs) / 1000).toFixed(1);
  return { text: `it has waited for ${what}`, figures: `${seconds} s for ${what}, ${aheadText(ahead)}` };
}

/** Who is ahead of a waiter. */
export function aheadText({ count, own, namespaces }: Ahead): string {
  return `${count} ahead from ${namespaces === 1 ? "1 namespace" : `${namespaces} namespaces`}, ${own} from its own`;
}

export interface FairQueue<T extends object> {
  readonly add: (whose: Whose, item: T) => void;
  /** Takes an item out that need not wait any more. */
  readonly remove: (whose: Whose, item: T) => void;
  /**
   * Takes the next item out. A namespace whose first item may not go yet is passed over and keeps its place.
   * A namespace is served after at most one item of each other namespace.
   */
  readonly next: (mayGo?: (namespace: string, item: T) => boolean) => T | undefined;
  /** Whether the first item of some namespace meets the condition. */
  readonly some: (meets: (namespace: string, item: T) => boolean) => boolean;
  /** Whether the item still waits. */
  readonly has: (whose: Whose, item: T) => boolean;
  readonly size: () => number;
  readonly sizeOf: (namespace: string) => number;
  readonly ahead: (whose: Whose, item: T) => Ahead;
  /** The item of a namespace that was added last. */
  readonly newest: (namespace: string) => T | undefined;
  readonly namespaces: () => Iterable<string>;
}

interface Line<T> {
  /** By pod, in order of service; of each item its number of arrival. */
  readonly pods: Map<string, Map<T, number>>;
  size: number;
}

/** Makes an empty queue. */
export function createFairQueue<T extends object>(): FairQueue<T> {
  // Long because its short functions share one state: the lines and their order.
  // Insertion order is the order of service.
  const lines = new Map<string, Line<T>>();
  let size = 0;
  let arrivals = 0;

  function takeOut(namespace: string, line: Line<T>, pod: string, item: T): void {
    const own = line.pods.get(pod);
    if (own?.delete(item) !== true) return;
    if (own.size === 0) line.pods.delete(pod);
    line.size -= 1;
    size -= 1;
    if (line.size === 0) lines.delete(namespace);
  }

  /** The pod that is next in a line, and its first item. */
  function headOf({ pods }: Line<T>): readonly [pod: string, item: T] | undefined {
    for (const [pod, items] of pods) for (const item of items.keys()) return [pod, item];
    return undefined;
  }

  function aheadIn({ pods }: Line<T>, pod: string, item: T): number {
    const own = [...(pods.get(pod)?.keys() ?? [])].indexOf(item);
    let count = own;
    let isBefore = true;
    for (const [other, items] of pods) {
      if (other === pod) isBefore = false;
      else count += Math.min(items.size, isBefore ? own + 1 : own);
    }
    return count;
  }

  return {
    add: ({ namespace, pod }, item) => {
      let line = lines.get(namespace);
      if (line === undefined) lines.set(namespace, (line = { pods: new Map(), size: 0 }));
      const own = line.pods.get(pod) ?? new Map<T, number>();
      line.pods.set(pod, own.set(item, (arrivals += 1)));
      line.size += 1;
      size += 1;
    },
    remove: ({ namespace, pod }, item) => {
      const line = lines.get(namespace);
      if (line !== undefined) takeOut(namespace, line, pod, item);
    },
    next: (mayGo = () => true) => {
      for (const [namespace, line] of lines) {
        const head = headOf(line);
        if (head === undefined || !mayGo(namespace, head[1])) continue;
        const [pod, item] = head;
        takeOut(namespace, line, pod, item);
        toTheEnd(line.pods, pod);
        toTheEnd(lines, namespace);
        return item;
      }
      return undefined;
    },
    some: (meets) => {
      for (const [namespace, line] of lines) {
        const head = headOf(line);
        if (head !== undefined && meets(namespace, head[1])) return true;
      }
      return false;
    },
    has: ({ namespace, pod }, item) => lines.get(namespace)?.pods.get(pod)?.has(item) === true,
    size: () => size,
    sizeOf: (namespace) => lines.get(namespace)?.size ?? 0,
    ahead: ({ namespace, pod }, item) => {
      const line = lines.get(namespace);
      const own = line === undefined ? 0 : aheadIn(line, pod, item);
      let count = own;
      let namespaces = own > 0 ? 1 : 0;
      let isBefore = true;
      for (const [other, { size: waiting }] of lines) {
        if (other === namespace) isBefore = false;
        else if (isBefore || own > 0) {
          count += Math.min(waiting, isBefore ? own + 1 : own);
          namespaces += 1;
        }
      }
      return { count, own, namespaces };
    },
    newest: (namespace) => {
      let newest: readonly [item: T, arrival: number] | undefined;
      for (const items of lines.get(namespace)?.pods.values() ?? [])
        for (const one of items) if (newest === undefined || one[1] > newest[1]) newest = one;
      return newest?.[0];
    },
    namespaces: () => lines.keys(),
  };
}

/** Amounts by namespace, and their sum. */
export interface Shares {
  readonly add: (namespace: string, amount: number) => void;
  readonly of: (namespace: string) => number;
  readonly sum: () => number;
}

/** Makes shares of nothing. A namespace whose amount is 0 leaves nothing behind. */
export function createShares(): Shares {
  const amounts = new Map<string, number>();
  let sum = 0;
  return {
    add: (namespace, amount) => {
      const now = (amounts.get(namespace) ?? 0) + amount;
      if (now === 0) amounts.delete(namespace);
      else amounts.set(namespace, now);
      sum += amount;
    },
    of: (namespace) => amounts.get(namespace) ?? 0,
    sum: () => sum,
  };
}

function toTheEnd<V>(map: Map<string, V>, key: string): void {
  const value = map.get(key);
  if (value === undefined) return;
  map.delete(key);
  map.set(key, value);
}
