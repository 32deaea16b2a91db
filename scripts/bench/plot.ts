// Two plots of a run as SVG, without a library: memory over 5,000 mounts, and when the pods of a rollout had their mounts.
// Colours that hold on a light and on a dark page; no background, no script. The Go provider's figures are lines from GoReference, not of this run.
import type { Run, Series } from "./record.ts";

/** The Go provider 3.1.1 as the project measured it when it was designed (2 vCPU x86-64): not part of a run. */
const goReference = {
  rssAfter5000MiB: 837,
  rssIdleMiB: 29,
  all100Seconds: 14,
  source: "Go 3.1.1, as measured for this project's design",
};
const memoryLimitMiB = 100;

const width = 760;
const height = 380;
const left = 64;
const right = 24;
const top = 64;
const bottom = 56;
const ink = "#6e7781";
const grid = "#8b949e";
const own = "#2f81f7";
const other = "#a371f7";
const reference = "#d9822b";

interface Line {
  readonly name: string;
  readonly color: string;
  readonly points: Series;
  readonly dashed?: true;
  /** Holds each value until the next. */
  readonly stepped?: true;
  /** Where the name goes; the end of the line if absent. */
  readonly label?: { readonly x: number; readonly y: number; readonly anchor?: "start" | "middle" | "end" };
}

interface Chart {
  readonly title: string;
  readonly subtitle: string;
  readonly xName: string;
  readonly yName: string;
  readonly xMax: number;
  readonly yMax: number;
  readonly lines: readonly Line[];
}

/** File name -> SVG of each plot that the run has data for. */
export function plots(run: Run): ReadonlyMap<string, string> {
  const made = new Map<string, string>();
  const memory = run.series["many-mounts / 5,000 mounts"];
  if (memory !== undefined) made.set("memory.svg", draw(memoryChart(run, memory)));
  const rollout = run.series["burst-limited / 100 at once, 50m/100Mi"];
  if (rollout !== undefined) made.set("rollout.svg", draw(rolloutChart(run, rollout)));
  return made;
}

function memoryChart(run: Run, curves: Readonly<Record<string, Series>>): Chart {
  const xMax = Math.max(...Object.values(curves).flatMap((points) => points.map(([x]) => x)));
  const lines = Object.entries(curves).map(([name, points], at): Line => {
    const last = points.at(-1)?.[1] ?? 0;
    const y = at === 0 ? 20 : memoryLimitMiB + 60;
    return {
      name: `${name}: ${last.toFixed(0)} MiB after ${xMax.toLocaleString("en")} mounts`,
      color: at === 0 ? own : other,
      points,
      label: { x: xMax, y, anchor: "end" },
    };
  });
  return {
    title: "Resident memory over 5,000 mounts",
    subtitle: `${when(run)}; 1 secret + 1 parameter per mount, 200 pods of 20 accounts, 4 at a time`,
    xName: "mounts",
    yName: "MiB",
    xMax,
    yMax: 900,
    lines: [
      {
        name: "limit of the DaemonSet: 100 MiB",
        color: ink,
        dashed: true,
        points: [
          [0, memoryLimitMiB],
          [xMax, memoryLimitMiB],
        ],
        label: { x: xMax / 100, y: memoryLimitMiB + 14 },
      },
      {
        name: `${goReference.source}: ${goReference.rssAfter5000MiB} MiB after 5,000`,
        color: reference,
        dashed: true,
        points: [
          [0, goReference.rssAfter5000MiB],
          [xMax, goReference.rssAfter5000MiB],
        ],
        label: { x: xMax / 100, y: goReference.rssAfter5000MiB - 48 },
      },
      ...lines,
    ],
  };
}

