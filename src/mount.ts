// One mount, step by step. The order of the steps is written here and nowhere else (parity 2, "Order of checks"); the first of them, parseMountRequest,
// comes before the mount has its turn (server/serve.ts), since the turn depends on whose mount it is.
import type { Budget } from "./budget.ts";
import type { Context } from "./context.ts";
import type { Fetch } from "./fetch.ts";
import { planFiles } from "./files/plan/plan-files.ts";
import type { Deliver } from "./files/deliver.ts";
import type { Identify } from "./identity/credentials.ts";
import type { Locate } from "./identity/region.ts";
import type { Pace } from "./sharing/pace.ts";
import type { ParsedRequest } from "./request/mount-request.ts";
import { parseAssumeRole } from "./request/assume-role.ts";
import { parseBatch } from "./request/parameters.ts";
import type { ReadObjects } from "./request/read-objects.ts";
import type { MountResponse } from "./request/messages.ts";

/** What the work for one mount runs under. */
export interface MountContext extends Context {
  /** What the mount may cost. */
  readonly budget: Budget;
  /** Runs a long computation in short stretches, between which other mounts go on. */
  readonly run: Pace["run"];
  /** The same for what goes on to its end when the mount is given up. */
  readonly complete: Pace["complete"];
}

/** Serves one MountRequest. @throws ProviderError; anything else is a bug */
export type Mount = (request: ParsedRequest, context: MountContext) => Promise<MountResponse>;

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
    const { signal, emit } = context;
    const { pod, parameters, tokens, targetPath, defaultMode } = request;
    const regions = await locate(pod, parameters, context);
    emit({ kind: "regions-located", primary: regions.primary, failover: regions.failover });
    const credentials = await identify(pod, parameters, tokens, context); // token and role; no AWS call yet
    emit({ kind: "identified", method: credentials.method });
    emit({ kind: "step-began", lead: "Failure reading descriptor list" });
    const objects = await readObjects(parameters.objects, context, {
      pathTranslation: parameters.pathTranslation,
      region: regions.primary,
      failoverRegion: regions.failover,
    });
    emit({ kind: "objects-read", count: objects.length });
    const batch = parseBatch(parameters.batch);
    const assumeRole = parseAssumeRole(parameters);
    const fetched = await fetch({ request, objects, regions, credentials, batch, assumeRole }, context); // exchanges when first needed
    emit({ kind: "objects-fetched" });
    emit({ kind: "step-began", lead: "Failed to mount" });
    const { files, versions, warnings } = await context.run(planFiles(fetched, defaultMode, objects));
    for (const text of warnings) emit({ kind: "warning", about: "objects", text });
    signal.throwIfAborted(); // once files are being written, the mount goes on to its end
    const answer = await deliver({ files, targetPath, namespace: pod.namespace, complete: context.complete });
    emit({ kind: "files-delivered", count: files.length });
    return { objectVersions: versions, files: answer };
  };
}
