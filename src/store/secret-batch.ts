// BatchGetSecretValue, opt-in: the unpinned secrets of a mount in one call for up to twenty, instead of one call each.
// What a batch reports less well than the single call is left to the single call: refusals, other errors of one secret, missing answers.
import type { BatchGetSecretValueResponse, SecretValueEntry } from "@aws-sdk/client-secrets-manager";
import { LRUCache } from "lru-cache";
import type { ObjectRef } from "../request/secret-object.ts";
import { readListedError } from "../aws/error.ts";
import type { Sender } from "../aws/sender.ts";
import { policyFix } from "../aws/advice/denial.ts";
import { isDenial } from "./denials.ts";
import { isForeign } from "../request/own-account.ts";
import { entriesOf } from "./selection.ts";
import { callWithCredentials, readSecret } from "./store.ts";
import type { Operation, RegionContext, RegionFailure, StoredValue } from "./store.ts";

/** What a batch says of one secret. */
type Answer =
  | { readonly value: StoredValue }
  | { readonly failure: RegionFailure }
  /** Ask for it by itself. `said` = what AWS answered to the batch all the same, for the memories of values: no outage, or a denial. */
  | { readonly said: "nothing" | "something" | "denied" };

/** The batches of one mount. */
export interface SecretBatch {
  /** Joins the next call of this region and these credentials; secrets that are asked for in one turn of the event loop go together. */
  readonly read: (ref: ObjectRef, context: RegionContext) => Promise<Answer>;
}

/** https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_BatchGetSecretValue.html: "SecretIdList: Maximum number of 20 items". */
const idsMax = 20;
const refusedMs = 5 * 60_000;
const throttledMs = 60_000;
/** Identities that may not batch; a node runs some hundred pods. */
const refusedMax = 1024;

/** What AWS puts behind the name of a secret in its ARN. */
const suffix = /-[A-Za-z0-9]{6}$/;

const unasked: Answer = { said: "nothing" };

interface Waiting {
  readonly id: string;
  readonly resolve: (answer: Answer) => void;
}

/** What goes together: secrets of one region that are read with the same credentials. */
interface Group {
  readonly context: RegionContext;
  readonly waiting: Waiting[];
}

/**
 * Makes the batches of a process. An identity that may not use the operation gets a warning, once in five minutes: its secrets are
 * fetched one by one meanwhile.
 */
export function createSecretBatches(sender: Sender): () => SecretBatch {
  const refused = new LRUCache<string, true>({ max: refusedMax, ttl: refusedMs });

  async function call(ids: readonly string[], context: RegionContext): Promise<ReadonlyMap<string, Answer>> {
    const { region, credentials, signal, emit } = context;
    const key = `${region} ${credentials.workload}`;
    const called = await callWithCredentials(operation, context, (current, onFailedAttempt) => {
      const input = { SecretIdList: [...ids] };
      return sender.send(region, "BatchGetSecretValue", input, { context, credentials: current, onFailedAttempt });
    });
    if ("output" in called) return answersOf(ids, called.output);
    const answered = new Map(ids.map((id): [string, Answer] => [id, { said: "something" }]));
    const { failure } = called;
    if (!failure.noCredentials && (failure.reason === "AccessDenied" || failure.reason === "AwsRefused")) {
      if (credentials.workload !== "") refused.set(key, true);
      const text = `${region}: ${failure.text}; fetching the secrets one by one for the next five minutes. ${failure.fix}`;
      emit({ kind: "warning", about: "batch", text });
      return answered;
    }
    if (!signal.aborted && !failure.noCredentials && failure.reason === "Throttled") {
      // BatchGetSecretValue has a hundredth of GetSecretValue's quota (100 and 10,000 calls a second, AWS Secrets Manager quotas).
      if (credentials.workload !== "") refused.set(key, true, { ttl: throttledMs });
      return answered;
    }
    // What would meet each single call alike is the answer to all; anything else is for the single calls to name.
    const isShared = failure.noCredentials || failure.reason === "AwsUnavailable" || signal.aborted;
    return isShared ? new Map(ids.map((id) => [id, { failure }])) : answered;
  }

  return () => {
    const groups: Group[] = [];

    function flush(group: Group): void {
      const { context, waiting } = group;
      groups.splice(groups.indexOf(group), 1);
      const names = new Set(waiting.map(({ id }) => id));
      // By ARN it may be another account's, and AWS's answer names both alike.
      const isApart = ({ id }: Waiting): boolean =>
        isForeign(id, context.credentials) && namesOf(id).some((name) => names.has(name));
      const asked = new Map<string, Waiting[]>();
      for (const one of waiting) {
        if (isApart(one)) one.resolve(unasked);
        else asked.set(one.id, [...(asked.get(one.id) ?? []), one]);
      }
      const ids = [...asked.keys()];
      const answer = (some: readonly string[], known: ReadonlyMap<string, Answer>): void => {
        for (const id of some) for (const { resolve } of asked.get(id) ?? []) resolve(known.get(id) ?? unasked);
      };
      if (ids.length < 2) return answer(ids, new Map());
      for (let at = 0; at < ids.length; at += idsMax) {
        const some = ids.slice(at, at + idsMax);
        const answers = call(some, context).catch(() => new Map<string, Answer>());
        void answers.then((known) => answer(some, known));
      }
    }

    return {
      read: (ref, context) => {
        if (refused.has(`${context.region} ${context.credentials.workload}`)) return Promise.resolve(unasked);
        return new Promise((resolve) => {
          const { region, credentials } = context;
          let group = groups.find((one) => one.context.region === region && one.context.credentials === credentials);
          if (group === undefined) {
            const first: Group = { context, waiting: [] };
            groups.push((group = first));
            setImmediate(() => flush(first));
          }
          group.waiting.push({ id: ref.objectName, resolve });
        });
      },
    };
  };
}

const operation: Operation = {
  service: "Secrets Manager",
  name: "BatchGetSecretValue",
  fatalCodes: new Set(),
  fatalLead: "Failed fetching secrets",
  fix: ({ reason, text }) =>
    reason !== "AccessDenied"
      ? ""
      : (policyFix(text, { action: "secretsmanager:BatchGetSecretValue", on: "*" }) ??
        "Allow secretsmanager:BatchGetSecretValue on * to the role, or turn batches off."),
};

/** The names that the secret of an ARN may have: an ARN may lack its six random characters. */
function namesOf(id: string): readonly string[] {
  const name = id.split(":").slice(6).join(":");
  return [name, name.replace(suffix, "")];
}

/** By name or ARN, an ARN also without its six random characters (as GetSecretValue takes it). */
function answersOf(
  ids: readonly string[],
  { SecretValues, Errors }: BatchGetSecretValueResponse,
): ReadonlyMap<string, Answer> {
  const entries = entriesOf(SecretValues);
  const byName = new Map(entries.toReversed().map((entry) => [entry.Name, entry])); // of two the first
  const isOf =
    (id: string) =>
    ({ ARN = "" }: SecretValueEntry): boolean =>
      ARN === id || ARN.replace(suffix, "") === id;
  const missing: Answer = { said: entriesOf(Errors).map(readListedError).some(isDenial) ? "denied" : "something" };
  return new Map(
    ids.map((id) => {
      const found = byName.get(id) ?? (id.startsWith("arn:") ? entries.find(isOf(id)) : undefined);
      const read = found === undefined ? "" : readSecret(found);
      return [id, typeof read === "string" ? missing : { value: read }];
    }),
  );
}