function rolloutChart(run: Run, curves: Readonly<Record<string, Series>>): Chart {
  const ends = Object.values(curves).map((points) => points.at(-1)?.[0] ?? 0);
  const yMax = Math.max(...Object.values(curves).map((points) => points.length));
  const xMax = Math.ceil(Math.max(goReference.all100Seconds, ...ends) / 2) * 2;
  const lines = Object.entries(curves).map(([name, points], at): Line => {
    const [endX = 0, endY = 0] = points.at(-1) ?? [];
    return {
      name: `${name}: all ${endY} after ${endX.toFixed(1)} s`,
      color: at === 0 ? own : other,
      points: [[0, 0], ...points],
      stepped: true,
      label: { x: endX, y: yMax * (at === 0 ? 0.3 : 0.2), anchor: endX > xMax / 2 ? "end" : "start" },
    };
  });
  return {
    title: "100 pods at once after a rollout, inside 50m CPU and 100 MiB",
    subtitle: `${when(run)}; provider just started, 10 accounts, 1 secret + 1 parameter each`,
    xName: "seconds",
    yName: "pods mounted",
    xMax,
    yMax,
    lines: [
      {
        name: `${goReference.source}: all 100 after ${goReference.all100Seconds} s`,
        color: reference,
        dashed: true,
        points: [
          [goReference.all100Seconds, 0],
          [goReference.all100Seconds, yMax],
        ],
        label: { x: goReference.all100Seconds - xMax / 100, y: yMax * 0.08, anchor: "end" },
      },
      ...lines,
    ],
  };
}

function when(run: Run): string {
  return run.date.slice(0, 10);
}

function draw({ title, subtitle, xName, yName, xMax, yMax, lines }: Chart): string {
  const x = (value: number): number => round(left + (value / xMax) * (width - left - right));
  const y = (value: number): number => round(height - bottom - (value / yMax) * (height - top - bottom));
  const text = (at: readonly [number, number], words: string, more = ""): string =>
    `<text x="${at[0]}" y="${at[1]}" ${more}>${escape(words)}</text>`;
  const parts = [
    text([left, 24], title, 'font-size="16" font-weight="600"'),
    text([left, 44], subtitle, 'font-size="12"'),
    ...ticks(yMax).flatMap((value) => [
      `<line x1="${left}" x2="${width - right}" y1="${y(value)}" y2="${y(value)}" stroke="${grid}" stroke-opacity="0.25"/>`,
      text([left - 8, y(value) + 4], value.toLocaleString("en"), 'text-anchor="end"'),
    ]),
    ...ticks(xMax).map((value) =>
      text([x(value), height - bottom + 18], value.toLocaleString("en"), 'text-anchor="middle"'),
    ),
    text([width - right, height - bottom + 38], xName, 'text-anchor="end"'),
    text([left - 8, top - 10], yName, 'text-anchor="end"'),
    ...lines.flatMap(({ name, color, points, dashed, stepped, label }) => {
      const path = points
        .map(
          ([px, py], at) =>
            `${at === 0 ? "M" : stepped === true ? `H${x(px)}V` : "L"}${at > 0 && stepped === true ? y(py) : `${x(px)} ${y(py)}`}`,
        )
        .join("");
      const dash = dashed === true ? ' stroke-dasharray="6 5"' : "";
      const place = label ?? { x: points.at(-1)?.[0] ?? 0, y: points.at(-1)?.[1] ?? 0 };
      const anchor = `fill="${color}" text-anchor="${place.anchor ?? "start"}" font-weight="600"`;
      return [
        `<path d="${path}" fill="none" stroke="${color}" stroke-width="2"${dash}/>`,
        text([x(place.x), y(place.y)], name, anchor),
      ];
    }),
  ];
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" role="img" aria-label="${escape(title)}" font-family="system-ui, sans-serif" font-size="12" fill="${ink}">
${parts.join("\n")}
</svg>
`;
}

/** Five or so round numbers from 0 to the end. */
function ticks(max: number): number[] {
  const rough = max / 5;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = ([1, 2, 5, 10].find((factor) => factor * power >= rough) ?? 10) * power;
  return Array.from({ length: Math.floor(max / step) + 1 }, (_, n) => round(n * step));
}

function round(value: number): number {
  return Number(value.toFixed(2));
}

function escape(words: string): string {
  return words.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll('"', "&quot;");
}
