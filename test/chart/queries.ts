// What alerts and dashboard may name in their queries: the metrics of the program and the labels of a scraped process.
import { definitions, prefix, processDefinitions } from "../../src/telemetry/metric-list.ts";
import type { Definition } from "../../src/telemetry/metric-list.ts";

/** Labels that Prometheus, its operator and the chart's PodMonitor give a process; `cluster` is an external label. */
const targetLabels = ["cluster", "namespace", "job", "node", "pod", "container", "endpoint", "instance"];

/** Metrics of a query that the program does not have, and labels that the metric before them does not have. */
export function unknownIn(query: string): string[] {
  const known = new Map<string, readonly string[]>([["up", []]]);
  const add = (name: string, { kind, labels }: Definition): void => {
    if (kind !== "histogram") known.set(name, labels);
    else
      for (const end of ["_bucket", "_sum", "_count"])
        known.set(name + end, end === "_bucket" ? [...labels, "le"] : labels);
  };
  for (const [name, one] of Object.entries<Definition>(definitions)) add(prefix + name, one);
  for (const [name, one] of Object.entries<Definition>(processDefinitions)) add(name, one);
  const faults: string[] = [];
  for (const [, name = "", , matchers = ""] of query.matchAll(/\b(up|process_\w+|secrets_store\w+)(\{([^}]*)\})?/g)) {
    const labels = known.get(name);
    if (labels === undefined) faults.push(name);
    for (const [, label = ""] of matchers.matchAll(/(\w+)=~?"/g))
      if (!targetLabels.includes(label) && labels?.includes(label) !== true) faults.push(`${name}{${label}}`);
  }
  const own = new Set([...known.values(), targetLabels].flat());
  for (const [, list = ""] of query.matchAll(/\b(?:by|without|on) \(([^)]*)\)/g))
    for (const label of list.split(",").map((one) => one.trim())) if (!own.has(label)) faults.push(label);
  return faults;
}
