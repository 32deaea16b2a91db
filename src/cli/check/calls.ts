// How often AWS is asked: by this provider with what it keeps between mounts, and by 3.x, which keeps nothing. Formulas are in the README.
import { goBoolean } from "../../request/parameters.ts";
import type { SecretObject } from "../../request/secret-object.ts";
import { batchedNames } from "./batches.ts";
import type { CheckedClass } from "./check-class.ts";
import { objectsOfRole, rolesOf } from "./roles.ts";

export interface CallsOptions {
  /** Pods of each class. */
  readonly pods: number;
  /** Nodes that they run on; 0 = one each. */
  readonly nodes: number;
  /** rotationPollInterval, ms; 0 = rotation is off. */
  readonly rotationMs: number;
  readonly batch: boolean;
  /** --credential-cache-max-age, ms. */
  readonly credentialsMs: number;
  /** --secret-cache-ttl, ms; 0 = values are not kept. */
  readonly valuesMs: number;
}

export interface CallCount {
  /** `SecretProviderClass app/db`. */
  readonly subject: string;
  readonly operation: string;
  /** One mount with nothing kept. */
  readonly perMount: number;
  readonly perMonth: number;
  readonly perMonth3x: number;
  /** At least: how many objects a selector finds is known at AWS alone. */
  readonly isMinimum: boolean;
}

/** 30 days. */
const monthMs = 30 * 24 * 3_600_000;
/** API references: names of GetParameters, ids of BatchGetSecretValue. */
const parametersPerCall = 10;
const secretsPerCall = 20;

/** Counts of each class and operation. */
export function countCalls(classes: readonly CheckedClass[], options: CallsOptions): CallCount[] {
  return classes.flatMap((checked) => countOfClass(checked, options));
}

function countOfClass(checked: CheckedClass, options: CallsOptions): CallCount[] {
  const { parameters, objects, subject } = checked;
  if (objects.length === 0) return [];
  const batch = goBoolean(parameters.batch) === true || (parameters.batch === "" && options.batch);
  const mounts = mountsPerMonth(options);
  const isPodIdentity = goBoolean(parameters.usePodIdentity) === true;
  // Sessions of Pod Identity carry the pod's name: no two pods share them, or values.
  const places = isPodIdentity || options.nodes === 0 ? options.pods : Math.min(options.nodes, options.pods);
  const reads = options.valuesMs === 0 ? mounts : places + keptPerMonth(options, places, options.valuesMs);
  const regions = parameters.failoverRegion === "" ? [true] : [true, false];
  const roles = rolesOf(checked);
  // Objects that are read with different roles share no call.
  const calls = regions.flatMap((isPrimary) =>
    ["", ...roles].map((role) => callsOf(objectsOfRole(checked, role), isPrimary, batch)),
  );
  const calls3x = regions.map((isPrimary) => callsOf(objects, isPrimary, false));
  const isMinimum = objects.some(({ selector }) => selector !== undefined);
  const count = (operation: string, pick: PickCalls, pick3x: PickCalls, least = false): CallCount => {
    const perMount = sumOf(calls, pick);
    const perMonth3x = Math.round(sumOf(calls3x, pick3x) * mounts);
    return { subject, operation, perMount, perMonth: Math.round(perMount * reads), perMonth3x, isMinimum: least };
  };
  const own = isPodIdentity ? "Pod Identity agent" : "STS AssumeRoleWithWebIdentity";
  const exchanges = options.rotationMs === 0 ? places : keptPerMonth(options, places, options.credentialsMs);
  const exchange = (operation: string, perMount: number, perMount3x: number): CallCount => {
    const [perMonth, perMonth3x] = [perMount * exchanges, perMount3x * mounts].map(Math.round);
    return { subject, operation, perMount, perMonth: perMonth ?? 0, perMonth3x: perMonth3x ?? 0, isMinimum: false };
  };
  return [
    count("GetSecretValue", one("single"), one("single")),
    count("BatchGetSecretValue", one("batches"), none, isMinimum),
    count("ListSecrets", one("lists"), none, isMinimum),
    count("GetParameters", one("parameterCalls"), one("parameterCalls3x")),
    count("GetParametersByPath", one("paths"), none, isMinimum),
    exchange(own, regions.length, regions.length),
    exchange("STS AssumeRole", roles.length * regions.length, 0),
  ].filter(({ perMount, perMonth3x }) => perMount + perMonth3x > 0);
}

type PickCalls = (calls: RegionCalls) => number;
const none: PickCalls = () => 0;
const one =
  (field: keyof RegionCalls): PickCalls =>
  (calls) =>
    calls[field];

function sumOf(all: readonly RegionCalls[], pick: PickCalls): number {
  return all.reduce((total, calls) => total + pick(calls), 0);
}

interface RegionCalls {
  readonly single: number;
  readonly batches: number;
  readonly lists: number;
  readonly parameterCalls: number;
  readonly parameterCalls3x: number;
  readonly paths: number;
}

function callsOf(objects: readonly SecretObject[], isPrimary: boolean, batch: boolean): RegionCalls {
  const refOf = (object: SecretObject) => (isPrimary ? object.primary : object.failover);
  const named = objects.filter(({ selector }) => selector === undefined);
  const selected = objects.filter(({ selector }) => selector !== undefined);
  const secrets = named.filter(({ type }) => type === "secretsmanager").map(refOf);
  const ids = batchedNames(objects, isPrimary, batch);
  const together = secrets.filter(
    (ref) => ids.has(ref.objectName) && ref.objectVersion === "" && ref.objectVersionLabel === "",
  );
  const parameters = named.filter(({ type }) => type === "ssmparameter").map(refOf);
  const names = new Set(parameters.map((ref) => `${ref.objectName}:${ref.objectVersion || ref.objectVersionLabel}`));
  const selectors = selected.filter(({ type }) => type === "secretsmanager");
  return {
    single: secrets.length - together.length,
    batches: Math.ceil(ids.size / secretsPerCall) + selectors.length,
    lists: selectors.filter(({ selector }) => (selector?.tags.size ?? 0) > 0).length,
    parameterCalls: Math.ceil(names.size / parametersPerCall),
    parameterCalls3x: Math.ceil(parameters.length / parametersPerCall),
    paths: selected.length - selectors.length,
  };
}

/** A start of each pod, then a mount in each interval. */
function mountsPerMonth({ pods, rotationMs }: CallsOptions): number {
  return pods * (1 + (rotationMs === 0 ? 0 : monthMs / rotationMs));
}

/**
 * Each place (a node, or with Pod Identity a pod) keeps something for a time, and asks again with the first mount after that: the pods of a node mount
 * evenly spread over an interval.
 */
function keptPerMonth({ pods, rotationMs }: CallsOptions, places: number, keepMs: number): number {
  if (rotationMs === 0) return 0;
  const gapMs = (rotationMs * places) / pods;
  return (places * monthMs) / Math.max(gapMs, Math.ceil(keepMs / gapMs) * gapMs);
}
