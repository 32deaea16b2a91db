// The mounts that have arrived and are not over: what began after the oldest of them arrived is as fresh as each of them may ask for.
// Written by server/intake.ts, read by store/recent-reads.ts.

/** The mounts of a process. */
export interface OpenMounts {
  /** A mount that has just arrived. Call the result once when it is over. */
  readonly enter: () => OpenMount;
  /** When the oldest of them arrived, by performance.now(); Infinity = there is none. */
  readonly oldestMs: () => number;
  readonly count: () => number;
  /** Called for each mount that is over. */
  readonly onLeave: (listener: () => void) => void;
}

export interface OpenMount {
  /** By performance.now(). */
  readonly arrivedMs: number;
  readonly leave: () => void;
}

/** Makes the record of a process. */
export function createOpenMounts(): OpenMounts {
  const open = new Set<OpenMount>(); // in order of arrival
  const listeners: (() => void)[] = [];
  return {
    enter: () => {
      const mount: OpenMount = {
        arrivedMs: performance.now(),
        leave: () => {
          if (!open.delete(mount)) return;
          for (const listener of listeners) listener();
        },
      };
      open.add(mount);
      return mount;
    },
    oldestMs: () => {
      for (const { arrivedMs } of open) return arrivedMs;
      return Infinity;
    },
    count: () => open.size,
    onLeave: (listener) => void listeners.push(listener),
  };
}
