// The numbers of a run: samples by scenario, case, name and subject; medians and quantiles of them; what is written as JSON.

export interface Metric {
  readonly scenario: string;
  readonly case: string;
  readonly name: string;
  readonly unit: string;
  /** Subject -> summary of its samples. */
  readonly subjects: Record<string, Summary>;
}

export interface Summary {
  readonly n: number;
  readonly median: number;
  readonly min: number;
  readonly p95: number;
  readonly max: number;
}

/** Points of a curve: x, y. */
export type Series = readonly (readonly [number, number])[];

/** What else the machine did meanwhile. */
export interface Condition {
  readonly scenario: string;
  readonly subject: string;
  readonly round: number;
  readonly seconds: number;
  /** Share of the machine's cores that went to processes of neither bench, fakes nor provider; undefined = not known. */
  readonly foreignCpu: number;
}

export interface Run {
  readonly date: string;
  readonly machine: string;
  readonly command: string;
  readonly subjects: readonly { readonly name: string; readonly version: string; readonly binaryMiB: number }[];
  readonly rounds: number;
  readonly quick: boolean;
  readonly awsMs: number;
  readonly kubernetesMs: number;
  readonly seconds: number;
  readonly metrics: readonly Metric[];
  /** `scenario / case` -> subject -> curve. */
  readonly series: Readonly<Record<string, Readonly<Record<string, Series>>>>;
  readonly conditions: readonly Condition[];
  readonly notes: readonly string[];
}

/** One measured value. */
interface Sample extends Omit<Metric, "subjects"> {
  readonly subject: string;
  readonly value: number;
}

/** Collects while a run goes on. */
export interface Recorder {
  readonly add: (sample: Sample) => void;
  readonly curve: (key: string, subject: string, series: Series) => void;
  readonly note: (text: string) => void;
  readonly metrics: () => Metric[];
  readonly series: () => Run["series"];
  readonly notes: () => readonly string[];
}

/** Makes an empty record. */
export function createRecord(): Recorder {
  const samples = new Map<string, { head: Omit<Metric, "subjects">; bySubject: Map<string, number[]> }>();
  const series: Record<string, Record<string, Series>> = {};
  const notes = new Set<string>();
  return {
    add: ({ subject, value, ...head }) => {
      const key = JSON.stringify([head.scenario, head.case, head.name]);
      const entry = samples.get(key) ?? { head, bySubject: new Map<string, number[]>() };
      samples.set(key, entry);
      const values = entry.bySubject.get(subject) ?? [];
      values.push(value);
      entry.bySubject.set(subject, values);
    },
    curve: (key, subject, points) => {
      (series[key] ??= {})[subject] = points;
    },
    note: (text) => void notes.add(text),
    metrics: () =>
      [...samples.values()].map(({ head, bySubject }) => ({
        ...head,
        subjects: Object.fromEntries([...bySubject].map(([subject, values]) => [subject, summarize(values)])),
      })),
    series: () => series,
    notes: () => [...notes],
  };
}

function summarize(values: readonly number[]): Summary {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (share: number): number => round(sorted[Math.round(share * (sorted.length - 1))] ?? 0);
  const middle = sorted.length / 2;
  const median =
    sorted.length % 2 === 1
      ? (sorted[Math.floor(middle)] ?? 0)
      : ((sorted[middle - 1] ?? 0) + (sorted[middle] ?? 0)) / 2;
  return { n: sorted.length, median: round(median), min: at(0), p95: at(0.95), max: at(1) };
}

/** Four digits say enough. */
function round(value: number): number {
  return Number(value.toPrecision(4));
}
