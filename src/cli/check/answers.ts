// What `check` prints instead of findings: policies and counts of calls. fd 1 has the answer alone, so that it can be piped to the AWS CLI.
import { goBoolean } from "../../request/parameters.ts";
import { countCalls } from "./calls.ts";
import { callsText } from "./calls-text.ts";
import { iamPolicy, placeholders } from "./iam.ts";
import type { Policy } from "./iam.ts";
import type { CheckOptions } from "./check-options.ts";
import type { Run } from "./check-files.ts";
import { PolicyError } from "./resources.ts";
import { quiet } from "./safe-text.ts";
import { irsaTrust, podIdentityTrust } from "./trust.ts";
import { partitionOf } from "./aws-names.ts";
import { visibleJson } from "../../text/visible.ts";

export interface Answer {
  readonly text: string;
  /** For fd 2. */
  readonly notes: readonly string[];
}

/** Whether something else than findings is asked for. */
export function asksForAnswer({ iam, trust, calls }: CheckOptions): boolean {
  return iam || trust !== "none" || calls;
}

/** The answer for classes without errors. @throws PolicyError */
export function answer(run: Run, options: CheckOptions): Answer {
  const { iam, trust, calls, account, partition, batch } = options;
  if (calls) {
    if (iam || trust !== "none") throw new PolicyError("--calls goes without --iam and --trust");
    const counting = {
      pods: Math.max(1, options.pods),
      nodes: options.nodes,
      rotationMs: options["rotation-interval"],
      batch,
      credentialsMs: options["credential-cache-max-age"],
      valuesMs: options["secret-cache-ttl"],
    };
    const counts = countCalls(run.checkedClasses, counting);
    const isJson = options.output !== "text";
    return {
      text: isJson ? `${visibleJson(JSON.stringify({ version: 1, counts }, null, 2))}\n` : callsText(counts, counting),
      notes: [],
    };
  }
  const kmsKeys = options["kms-key"];
  const permissions = iam
    ? iamPolicy(run.checkedClasses, {
        account,
        partition,
        batch,
        describe: options["older-driver"],
        kmsKeys,
        role: options.role,
      })
    : undefined;
  const trusted = trust === "none" ? undefined : trustPolicy(run, options);
  const value =
    permissions !== undefined && trusted !== undefined
      ? { permissions: permissions.policy, trust: trusted }
      : (permissions?.policy ?? trusted);
  const text = visibleJson(JSON.stringify(value, null, 2));
  const open = Object.entries(placeholders).filter(([name]) => new RegExp(`[":/]${name}[":]`).test(text));
  const names = open.map(([name]) => name).join(", ");
  const given = open.map(([, option]) => option).join(", ");
  const notes = open.length === 0 ? [] : [`Replace ${names}, or give ${given}.`];
  const shown = [...notes, ...methodNotes(run, trust), ...(permissions?.notes ?? [])];
  return { text: `${text}\n`, notes: shown.map(quiet) };
}

/** Classes that take their credentials the other way: the policy is of no use to them. */
function methodNotes({ checkedClasses }: Run, trust: CheckOptions["trust"]): string[] {
  if (trust === "none") return [];
  const isPodIdentity = trust === "pod-identity";
  const others = checkedClasses.filter(
    ({ parameters }) => (goBoolean(parameters.usePodIdentity) === true) !== isPodIdentity,
  );
  const [first] = others;
  if (first === undefined) return [];
  const more = others.length === 1 ? "" : ` and ${others.length - 1} more`;
  const [used, other] = isPodIdentity ? ["IRSA", "irsa"] : ["Pod Identity", "pod-identity"];
  return [
    `warning: ${first.subject}${more}: with ${used}, which this trust policy does not allow; see --trust=${other}.`,
  ];
}

function trustPolicy({ users, checkedClasses }: Run, options: CheckOptions): Policy {
  const { trust, issuer, account, cluster } = options;
  const given = { namespace: options.namespace, serviceAccount: options["service-account"] };
  const fitting = users.filter(
    (user) =>
      (given.namespace === "" || user.namespace === "" || given.namespace === user.namespace) &&
      (given.serviceAccount === "" || given.serviceAccount === user.serviceAccount),
  );
  const isOpen = given.namespace === "" || given.serviceAccount === "";
  if (isOpen && fitting.length > 1) {
    const names = fitting.slice(0, 10).map(({ namespace, serviceAccount }) => `${namespace || "?"}/${serviceAccount}`);
    throw new PolicyError(
      `the pods use several service accounts: ${names.join(", ")}; choose by --namespace and --service-account`,
    );
  }
  const [user] = fitting;
  const partition = options.partition || partitionOf(checkedClasses[0]?.region ?? "");
  const trusting = {
    issuer,
    account,
    cluster,
    partition,
    namespace: given.namespace || user?.namespace || "",
    serviceAccount: given.serviceAccount || user?.serviceAccount || "",
  };
  return trust === "irsa" ? irsaTrust(trusting) : podIdentityTrust(trusting);
}
