// Two plots of a run as SVG, without a library: memory over 5,000 mounts, and when the pods of a rollout had their mounts.
// Colours that hold on a light and on a dark page; no background, no script. The Go provider's figures are lines from GoReference, not of this run.
import type { Run, Series } from "./record.ts";

/** The Go provider 3.1.1 as the project measured it when it was designed (2 vCPU x86-64): not part of a run. */
const goReference = {
  rssAfter5000MiB: 837,
  all100Seconds: 14,
  source: "Go 3.1.1, as measured for this project's design",
};
const memoryLimitMiB = 100;

const width = 760;
const plotHeight = 260;
const left = 64;
const right = 28;
const head = 62;
const legendRow = 19;
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
  const lines = Object.entries(curves).map(([name, points], at, all): Line => {
    const last = points.at(-1)?.[1] ?? 0;
    return {
      name: `${name}: ${last.toFixed(0)} MiB after ${xMax.toLocaleString("en")} mounts`,
      color: at === all.length - 1 ? own : other, // the one to compare with comes first
      points,
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
      ...lines,
      {
        name: "limit of the DaemonSet: 100 MiB",
        color: ink,
        dashed: true,
        points: [
          [0, memoryLimitMiB],
          [xMax, memoryLimitMiB],
        ],
      },
      {
        name: `${goReference.source}: ${goReference.rssAfter5000MiB} MiB after 5,000`,
        color: reference,
        dashed: true,
        points: [
          [0, goReference.rssAfter5000MiB],
          [xMax, goReference.rssAfter5000MiB],
        ],
      },
    ],
  };
}

function rolloutChart(run: Run, curves: Readonly<Record<string, Series>>): Chart {
  const ends = Object.values(curves).map((points) => points.at(-1)?.[0] ?? 0);
  const yMax = Math.max(...Object.values(curves).map((points) => points.length));
  const xMax = Math.ceil(Math.max(goReference.all100Seconds, ...ends) / 2) * 2;
  const lines = Object.entries(curves).map(([name, points], at, all): Line => {
    const [endX = 0, endY = 0] = points.at(-1) ?? [];
    return {
      name: `${name}: all ${endY} after ${endX.toFixed(1)} s`,
      color: at === all.length - 1 ? own : other, // the one to compare with comes first
      points: [[0, 0], ...points],
      stepped: true,
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
      ...lines,
      {
        name: `${goReference.source}: all 100 after ${goReference.all100Seconds} s`,
        color: reference,
        dashed: true,
        points: [
          [goReference.all100Seconds, 0],
          [goReference.all100Seconds, yMax],
        ],
      },
    ],
  };
}

function when(run: Run): string {
  return run.date.slice(0, 10);
}

function draw({ title, subtitle, xName, yName, xMax, yMax, lines }: Chart): string {
  const top = head + lines.length * legendRow + 24;
  const floor = top + plotHeight;
  const height = floor + bottom;
  const x = (value: number): number => round(left + (value / xMax) * (width - left - right));
  const y = (value: number): number => round(floor - (value / yMax) * plotHeight);
  const text = (at: readonly [number, number], words: string, more = ""): string =>
    `<text x="${at[0]}" y="${at[1]}" ${more}>${escape(words)}</text>`;
  const stroke = ({ color, dashed }: Line): string =>
    `fill="none" stroke="${color}" stroke-width="2"${dashed === true ? ' stroke-dasharray="6 5"' : ""}`;
  const parts = [
    text([left, 26], title, 'font-size="16" font-weight="600"'),
    text([left, 45], subtitle),
    ...lines.flatMap((line, at) => {
      const middle = head + at * legendRow + 4;
      return [
        `<path d="M${left} ${middle}h28" ${stroke(line)}/>`,
        text([left + 36, middle + 4], line.name, `fill="${line.color}" font-weight="600"`),
      ];
    }),
    ...ticks(yMax).flatMap((value) => [
      `<path d="M${left} ${y(value)}H${width - right}" stroke="${grid}" stroke-opacity="0.25"/>`,
      text([left - 8, y(value) + 4], value.toLocaleString("en"), 'text-anchor="end"'),
    ]),
    ...ticks(xMax).map((value) => text([x(value), floor + 18], value.toLocaleString("en"), 'text-anchor="middle"')),
    text([width - right, floor + 38], xName, 'text-anchor="end"'),
    text([left, top - 10], yName),
    ...lines.map((line) => `<path d="${pathOf(line, x, y)}" ${stroke(line)}/>`),
  ];
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" role="img" aria-label="${escape(title)}" font-family="system-ui, sans-serif" font-size="12" fill="${ink}">
${parts.join("\n")}
</svg>
`;
}

function pathOf({ points, stepped }: Line, x: (value: number) => number, y: (value: number) => number): string {
  return points
    .map(([px, py], at) => {
      if (at === 0) return `M${x(px)} ${y(py)}`;
      return stepped === true ? `H${x(px)}V${y(py)}` : `L${x(px)} ${y(py)}`;
    })
    .join("");
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
