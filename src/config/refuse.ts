// Variables that switch TLS checks off, print tokens, or put code into the runtime: the program does not start with them.
// Some act before any of our code and can hide; whoever sets the environment owns the process (SECURITY.md).
import { StartError, podWords } from "./start-error.ts";
import type { Env, StarterWords } from "./start-error.ts";

interface Rule {
  readonly name: RegExp;
  readonly applies: (value: string) => boolean;
  readonly why: string;
}

const isSet = (value: string): boolean => value !== "";
const runsCode = "changes or debugs the runtime, which holds every secret of the node's pods";

const rules: readonly Rule[] = [
  // The one value that Bun 1.4.5 takes for "do not check".
  {
    name: /^NODE_TLS_REJECT_UNAUTHORIZED$/,
    applies: (value) => value === "0",
    why: "turns TLS certificate checks off",
  },
  {
    name: /^BUN_CONFIG_VERBOSE_FETCH$/,
    applies: (value) => isSet(value) && value !== "0" && value !== "false",
    why: "prints requests with their tokens",
  },
  { name: /^(NODE_OPTIONS|BUN_OPTIONS|BUN_BE_BUN|BUN_INSPECT(_[A-Z_]+)?)$/, applies: isSet, why: runsCode },
];

/** @throws StartError 255 naming the variable; never its value */
export function refuseUnsafe(env: Env, { refusing, unset }: StarterWords = podWords): void {
  for (const [name, value = ""] of Object.entries(env)) {
    const rule = rules.find((candidate) => candidate.name.test(name) && candidate.applies(value));
    if (rule === undefined) continue;
    throw new StartError(255, `${refusing} ${name} ${rule.why}. ${unset}`);
  }
}
