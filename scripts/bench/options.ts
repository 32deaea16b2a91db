// The command line of the benchmark.
import { parseArgs } from "node:util";

export const usage = `usage: bun run bench [option ...]
  --only NAME,NAME   these scenarios alone (--list names them)
  --list             list the scenarios and end
  --quick            little of everything: shows that it runs, measures nothing
  --rounds N         rounds of each scenario (default 3; long scenarios take fewer)
  --out FILE         write the run as JSON; plots lie beside it as SVG
  --compare FILE     show a saved run (JSON) beside this one, with ratios
  --vs PATH          measure a second binary too, interleaved in the same rounds
  --plot FILE        measure nothing: draw the plots of a saved run again
The binary is built first; PROVIDER_BINARY=PATH measures that one as it is.`;

export interface Options {
  readonly only: readonly string[];
  readonly list: boolean;
  readonly quick: boolean;
  readonly rounds: number;
  readonly out: string | undefined;
  readonly compare: string | undefined;
  readonly vs: string | undefined;
  readonly plot: string | undefined;
}

/** Reads the command line. @throws Error with words for the user */
export function readOptions(argv: readonly string[]): Options {
  const { values } = parseArgs({
    args: [...argv],
    allowPositionals: false,
    options: {
      only: { type: "string", default: "" },
      list: { type: "boolean", default: false },
      quick: { type: "boolean", default: false },
      rounds: { type: "string" },
      out: { type: "string" },
      compare: { type: "string" },
      vs: { type: "string" },
      plot: { type: "string" },
    },
  });
  const rounds = Number(values.rounds ?? (values.quick ? 1 : 3));
  if (!Number.isInteger(rounds) || rounds < 1) throw new Error(`--rounds: ${values.rounds} is no number of rounds`);
  return {
    only: values.only.split(",").filter((name) => name !== ""),
    list: values.list,
    quick: values.quick,
    rounds,
    out: values.out,
    compare: values.compare,
    vs: values.vs,
    plot: values.plot,
  };
}
