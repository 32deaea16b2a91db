// Starts fakes.ts as a process and talks to it over IPC.
import { join } from "node:path";

export interface TokenPod {
  readonly serviceAccount: string;
  readonly pod: string;
}

export interface Counts {
  /** `service:operation` -> calls. */
  readonly calls: Readonly<Record<string, number>>;
  /** Service -> connections that carried a call. */
  readonly connections: Readonly<Record<string, number>>;
}

/** What fakes.ts says once it listens. */
export interface FakesStart {
  readonly env: Readonly<Record<string, string>>;
  readonly args: readonly string[];
  /** The fake AWS's CA, PEM file. */
  readonly caBundle: string;
}

export type FakesRequest = { readonly id: number } & (
  | { readonly op: "tokens"; readonly pods: readonly TokenPod[] }
  | { readonly op: "latency"; readonly awsMs: number; readonly kubernetesMs: number }
  | { readonly op: "reset" }
  | { readonly op: "counts" }
);

export interface FakesAnswer {
  readonly id: number;
  readonly value: FakesStart | Counts | readonly string[] | undefined | void;
}

export interface Fakes extends FakesStart {
  /** serviceAccount.tokens of each pod, good for an hour. */
  readonly tokens: (pods: readonly TokenPod[]) => Promise<readonly string[]>;
  readonly latency: (awsMs: number, kubernetesMs: number) => Promise<void>;
  readonly reset: () => Promise<void>;
  readonly counts: () => Promise<Counts>;
  readonly stop: () => Promise<void>;
}

type Body = FakesRequest extends infer R ? (R extends { id: number } ? Omit<R, "id"> : never) : never;

/** Starts the fakes and waits until they listen. */
export async function startFakes(): Promise<Fakes> {
  const waiting = new Map<number, (value: FakesAnswer["value"]) => void>();
  let last = 0;
  const started = Promise.withResolvers<FakesAnswer["value"]>();
  waiting.set(0, started.resolve);
  const child = Bun.spawn([process.execPath, join(import.meta.dir, "fakes.ts")], {
    stdin: "ignore",
    stdout: "inherit",
    stderr: "inherit",
    ipc: ({ id, value }: FakesAnswer) => {
      waiting.get(id)?.(value);
      waiting.delete(id);
    },
  });
  let stopping = false;
  void child.exited.then((code) => {
    if (!stopping) throw new Error(`the fakes ended with ${code}`);
  });
  const ask = async <T>(body: Body): Promise<T> => {
    const answer = Promise.withResolvers<FakesAnswer["value"]>();
    waiting.set((last += 1), answer.resolve);
    child.send({ ...body, id: last });
    return (await answer.promise) as T;
  };
  const start = (await started.promise) as FakesStart;
  return {
    ...start,
    tokens: (pods) => ask({ op: "tokens", pods }),
    latency: (awsMs, kubernetesMs) => ask({ op: "latency", awsMs, kubernetesMs }),
    reset: () => ask({ op: "reset" }),
    counts: () => ask({ op: "counts" }),
    stop: async () => {
      stopping = true;
      child.disconnect();
      await child.exited;
    },
  };
}
