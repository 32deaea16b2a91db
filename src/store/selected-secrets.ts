// objectSelector of Secrets Manager: BatchGetSecretValue, by the start of the name with its own filter. By tags ListSecrets is asked first: AWS's
// filters match the start of a tag's key and value, and do not tie one to the other, and a batch's answer has no tags.
import type {
  BatchGetSecretValueRequest,
  BatchGetSecretValueResponse,
  Filter,
  ListSecretsResponse,
  SecretListEntry,
  SecretValueEntry,
} from "@aws-sdk/client-secrets-manager";
import type { ObjectSelector } from "../request/secret-object.ts";
import { readListedError } from "../aws/error.ts";
import type { AwsFailure } from "../aws/error.ts";
import type { Operations } from "../aws/operations.ts";
import type { Sender } from "../aws/sender.ts";
import { isDenial } from "./denials.ts";
import { selectorFix } from "./advice/object-advice.ts";
import { createGathered, eachPage, entriesOf, selected, stopped, tooMany } from "./selection.ts";
import type { Gathered, Selection, Stop } from "./selection.ts";
import { callWithCredentials, readSecret } from "./store.ts";
import type { Match, Operation, Outcome, RegionContext, Store } from "./store.ts";

const service = "Secrets Manager";
const fatalLead = "Failed fetching secrets";
/** https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_BatchGetSecretValue.html: "SecretIdList: Maximum number of 20 items". */
const idsMax = 20;
/** https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_ListSecrets.html */
const namesMax = 100;
/** Errors of single secrets that one text has. */
const shownMax = 3;

// The same pages and that of GetSecretValue, without InternalServiceError.
const fatalCodes = new Set([
  "ResourceNotFoundException",
  "InvalidParameterException",
  "InvalidRequestException",
  "InvalidNextTokenException",
  "DecryptionFailure",
]);

type SecretOperation = "ListSecrets" | "BatchGetSecretValue" | "GetSecretValue";

/** One selector in one region, and the way to call AWS for it. */
interface Search {
  readonly selection: Selection;
  readonly selector: ObjectSelector;
  readonly budget: RegionContext["budget"];
  readonly call: <Name extends SecretOperation>(
    name: Name,
    input: Operations[Name]["input"],
  ) => Promise<{ readonly output: Operations[Name]["output"] } | Stop>;
}

/** Makes the store of the selectors: each is a unit by itself. */
export function createSelectedSecrets(sender: Sender): Store {
  return {
    unitMax: 1,
    read: async ([request], context) => {
      const selector = request?.object.selector;
      if (request === undefined || selector === undefined) return { values: [] };
      const { region, budget } = context;
      return select({
        selection: { object: request.object, region, kind: "secret", fatalLead },
        selector,
        budget,
        call: (name, input) =>
          callWithCredentials(operation(name), context, (credentials, onFailedAttempt) =>
            sender.send(region, name, input, { context, credentials, onFailedAttempt }),
          ),
      });
    },
    leadText: ([request]) =>
      `Failed to fetch secret from all regions. Verify secret exists and required permissions are granted for: ${request?.object.objectName ?? ""}`,
  };
}

async function select(search: Search): Promise<Outcome> {
  const { selection, selector, budget } = search;
  const listed = selector.tags.size === 0 ? undefined : await list(search);
  if (listed !== undefined && "failure" in listed) return listed;
  const inputs: BatchGetSecretValueRequest[] = [];
  if (listed === undefined) inputs.push({ Filters: filtersOf(selector) });
  for (let at = 0; at < (listed?.ids.length ?? 0); at += idsMax)
    inputs.push({ SecretIdList: listed?.ids.slice(at, at + idsMax) });
  using gathered = createGathered(budget);
  for (const input of inputs) {
    const stop = await fetchMatches(search, input, gathered);
    if (stop !== undefined) return stop;
  }
  return selected(selection, gathered.matches);
}

/** The ARNs of the secrets that have all the tags. */
async function list({ selection, selector, call }: Search): Promise<Stop | { readonly ids: readonly string[] }> {
  const ids: string[] = [];
  const stop = await eachPage<ListSecretsResponse>(
    selection,
    (NextToken) =>
      call("ListSecrets", {
        Filters: filtersOf(selector),
        MaxResults: namesMax,
        ...(NextToken === undefined ? {} : { NextToken }),
      }),
    ({ SecretList }) => {
      for (const entry of entriesOf(SecretList)) {
        if (hasTags(entry, selector) && typeof entry.ARN === "string") ids.push(entry.ARN);
      }
      return tooMany(selection, ids.length);
    },
  );
  return stop ?? { ids };
}

