// What is wrong with the parameters of a class: validators report faults to a sink. A mount's sink throws the first; `check` collects them all.
import { ProviderError } from "../errors.ts";
import { cutBytes, startOf } from "../text/cut.ts";
import type { FieldPath } from "../errors.ts";

/** Which rule a fault breaks: ids of the rules of `check` (cli/check/rules.ts has their severity and summary). */
export type FaultRule =
  | "region-same"
  | "region-name"
  | "boolean-parameter"
  | "path-translation"
  | "objects-yaml"
  | "objects-shape"
  | "entry-empty"
  | "name-missing"
  | "arn-format"
  | "arn-region"
  | "type-missing"
  | "arn-service"
  | "type-unknown"
  | "type-mismatch"
  | "version-and-label"
  | "path-outside"
  | "file-name"
  | "file-permission"
  | "jmespath-path-missing"
  | "jmespath-alias-missing"
  | "failover-alias"
  | "failover-region-missing"
  | "failover-version"
  | "duplicate-name"
  | "duplicate-alias"
  | "fields-together"
  | "selector"
  | "field-value"
  | "assume-role"
  | "too-large";

export interface Fault {
  readonly rule: FaultRule;
  readonly reason: "ParametersInvalid" | "ObjectsInvalid" | "TooLarge";
  readonly message: string;
  /** One sentence. */
  readonly fix: string;
  /** The parameter, and the way to the field in the YAML of `objects`. */
  readonly at: FieldPath;
  /** Of the text at `at`, from 1, where it can't be read; absent = the field itself. */
  readonly line?: number;
}

/** Takes the faults in the order in which a mount looks for them. If it returns, validation goes on behind the fault. */
export type Report = (fault: Fault) => void;

/** The sink of a mount. @throws ProviderError always */
export const refuse: Report = (fault) => {
  throw faultError(fault);
};

/** The error of a mount that fails for a fault. */
export function faultError({ reason, message, fix, at }: Fault): ProviderError {
  return new ProviderError({ reason, message, fix, at });
}

/** A fault of a parameter other than `objects`. */
export function parameterFault(rule: FaultRule, name: string, message: string, fix: string): Fault {
  return { rule, reason: "ParametersInvalid", message, fix, at: [name] };
}

/** A bound of a mount that its class exceeds. */
export function sizeFault(message: string, fix: string, at: FieldPath): Fault {
  return { rule: "too-large", reason: "TooLarge", message, fix, at };
}

/** More than an event shows, bytes: errors are kept for a while, and a class may have a megabyte where a name belongs. */
const messageBytesMax = 1_100;
const fixBytesMax = 400;
/** Of each name on the way to the field, characters. */
const nameMax = 200;

/** A fault of `objects`. The message is cut to 1,100 bytes, the fix to 400, and the names in `at` to 200 characters. */
export function objectFault(rule: FaultRule, message: string, fix: string, at: FieldPath): Fault {
  return {
    rule,
    reason: "ObjectsInvalid",
    message: cutBytes(message, messageBytesMax),
    fix: cutBytes(fix, fixBytesMax),
    at: at.map((name) => (typeof name === "string" ? startOf(name, nameMax) : name)),
  };
}
