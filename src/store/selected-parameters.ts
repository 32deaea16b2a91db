// objectSelector of Parameter Store: GetParametersByPath, decrypted, ten parameters a page.
import type { GetParametersByPathResult, Parameter } from "@aws-sdk/client-ssm";
import type { Sender } from "../aws/sender.ts";
import { selectorFix } from "./advice/object-advice.ts";
import { createGathered, eachPage, entriesOf, selected, stopped, tooMany } from "./selection.ts";
import type { Selection } from "./selection.ts";
import { callWithCredentials } from "./store.ts";
import type { Match, Operation, Outcome, ReadRequest, RegionContext, Store } from "./store.ts";

const service = "SSM";
const fatalLead = "Failed fetching parameters";
/** https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_GetParametersByPath.html: at most 10. */
const pageSize = 10;

const operation: Operation = {
  service,
  name: "GetParametersByPath",
  // The same page, without InternalServerError.
  fatalCodes: new Set([
    "InvalidFilterKey",
    "InvalidFilterOption",
    "InvalidFilterValue",
    "InvalidKeyId",
    "InvalidNextToken",
  ]),
  fatalLead,
  fix: (said, region) => selectorFix("GetParametersByPath", said, region),
};

/** Makes the store of the selectors: each is a unit by itself. */
export function createSelectedParameters(sender: Sender): Store {
  async function select({ object }: ReadRequest, context: RegionContext): Promise<Outcome> {
    const { region } = context;
    const { path = "", recursive = false } = object.selector ?? {};
    const selection: Selection = { object, region, kind: "parameter", fatalLead };
    const start = path.endsWith("/") ? path : `${path}/`;
    using gathered = createGathered(context.budget);
    const { matches, add } = gathered;
    const stop = await eachPage<GetParametersByPathResult>(
      selection,
      (NextToken) =>
        callWithCredentials(operation, context, (credentials, onFailedAttempt) => {
          const input = {
            Path: path,
            Recursive: recursive,
            WithDecryption: true,
            MaxResults: pageSize,
            ...(NextToken === undefined ? {} : { NextToken }),
          };
          return sender.send(region, "GetParametersByPath", input, { context, credentials, onFailedAttempt });
        }),
      ({ Parameters }) => {
        for (const parameter of entriesOf(Parameters)) {
          const match = readParameter(parameter, start);
          if (match === undefined) {
            const text = `operation error ${service}: GetParametersByPath, the answer holds an unusable parameter`;
            return stopped(selection, { reason: "ObjectUnreadable", text });
          }
          add(match);
        }
        return tooMany(selection, matches.length);
      },
    );
    return stop ?? selected(selection, matches);
  }

  return {
    unitMax: 1,
    read: async ([request], context) => (request === undefined ? { values: [] } : select(request, context)),
    leadText: () => "Failed to fetch parameters from all regions.",
  };
}

/** The SDK takes the fields of an answer as they are. */
function readParameter({ Name, Value, Version }: Parameter, start: string): Match | undefined {
  if (typeof Name !== "string" || typeof Value !== "string" || typeof Version !== "number") return undefined;
  if (!Name.startsWith(start)) return undefined;
  return { name: Name, value: new TextEncoder().encode(Value), version: String(Version) };
}
