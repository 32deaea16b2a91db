// Fuzz targets for `check`: its verdict is the server's, and no file makes it fail.
import * as fc from "fast-check";
import { runCheck } from "../../src/cli/check/check-files.ts";
import type { Run } from "../../src/cli/check/check-files.ts";
import { githubReport, jsonReport } from "../../src/cli/check/report-machine.ts";
import { sarifReport } from "../../src/cli/check/report-sarif.ts";
import { textReport } from "../../src/cli/check/report-text.ts";
import { ruleTable } from "../../src/cli/check/rules.ts";
import { ProviderError } from "../../src/errors.ts";
import { parseObjects } from "../../src/request/objects.ts";
import { parts, pieces, spoiled } from "./arbitraries.ts";
import { objectTexts } from "./objects.ts";
import { assert, refusedBy, target } from "./target.ts";
import { finish } from "../../src/work.ts";

const region = "eu-west-1";

function checkText(text: string): Run {
  const run = runCheck([{ name: "f.yaml", text }], { region, rotation: "off" });
  const lines = text.split("\n");
  for (const { line, column, rule, message } of run.findings) {
    const end = (lines[line - 1] ?? "").length + 2; // a text may end in a line break: the place after it is one
    assert(line >= 1 && line <= lines.length + 1 && column >= 1, `a finding is inside the file: ${rule} at ${line}`);
    assert(column <= end, `a finding is inside its line: ${rule} at ${line}:${column} of ${end}`);
    assert(message !== "", "a finding says something");
  }
  assert(!/[\0-\x09\x0B-\x1F\x7F]/.test(textReport(run, false)), "a report moves no cursor");
  assert(githubReport(run).trimEnd().split("\n").length === run.findings.length + 1, "a finding is one line");
  JSON.parse(jsonReport(run));
  JSON.parse(sarifReport(run));
  return run;
}

const manifestParts: readonly string[] = parts(
  "apiVersion: ¦secrets-store.csi.x-k8s.io/v1\n¦v1\n¦kind: ¦SecretProviderClass\n¦Pod\n¦List\n¦items:\n¦- ¦spec:\n¦  ¦provider: aws\n",
  'parameters:\n¦    objects: |\n¦    objects: >-\n¦    objects: "¦- objectName: a\n¦objectType: ssm\n¦---\n¦...¦{¦}¦[¦]¦&a ¦*a¦<<: *a\n¦\'¦"¦#¦\\n¦\\u0041',
  "secretObjects:\n¦data:\n¦volumes:\n¦csi: {driver: secrets-store.csi.k8s.io}\n¦\n¦\r\n¦\t¦\0¦é¦😀¦\ufeff¦\u0085¦~¦: ¦? ",
);

const whole = `apiVersion: secrets-store.csi.x-k8s.io/v1
kind: SecretProviderClass
metadata: {name: a}
spec:
  provider: aws
  parameters:
    objects: |
      - objectName: a
        objectType: ssm
        jmesPath: [{path: a-b, objectAlias: y}]
  secretObjects:
    - secretName: s
      data: [{key: k, objectName: a}]
`;

export const checkTargets = [
  target({
    name: "check says what a mount would",
    inputs: fc.record({
      text: objectTexts,
      pathTranslation: fc.constantFrom("", "False", "_", ".", "/", "-", "ab"),
      failoverRegion: fc.constantFrom("", "us-east-1"),
    }),
    check: ({ text, pathTranslation, failoverRegion }) => {
      if (!isWritable(text)) return; // no manifest can hold it
      const parameters = { objects: text, region, failoverRegion, pathTranslation };
      const written = Object.entries(parameters).map(([key, value]) => `    ${key}: ${quote(value)}\n`);
      const manifest = `apiVersion: secrets-store.csi.x-k8s.io/v1\nkind: SecretProviderClass\nspec:\n  provider: aws\n  parameters:\n${written.join("")}`;
      const run = checkText(manifest);
      assert(run.classes === 1, "the class is found");
      let fault: ProviderError | undefined;
      refusedBy(
        () => finish(parseObjects(text, parameters)),
        [ProviderError],
        (error) => (fault = error),
      );
      const refused = run.findings.filter(({ rule }) => ruleTable[rule].group === "mount");
      assert((fault !== undefined) === refused.length > 0, `the verdicts are one: ${fault?.message ?? "fine"}`);
      assert(
        fault === undefined || refused.some(({ message }) => message === fault?.message),
        `the fault of a mount is among the findings: ${fault?.message}`,
      );
    },
  }),
  target({
    name: "check of any file",
    inputs: fc.oneof(pieces(manifestParts, 40), spoiled(fc.constant(whole))),
    check: (text) => void checkText(text),
  }),
];

/** Without lone surrogates and controls, which neither YAML nor the API server take. */
function isWritable(text: string): boolean {
  return text.isWellFormed() && !/[\0-\x08\x0B\x0C\x0E-\x1F\x7F-\x9F\uFEFF\uFFFE\uFFFF]|\p{Cn}/u.test(text);
}

/** A double-quoted scalar of one line. */
function quote(text: string): string {
  return JSON.stringify(text).replace(/[\u2028\u2029]/g, (c) => `\\u${c.charCodeAt(0).toString(16)}`);
}
