// One mount, step by step. The order of the steps is written here and nowhere else (parity 2, "Order of checks"); the first of them, parseMountRequest,
// comes before the mount has its turn (server/serve.ts), since the turn depends on whose mount it is.
import type { Budget } from "./budget.ts";
import { planFiles } from "./files/plan.ts";
import type { Deliver } from "./files/deliver.ts";
import type { CredentialSource, Identify } from "./identity/credentials.ts";
import type { Locate, Regions } from "./identity/region.ts";
import type { Pace } from "./sharing/pace.ts";
import type { ParsedRequest } from "./request/mount-request.ts";
import { parseAssumeRole } from "./request/assume-role.ts";
import type { AssumeRole } from "./request/assume-role.ts";
import { parseBatch } from "./request/parameters.ts";
import type { ReadObjects } from "./request/read-objects.ts";
import type { ObjectType, SecretObject } from "./request/secret-object.ts";
import type { FetchedObject } from "./values/extracted.ts";
import type { MountResponse } from "./request/messages.ts";

/** What a mount learns on its way, for its log lines. */
export interface MountNotes {
  readonly located: (request: ParsedRequest, regions: Regions) => void;
  readonly identified: (method: CredentialSource["method"]) => void;
  readonly objects: (count: number) => void;
  readonly fetched: () => void;
  readonly delivered: (files: number) => void;
  /** A unit of objects of this type came from the failover region. */
  readonly failover: (type: ObjectType) => void;
  /** A unit of objects of this type was served from the memory of the pod's last mount. */
  readonly stale: (type: ObjectType) => void;
  readonly warning: (text: string) => void;
  /** How the log line starts should the mount fail from here on. */
  readonly step: (lead: string) => void;
}

/** What the work for one mount runs under. */
export interface MountContext {
  /** Aborts when the mount is given up or its time is over. */
  readonly signal: AbortSignal;
  readonly notes: MountNotes;
  /** What the mount may cost. */
  readonly budget: Budget;
  /** Runs a long computation in short stretches, between which other mounts go on. */
  readonly run: Pace["run"];
  /** The same for what goes on to its end when the mount is given up. */
  readonly complete: Pace["complete"];
}

/** Serves one MountRequest. @throws ProviderError; anything else is a bug */
export type Mount = (request: ParsedRequest, context: MountContext) => Promise<MountResponse>;

/** What to fetch, and with what right. */
export interface FetchOrder {
  readonly request: ParsedRequest;
  readonly objects: readonly SecretObject[];
  readonly regions: Regions;
  readonly credentials: CredentialSource;
  /** Secrets in batches; undefined = as the flag says. */
  readonly batch: boolean | undefined;
  readonly assumeRole: AssumeRole;
}

export type Fetch = (order: FetchOrder, context: MountContext) => Promise<readonly FetchedObject[]>;

export interface MountSteps {
  readonly locate: Locate;
  readonly identify: Identify;
  readonly readObjects: ReadObjects;
  readonly fetch: Fetch;
  readonly deliver: Deliver;
}

/** Puts the steps together. */
export function createMount({ locate, identify, readObjects, fetch, deliver }: MountSteps): Mount {
  return async (request, context) => {
    const { signal, notes } = context;
    const { pod, parameters, tokens, targetPath, defaultMode } = request;
    const regions = await locate(pod, parameters, signal);
    notes.located(request, regions);
    const credentials = await identify(pod, parameters, tokens, signal); // token and role; no AWS call yet
    notes.identified(credentials.method);
    notes.step("Failure reading descriptor list");
    const objects = await readObjects(parameters.objects, context, {
      pathTranslation: parameters.pathTranslation,
      region: regions.primary,
      failoverRegion: regions.failover,
    });
    notes.objects(objects.length);
    const batch = parseBatch(parameters.batch);
    const assumeRole = parseAssumeRole(parameters);
    const fetched = await fetch({ request, objects, regions, credentials, batch, assumeRole }, context); // exchanges when first needed
    notes.fetched();
    notes.step("Failed to mount");
    const { files, versions, warnings } = await context.run(planFiles(fetched, defaultMode, objects));
    warnings.forEach(notes.warning);
    signal.throwIfAborted(); // once files are being written, the mount goes on to its end
    const answer = await deliver({ files, targetPath, namespace: pod.namespace, complete: context.complete });
    notes.delivered(files.length);
    return { objectVersions: versions, files: answer };
  };
}
