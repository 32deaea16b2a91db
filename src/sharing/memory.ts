// The memory that all mounts hold together. Small ones share a part, of which each namespace may have half of what the others leave; a mount that needs
// more waits until it is the one large mount of the process, round robin between namespaces. So the sum is bounded, and nobody waits for somebody who waits.

/** What small mounts hold together, bytes. With one large mount (budget.ts, bounds.bytes) it fits into the container's 100 MiB. */
const sharedBytes = 8 << 20;

/** What a namespace may hold in any case, bytes: some hundred ordinary secrets. */
const ownBytes = 256 << 10;

/** The memory of one mount. */
export interface MemoryShare {
  /** Reports how much more is held, or less. */
  readonly change: (bytes: number) => void;
  /** undefined = the mount may go on at once. Rejects with the signal's reason. */
  readonly room: () => Promise<void> | undefined;
  /** The mount is over: all that it held is free. */
  readonly close: () => void;
}

export interface Memory {
  readonly open: (namespace: string, signal: AbortSignal) => MemoryShare;
  /** Mounts that wait for memory. */
  readonly waiting: () => number;
}

interface Mount {
  readonly namespace: string;
  bytes: number;
}

interface Waiter {
  readonly mount: Mount;
  readonly go: () => void;
}

/** Makes the memory of a process. */
export function createMemory(): Memory {
  // Long because its short functions share one state: who holds how much, and who waits.
  const small = new Map<string, number>();
  const waiters = new Map<string, Waiter[]>();
  let smallBytes = 0;
  let waiting = 0;
  let large: Mount | undefined;

  function change(mount: Mount, bytes: number): void {
    mount.bytes += bytes;
    if (mount === large) return;
    smallBytes += bytes;
    const left = (small.get(mount.namespace) ?? 0) + bytes;
    if (left === 0) small.delete(mount.namespace);
    else small.set(mount.namespace, left);
  }

  function fits({ namespace }: Mount): boolean {
    const own = small.get(namespace) ?? 0;
    return own <= Math.max(ownBytes, (sharedBytes - (smallBytes - own)) / 2);
  }

  /** Whether the mount may go on: within its namespace's share, or as the large one. */
  function admit(mount: Mount): boolean {
    if (mount === large || fits(mount)) return true;
    if (large !== undefined) return false;
    const { bytes } = mount;
    change(mount, -bytes);
    large = mount;
    mount.bytes = bytes;
    return true;
  }

  /** Lets those go on that may by now; a namespace whose mount did goes to the end. */
  function wake(): void {
    for (const [namespace, queue] of Array.from(waiters)) {
      const chosen = queue.filter(({ mount }) => admit(mount));
      if (chosen.length === 0) continue;
      waiters.delete(namespace);
      const rest = queue.filter((one) => !chosen.includes(one));
      if (rest.length > 0) waiters.set(namespace, rest);
      for (const { go } of chosen) go();
    }
  }

  function wait(mount: Mount, signal: AbortSignal): Promise<void> {
    waiting += 1;
    const { namespace } = mount;
    return new Promise<void>((resolve, reject) => {
      const waiter = { mount, go: resolve };
      const leave = (): void => {
        const rest = (waiters.get(namespace) ?? []).filter((one) => one !== waiter);
        if (rest.length > 0) waiters.set(namespace, rest);
        else waiters.delete(namespace);
        reject(signal.reason as Error);
      };
      signal.addEventListener("abort", leave, { once: true });
      waiter.go = () => {
        signal.removeEventListener("abort", leave);
        resolve();
      };
      waiters.set(namespace, [...(waiters.get(namespace) ?? []), waiter]);
      if (signal.aborted) leave();
    }).finally(() => (waiting -= 1));
  }

  return {
    open: (namespace, signal) => {
      const mount: Mount = { namespace, bytes: 0 };
      let isClosed = false;
      return {
        change: (bytes) => {
          if (isClosed) return;
          change(mount, bytes);
          if (bytes < 0 && waiters.size > 0) wake();
        },
        room: () => (isClosed || admit(mount) ? undefined : wait(mount, signal)),
        close: () => {
          if (isClosed) return;
          isClosed = true;
          change(mount, -mount.bytes);
          if (mount === large) large = undefined;
          wake();
        },
      };
    },
    waiting: () => waiting,
  };
}
