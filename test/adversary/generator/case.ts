// One hostile case, out of a seed and a number: what is put into the account and the cluster, and the mounts that follow.
import { region } from "../world-process.ts";
import type { WorldStep } from "../world-process.ts";
import { burst, jmesPaths, keysOfValue, selector } from "./class-cases.ts";
import { aClass, repeat } from "./draft.ts";
import type { CaseMount, Draft, Made } from "./draft.ts";
import { answers, attributes, identityAnswers, tokens } from "./foreign-cases.ts";
import { podCount, podOf } from "./pods.ts";
import { createRandom } from "./random.ts";
import { value } from "./values.ts";
import type { Known } from "./yaml.ts";

export interface HostileCase {
  readonly index: number;
  readonly kind: string;
  readonly steps: readonly WorldStep[];
  readonly mounts: readonly CaseMount[];
}

const usualMs = 60_000;
const shared: readonly string[] = Array.from({ length: 200 }, (_, at) => `pool/${at}`);
/** Secrets that all cases may name. */
export const poolSteps: readonly WorldStep[] = [
  {
    do: "fill",
    prefix: "pool/",
    count: shared.length,
    value: JSON.stringify({ a: 1, b: "text", k0: { a: [1, 2, { b: "c" }] } }),
  },
];

/** Makes case `index` of a seed: the same each time. */
export function hostileCase(seed: number, index: number): HostileCase {
  const random = createRandom(seed, index);
  const prefix = `c${index}-`;
  const known: Known = {
    secrets: [`${prefix}0`, `${prefix}1`, ...random.times(random.size(200), (at) => shared[at] ?? "pool/0")],
    parameters: [`/${prefix}0`, `/${prefix}1`],
    prefix,
  };
  const steps: WorldStep[] = [
    ...known.secrets.slice(0, 2).map((one) => ({ do: "secret", name: one, value: value(random) }) as const),
    ...known.parameters.map(
      (one) => ({ do: "parameter", name: one, value: value(random).toString().slice(0, 8_192) }) as const,
    ),
  ];
  const draft = { random, known, steps, index };
  const kinds = Object.entries(makers);
  const drawn = random.next() * kinds.reduce((sum, [, { weight }]) => sum + weight, 0);
  let left = drawn;
  const [kind, { make }] = kinds.find(([, { weight }]) => (left -= weight) < 0) ?? ["objects", makers.objects];
  const made = make(draft);
  const mounts = made.map(({ request, ...more }) => ({
    pod: podOf(random.below(podCount)),
    request: { ...request, ...bounded(request.objects), parameters: { region, ...request.parameters } },
    tokens: (own: string) => own,
    isNew: false,
    deadlineMs: usualMs,
    times: 1,
    ...more,
  }));
  return { index, kind, steps, mounts };
}

/** Of one text: the API server stores no more than 1.5 MiB, and a message has 4 MiB at most. */
const textMax = 3_500_000;

function bounded(objects: unknown): { readonly objects?: string } {
  return typeof objects === "string" ? { objects: objects.slice(0, textMax) } : {};
}

const makers = {
  objects: { weight: 30, make: (draft: Draft) => [{ request: aClass(draft), ...repeat(draft) }] },
  jmesPath: { weight: 22, make: jmesPaths },
  keys: { weight: 12, make: keysOfValue },
  selector: { weight: 5, make: selector },
  answers: { weight: 10, make: answers },
  identity: { weight: 3, make: identityAnswers },
  attributes: { weight: 6, make: attributes },
  tokens: { weight: 6, make: tokens },
  burst: { weight: 0.4, make: burst },
} satisfies Record<string, { weight: number; make: (draft: Draft) => Made[] }>;