/** Adds the matches among the secrets of all pages of one batch. */
async function fetchMatches(
  search: Search,
  input: BatchGetSecretValueRequest,
  { matches, add }: Gathered,
): Promise<Stop | undefined> {
  const { selection, call } = search;
  const { namePrefix } = search.selector;
  return eachPage<BatchGetSecretValueResponse>(
    selection,
    (NextToken) => call("BatchGetSecretValue", { ...input, ...(NextToken === undefined ? {} : { NextToken }) }),
    async ({ SecretValues, Errors }) => {
      const listed = entriesOf(Errors).filter(({ SecretId }) => startsWith(SecretId, namePrefix));
      const singles = await readSingly(search, listed);
      if ("failure" in singles) return singles;
      for (const entry of [...entriesOf(SecretValues), ...singles.values]) {
        if (typeof entry.Name === "string" && !entry.Name.startsWith(namePrefix)) continue;
        const match = readMatch(entry);
        if (typeof match === "string") {
          const text = `operation error ${service}: BatchGetSecretValue, ${match}`;
          return stopped(selection, { reason: "ObjectUnreadable", text });
        }
        add(match);
      }
      return tooMany(selection, matches.length);
    },
  );
}

/** The secrets that a batch could not read: deleted ones match no longer, those with a transient error are read by single calls. */
async function readSingly(
  { selection, call }: Search,
  listed: readonly object[],
): Promise<Stop | { readonly values: readonly SecretValueEntry[] }> {
  const ended = listed.map(async (one): Promise<{ readonly failed: Listed } | { readonly value: SecretValueEntry }> => {
    const said = readListedError(one);
    if (!isTransient(said)) return { failed: said };
    const called = await call("GetSecretValue", { SecretId: said.id });
    if ("output" in called) return { value: called.output };
    const { reason, code = "", text, brief = text } = called.failure;
    return { failed: { reason, code, text: `${said.id}: ${brief}` } };
  });
  const all = await Promise.all(ended);
  const [first, ...more] = all.flatMap((one) => ("failed" in one && !isGone(one.failed) ? one.failed : []));
  if (first !== undefined) return batchFailure(selection, [first, ...more]);
  return { values: all.flatMap((one) => ("value" in one ? one.value : [])) };
}

/** The SDK takes the fields of an answer as they are: why an entry can't be used. */
function readMatch(entry: SecretValueEntry): Match | string {
  const { Name: name } = entry;
  if (typeof name !== "string" || name === "") return "the answer holds a secret without a name";
  const read = readSecret(entry);
  return typeof read === "string" ? `${name}: ${read}` : { name, ...read };
}

/** AWS's filters say no less than the selector does. */
function filtersOf({ namePrefix, tags }: ObjectSelector): Filter[] {
  const filters: Filter[] = namePrefix === "" ? [] : [{ Key: "name", Values: [namePrefix] }];
  for (const [key, value] of tags) {
    filters.push({ Key: "tag-key", Values: [key] });
    if (value !== "") filters.push({ Key: "tag-value", Values: [value] });
  }
  return filters;
}

function hasTags({ Name, Tags }: SecretListEntry, { namePrefix, tags }: ObjectSelector): boolean {
  if (typeof Name !== "string" || !Name.startsWith(namePrefix)) return false;
  const own = entriesOf(Tags);
  return [...tags].every(([key, value]) => own.some((tag) => tag.Key === key && (tag.Value ?? "") === value));
}

/** Of an ARN or a name: what AWS's filter may have let through beyond the selector is not ours to fail for. */
function startsWith(id: unknown, namePrefix: string): boolean {
  if (typeof id !== "string") return true;
  return (id.startsWith("arn:") ? id.split(":").slice(6).join(":") : id).startsWith(namePrefix);
}

/** Why one secret of a batch gave no value. */
type Listed = Pick<AwsFailure, "reason" | "code" | "text">;

/** AWS's lists and filters are some minutes behind: what was deleted since is no hole in the selection. */
function isGone({ code, text }: Listed): boolean {
  if (code === "ResourceNotFoundException") return /can't find the specified secret(?! value)/i.test(text);
  return code === "InvalidRequestException" && /deletion|deleted/.test(text);
}

/** What the SDK would try again, had the whole call failed with it. */
function isTransient({ reason, code }: Listed): boolean {
  return reason === "Throttled" || /^(?:Internal|ServiceUnavailable)/.test(code);
}

function batchFailure(selection: Selection, failures: readonly [Listed, ...Listed[]]): Stop {
  // AWS lists them in any order, and an event of another order is another event.
  const ordered = failures.toSorted((a, b) => (a.text < b.text ? -1 : 1));
  const shown = ordered.slice(0, shownMax).map(({ text }) => text);
  const more = failures.length > shownMax ? ` and ${failures.length - shownMax} more` : "";
  const text = `operation error ${service}: BatchGetSecretValue, ${shown.join("; ")}${more}`;
  const first = ordered.find(({ code }) => fatalCodes.has(code)) ?? ordered[0] ?? failures[0];
  const fix = selectorFix("GetSecretValue", first, selection.region);
  const { failure } = stopped(selection, { reason: first.reason, text, fix, isFatal: fatalCodes.has(first.code) });
  return { failure: { ...failure, isDenied: failures.some(isDenial) } };
}

function operation(name: SecretOperation): Operation {
  return { service, name, fatalCodes, fatalLead, fix: (said, region) => selectorFix(name, said, region) };
}
