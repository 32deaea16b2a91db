// Findings as SARIF 2.1.0 (OASIS), for code scanning. https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html
import { isAbsolute } from "node:path";
import { pathToFileURL } from "node:url";
import { product } from "../../version.ts";
import { visibleJson } from "../../text/visible.ts";
import type { Finding } from "./finding.ts";
import { ruleTable } from "./rules.ts";
import type { RuleId, Severity } from "./rules.ts";
import type { Checked } from "./summary.ts";

const levels: Readonly<Record<Severity, string>> = { error: "error", warning: "warning", info: "note" };
const home = "https://github.com/seed-a58a391a/secrets-store-csi-driver-provider-aws";

/** One run with all rules, those that found nothing too. */
export function sarifReport({ findings }: Checked): string {
  const ids = Object.keys(ruleTable) as RuleId[];
  const rules = ids.map((id) => ({
    id,
    shortDescription: { text: ruleTable[id].summary },
    helpUri: `${home}#check-your-classes`,
    defaultConfiguration: { level: levels[ruleTable[id].severity] },
  }));
  const driver = { name: product.name, semanticVersion: product.version, informationUri: home, rules };
  const results = findings.map((finding) => ({
    ruleId: finding.rule,
    ruleIndex: ids.indexOf(finding.rule),
    level: levels[finding.severity],
    message: { text: textOf(finding) },
    locations: [
      {
        physicalLocation: {
          artifactLocation: { uri: uriOf(finding.file) },
          region: { startLine: finding.line, startColumn: finding.column },
        },
        ...(finding.subject === ""
          ? undefined
          : { logicalLocations: [{ fullyQualifiedName: finding.subject.toWellFormed(), kind: "resource" }] }),
      },
    ],
  }));
  const run = { tool: { driver }, columnKind: "utf16CodeUnits", results };
  const schema = "https://json.schemastore.org/sarif-2.1.0.json";
  return `${visibleJson(JSON.stringify({ $schema: schema, version: "2.1.0", runs: [run] }, null, 2))}\n`;
}

function textOf({ message, fix }: Finding): string {
  return (fix === "" ? message : `${message}. ${fix}`).toWellFormed();
}

/** A relative path stays relative: code scanning resolves it against the repository. */
function uriOf(file: string): string {
  if (file === "-") return "stdin";
  if (isAbsolute(file)) return pathToFileURL(file).href;
  return file.toWellFormed().split("/").map(encodeURIComponent).join("/");
}
