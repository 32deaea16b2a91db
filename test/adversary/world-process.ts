// Starts world.ts as a process and talks to it over IPC.
import { join } from "node:path";
import type { FaultAction, FaultMatch } from "../fakes/faults.ts";
import type { ServiceAccountTokensOptions } from "../fakes/tokens.ts";
import type { Workload } from "../fakes/world.ts";

/** Of the node, of all classes and of all values. */
export const region = "eu-west-1";

/** What an attack may put into the account and the cluster. */
export type WorldStep =
  | ({ readonly do: "workload" } & Workload)
  | {
      readonly do: "secret";
      readonly name: string;
      readonly value: string | Uint8Array;
      readonly tags?: Readonly<Record<string, string>>;
    }
  | { readonly do: "parameter"; readonly name: string; readonly value: string }
  | { readonly do: "fault"; readonly match: FaultMatch; readonly action: FaultAction }
  /** Secrets `<prefix>0`, `<prefix>1`, ... of one value; they stay. */
  | { readonly do: "fill"; readonly prefix: string; readonly count: number; readonly value: string };

export interface WorldStart {
  /** Environment and arguments of a provider. */
  readonly env: Readonly<Record<string, string>>;
  readonly args: readonly string[];
  /** Of a role without a name. */
  readonly roleArn: string;
}

type Request =
  | { readonly op: "take"; readonly owner: string; readonly steps: readonly WorldStep[] }
  | { readonly op: "forget"; readonly owner: string }
  | { readonly op: "tokens"; readonly pods: readonly ServiceAccountTokensOptions[] };

export type WorldMessage = Request & { readonly id: number };

export interface WorldAnswer {
  readonly id: number;
  readonly value: WorldStart | readonly string[] | undefined;
}

export interface WorldProcess extends WorldStart, AsyncDisposable {
  readonly take: (owner: string, steps: readonly WorldStep[]) => Promise<void>;
  /** Undoes all that the owner has taken. */
  readonly forget: (owner: string) => Promise<void>;
  /** serviceAccount.tokens of each pod. */
  readonly tokens: (pods: readonly ServiceAccountTokensOptions[]) => Promise<readonly string[]>;
}

/** Starts the fakes and waits until they listen. Use with `await using`. */
export async function startWorldProcess(): Promise<WorldProcess> {
  const waiting = new Map<number, PromiseWithResolvers<WorldAnswer["value"]>>();
  const ask = (id: number): Promise<WorldAnswer["value"]> => {
    const answer = Promise.withResolvers<WorldAnswer["value"]>();
    waiting.set(id, answer);
    return answer.promise;
  };
  const started = ask(0);
  const child = Bun.spawn([process.execPath, join(import.meta.dir, "world.ts")], {
    stdin: "ignore",
    stdout: "inherit",
    stderr: "inherit",
    ipc: ({ id, value }: WorldAnswer) => {
      waiting.get(id)?.resolve(value);
      waiting.delete(id);
    },
  });
  void child.exited.then((code) => {
    for (const { reject } of waiting.values()) reject(new Error(`the fakes ended with ${code}`));
  });
  let last = 0;
  const send = <T>(request: Request): Promise<T> => {
    last += 1;
    const answer = ask(last);
    child.send({ ...request, id: last } satisfies WorldMessage);
    return answer as Promise<T>;
  };
  return {
    ...((await started) as WorldStart),
    take: (owner, steps) => send({ op: "take", owner, steps }),
    forget: (owner) => send({ op: "forget", owner }),
    tokens: (pods) => send({ op: "tokens", pods }),
    [Symbol.asyncDispose]: async () => {
      child.disconnect();
      await child.exited;
    },
  };
}
