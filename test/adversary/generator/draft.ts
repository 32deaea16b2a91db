// What a hostile case is made of while it grows, and the class that most of them have.
import type { MountRequestOptions } from "../../build.ts";
import { region } from "../world-process.ts";
import type { WorldStep } from "../world-process.ts";
import type { PodName } from "./pods.ts";
import type { Random } from "./random.ts";
import { name } from "./values.ts";
import { objectsText } from "./yaml.ts";
import type { Known } from "./yaml.ts";

/** One mount of a case. */
export interface CaseMount {
  readonly pod: PodName;
  readonly request: Omit<MountRequestOptions, "namespace" | "serviceAccount" | "pod" | "tokens" | "targetPath">;
  /** Of the pod's own tokens, what is sent. */
  readonly tokens: (own: string) => string | null;
  /** The pod is none of `allPods`: its tokens are made for this case. */
  readonly isNew: boolean;
  readonly deadlineMs: number;
  /** Mounted so many times into the same target. */
  readonly times: number;
}

/** What a case is made of while it grows. */
export interface Draft {
  readonly random: Random;
  readonly known: Known;
  readonly steps: WorldStep[];
  readonly index: number;
}

export type Request = CaseMount["request"];
/** A mount; what is absent is usual. */
export type Made = { readonly request: Request } & Partial<Omit<CaseMount, "request">>;

/** How often it is mounted into one target. */
export function repeat({ random }: Draft): { times: number } {
  return { times: random.chance(0.05) ? 1 + random.below(3) : 1 };
}

/** Parameters that a class may have besides its objects. */
export function parametersOf({ random }: Draft): Record<string, string> {
  return {
    ...(random.chance(0.25) ? { pathTranslation: random.pick(["False", "False", "-", "."]) } : {}),
    ...(random.chance(0.02) ? { pathTranslation: random.pick(["/", "\u0000", "é", "ab", name(random)]) } : {}),
    ...(random.chance(0.05)
      ? { failoverRegion: random.pick(["eu-central-1", "eu-central-1", region, name(random)]) }
      : {}),
    ...(random.chance(0.2) ? { usePodIdentity: "true" } : {}),
    ...(random.chance(0.1) ? { batch: random.pick(["true", "true", "false", "x"]) } : {}),
    ...(random.chance(0.02) ? { preferredAddressType: random.pick(["ipv4", "ipv6", "x"]) } : {}),
    ...(random.chance(0.02) ? { region: random.pick(["", "us-east-1", name(random)]) } : {}),
    ...(random.chance(0.01) ? { assumeRoleArn: `arn:aws:iam::111122223333:role/${name(random)}` } : {}),
  };
}

/** `objects` and whatever else may be in a class or in the driver's part of a request. */
export function aClass(draft: Draft): Request {
  return {
    objects: objectsText(draft.random, draft.known),
    parameters: parametersOf(draft),
    ...(draft.random.chance(0.05)
      ? { permission: draft.random.pick(["", "null", "511", "-1", "4294967296", "1e3", "x"]) }
      : {}),
    ...(draft.random.chance(0.05)
      ? {
          currentObjectVersions: draft.random.times(draft.random.size(3_000), (at) => ({
            id: `file-${at}`,
            version: name(draft.random),
          })),
        }
      : {}),
  };
}
