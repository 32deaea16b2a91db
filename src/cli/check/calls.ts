// How often AWS is asked: by this provider with what it keeps between mounts, and by 3.x, which keeps nothing. Formulas are in the README.
import { goBoolean } from "../../request/parameters.ts";
import type { SecretObject } from "../../request/objects.ts";
import { batchedNames } from "./batches.ts";
import type { CheckedClass } from "./class.ts";
import { quiet } from "./safe-text.ts";

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
  return classes.flatMap((checked) => {
    const { parameters, objects, subject } = checked;
    const batch = goBoolean(parameters.batch) === true || (parameters.batch === "" && options.batch);
    const mounts = mountsPerMonth(options);
    const counts: CallCount[] = [];
    const exchange =
      goBoolean(parameters.usePodIdentity) === true ? "Pod Identity agent" : "STS AssumeRoleWithWebIdentity";
    const regions = parameters.failoverRegion === "" ? 1 : 2;
    const isMinimum = objects.some(({ selector }) => selector !== undefined);
    const add = (operation: string, perMount: number, perMount3x: number, least = false): void => {
      if (perMount + perMount3x === 0) return;
      const perMonth = Math.round(perMount * mounts);
      counts.push({
        subject,
        operation,
        perMount,
        perMonth,
        perMonth3x: Math.round(perMount3x * mounts),
        isMinimum: least,
      });
    };
    const perRegion = [true, false].slice(0, regions).map((isPrimary) => callsOf(objects, isPrimary, batch));
    const sum = (pick: (calls: RegionCalls) => number): number =>
      perRegion.reduce((all, calls) => all + pick(calls), 0);
    add(
      "GetSecretValue",
      sum(({ single }) => single),
      sum(({ single3x }) => single3x),
    );
    add(
      "BatchGetSecretValue",
      sum(({ batches }) => batches),
      0,
      isMinimum,
    );
    add(
      "ListSecrets",
      sum(({ lists }) => lists),
      0,
      isMinimum,
    );
    add(
      "GetParameters",
      sum(({ parameterCalls }) => parameterCalls),
      sum(({ parameterCalls3x }) => parameterCalls3x),
    );
    add(
      "GetParametersByPath",
      sum(({ paths }) => paths),
      0,
      isMinimum,
    );
    if (objects.length > 0) {
      const perMonth = Math.round(regions * exchangesPerMonth(options));
      counts.push({
        subject,
        operation: exchange,
        perMount: regions,
        perMonth,
        perMonth3x: Math.round(regions * mounts),
        isMinimum: false,
      });
    }
    return counts;
  });
}

interface RegionCalls {
  readonly single: number;
  readonly single3x: number;
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
    single3x: secrets.length,
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
 * Each node keeps the credentials of a workload for some time, and gets new ones with the first mount after that: the pods of a node mount
 * evenly spread over an interval.
 */
function exchangesPerMonth({ pods, nodes, rotationMs, credentialsMs }: CallsOptions): number {
  const places = nodes === 0 ? pods : Math.min(nodes, pods);
  if (rotationMs === 0) return places;
  const gapMs = (rotationMs * places) / pods;
  return (places * monthMs) / Math.max(gapMs, Math.ceil(credentialsMs / gapMs) * gapMs);
}

/** A table for people. */
export function callsText(counts: readonly CallCount[], { pods, rotationMs }: CallsOptions): string {
  const number = (value: number): string => String(value).replace(/\B(?=(?:\d{3})+$)/g, ",");
  const head = ["", "a mount", "a month", "a month, 3.x"];
  const lines: string[] = [];
  for (const subject of new Set(counts.map((count) => count.subject))) {
    const rows = counts
      .filter((count) => count.subject === subject)
      .map(({ operation, perMount, perMonth, perMonth3x, isMinimum }) => {
        const least = isMinimum ? ">= " : "";
        return [`  ${operation}`, least + number(perMount), least + number(perMonth), number(perMonth3x)];
      });
    const sum = (pick: (count: CallCount) => number): string =>
      number(counts.filter((count) => count.subject === subject).reduce((all, count) => all + pick(count), 0));
    rows.push([
      "  all",
      sum(({ perMount }) => perMount),
      sum(({ perMonth }) => perMonth),
      sum(({ perMonth3x }) => perMonth3x),
    ]);
    const widths = head.map((title, i) => Math.max(title.length, ...rows.map((row) => (row[i] ?? "").length)));
    const write = (row: readonly string[]): string =>
      row
        .map((cell, i) => (i === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[i] ?? 0)))
        .join("  ")
        .trimEnd();
    lines.push(quiet(subject), write(head), ...rows.map(write), "");
  }
  const rotation = rotationMs === 0 ? "no rotation" : `a mount each ${rotationMs / 1000} s`;
  return `${lines.join("\n")}${pods} pod${pods === 1 ? "" : "s"} a class, ${rotation}, a month of 30 days.\n`;
}
