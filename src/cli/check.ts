// `check FILE...`: what a mount would refuse of the SecretProviderClasses in some files, and what it would accept although it is dangerous. Offline.
import { boolFlag, choiceFlag, stringFlag } from "../config/go-flag.ts";
import { product } from "../version.ts";
import { InputError, readInput } from "./check/input.ts";
import { githubReport, jsonReport } from "./check/report-machine.ts";
import { sarifReport } from "./check/report-sarif.ts";
import { textReport } from "./check/report-text.ts";
import { runCheck } from "./check/run.ts";
import { countOf } from "./check/summary.ts";
import type { Checked } from "./check/summary.ts";
import { helpText, readCommandLine } from "./options.ts";
import type { Surroundings } from "./surroundings.ts";

const options = {
  output: choiceFlag(
    ["text", "json", "sarif", "github"],
    "text",
    "How findings are written: text, json, sarif or github.",
  ),
  strict: boolFlag(false, "Exit code 1 for warnings too."),
  rotation: choiceFlag(
    ["unknown", "on", "off"],
    "unknown",
    "Whether the driver's rotation is on; off warns of objects without a version.",
  ),
  region: stringFlag("", "Region that mounts use where a class gives none."),
};

const reports: Readonly<Record<"text" | "json" | "sarif" | "github", (checked: Checked, colour: boolean) => string>> = {
  text: textReport,
  json: jsonReport,
  sarif: sarifReport,
  github: githubReport,
};

const help = {
  synopsis: "check [OPTION]... FILE...",
  about: `Checks the SecretProviderClasses of provider aws in files, directories (*.yaml, *.yml, *.json) or
standard input (-), as a mount would, without AWS and without a cluster.

Exit code 0: nothing wrong. 1: errors (with --strict warnings too). 2: wrong use, nothing to check.`,
  options,
};

/** Runs the sub-command. @returns its exit code */
export async function check(args: readonly string[], around: Surroundings): Promise<number> {
  const line = readCommandLine(options, args);
  if (line.kind === "help") {
    around.print(helpText(product.name, help));
    return 0;
  }
  const misuse = (why: string): number => {
    around.complain(`check: ${why}\nTry: ${product.name} check --help\n`);
    return 2;
  };
  if (line.kind === "misuse") return misuse(line.why);
  const { values, words } = line;
  if (words.length === 0) return misuse("name a file, a directory or -");
  try {
    const run = runCheck(readInput(words), values);
    if (run.classes === 0 && run.findings.length === 0) return misuse("no SecretProviderClass of provider aws found");
    around.print(reports[values.output](run, around.colour));
    return countOf(run, "error") > 0 || (values.strict && countOf(run, "warning") > 0) ? 1 : 0;
  } catch (error) {
    if (error instanceof InputError) return misuse(error.message);
    throw error;
  }
}
