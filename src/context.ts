// The context of a piece of work: when it ends, which mount it is for, where its events go. server/serve.ts makes one for each mount; every function
// that waits or calls takes it as an argument. Measured with the JIT off: AsyncLocalStorage instead would cost 4 % more CPU a mount.
import { ignoreEvents } from "./events.ts";
import type { Emit } from "./events.ts";

export interface Context {
  /** Aborts when the work is given up or its time is over. */
  readonly signal: AbortSignal;
  /** When the signal aborts by itself at the latest, epoch ms; Infinity = not known. */
  readonly deadlineMs: number;
  /** undefined = work that belongs to no mount. A load that several mounts wait for belongs to the mount that started it. */
  readonly mount: CurrentMount | undefined;
  /** The listener of the mount, else of the process. */
  readonly emit: Emit;
}

/** A mount under way. */
export interface CurrentMount {
  /** Joins the log lines of the mount; unique in its process, and in all likelihood among the processes of a node. */
  readonly id: string;
  /** By performance.now(). */
  readonly arrivedMs: number;
  /** Namespace of the pod, as kubelet says. Empty = not known yet: the request is not parsed. */
  namespace: string;
  /** The pod's uid, or its name. */
  pod: string;
  /** Its share of the process's time (sharing/pace.ts): charges a call and an answer; absent = not begun, or nobody shares it. */
  pace?: {
    readonly call: () => Promise<void> | undefined;
    readonly answered: (bytes: number) => Promise<void> | undefined;
  };
  /** What it waits for in the queues of this process, in order of arrival. */
  readonly waits: Set<Wait>;
}

/** A wait in a queue of the process. */
export interface Wait {
  readonly why: () => HeldUp;
}

/** What held a mount up so far. */
export interface HeldUp {
  /** Which queue, as half a sentence for a pod event. */
  readonly text: string;
  /** How long, and who is ahead: another one at each try, so for the log. */
  readonly figures: string;
}

/** The owner of a wait that belongs to no mount. */
export const nobody = { namespace: "", pod: "" } as const;

/** Makes the record of a mount that begins. */
export function newMount(id: string, arrivedMs = performance.now()): CurrentMount {
  return { id, arrivedMs, namespace: "", pod: "", waits: new Set() };
}

/** The context of work that belongs to no mount. */
export function contextOfNoMount(signal: AbortSignal, emit: Emit = ignoreEvents): Context {
  return { signal, deadlineMs: Infinity, mount: undefined, emit };
}

/** The same context with another signal. Fields that a larger context has in addition are left out. */
export function withSignal({ deadlineMs, mount, emit }: Context, signal: AbortSignal): Context {
  return { signal, deadlineMs, mount, emit };
}

/** What a mount waits for in the queues of this process, for its error; undefined = it does not wait there. */
export function heldUp({ waits }: CurrentMount): HeldUp | undefined {
  const [first] = waits;
  if (first === undefined) return undefined;
  const { text, figures } = first.why();
  return { text, figures: waits.size > 1 ? `${figures}; ${waits.size - 1} more of its calls wait too` : figures };
}
