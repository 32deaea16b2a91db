// `check FILE...`: what a mount would refuse of the SecretProviderClasses in some files, and what it would accept although it is dangerous; the rights
// and the calls that they need. Offline.
import { product } from "../version.ts";
import { answer, asksForAnswer } from "./check/answers.ts";
import { InputError, readInput } from "./check/input.ts";
import { options } from "./check/check-options.ts";
import { githubReport, jsonReport } from "./check/report-machine.ts";
import { sarifReport } from "./check/report-sarif.ts";
import { textReport } from "./check/report-text.ts";
import { PolicyError } from "./check/resources.ts";
import { runCheck } from "./check/check-files.ts";
import { quiet } from "./check/safe-text.ts";
import type { Checked } from "./check/summary.ts";
import { helpText, readCommandLine } from "./command-line.ts";
import type { CommandIo } from "./command-io.ts";

const reports: Readonly<Record<"text" | "json" | "sarif" | "github", (checked: Checked, colour: boolean) => string>> = {
  text: textReport,
  json: jsonReport,
  sarif: sarifReport,
  github: githubReport,
};

const help = {
  synopsis: "check [OPTION]... FILE...",
  about: `Checks the SecretProviderClasses of provider aws in files, directories (*.yaml, *.yml, *.json) or
standard input (-), as a mount would, without AWS and without a cluster. Pods and service accounts
beside them are compared with what they name.

Exit code 0: nothing wrong. 1: errors (with --strict warnings too). 2: wrong use, nothing to check.
74: the result could not be written.`,
  options,
};

/** Runs the sub-command. @returns its exit code */
export function check(args: readonly string[], around: CommandIo): Promise<number> {
  const line = readCommandLine(options, args);
  if (line.kind === "help") {
    around.print(helpText(product.name, help));
    return Promise.resolve(0);
  }
  const misuse = (why: string): number => {
    around.complain(`check: ${quiet(why)}\nTry: ${product.name} check --help\n`);
    return 2;
  };
  if (line.kind === "misuse") return Promise.resolve(misuse(line.why));
  const { values, words } = line;
  if (words.length === 0) return Promise.resolve(misuse("name a file, a directory or -"));
  try {
    const run = runCheck(readInput(words), values);
    if (run.classes === 0 && run.findings.length === 0)
      return Promise.resolve(misuse("no SecretProviderClass of provider aws found"));
    const failed = run.counts.error > 0 || (values.strict && run.counts.warning > 0);
    if (!asksForAnswer(values)) around.print(reports[values.output](run, around.colour));
    else if (failed) around.complain(textReport(run, false));
    else {
      const { text, notes } = answer(run, values);
      around.print(text);
      for (const note of notes) around.complain(`${note}\n`);
    }
    return Promise.resolve(failed ? 1 : 0);
  } catch (error) {
    if (error instanceof InputError || error instanceof PolicyError) return Promise.resolve(misuse(error.message));
    throw error;
  }
}
