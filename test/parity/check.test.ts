// Every text of yaml.json and objects-yaml.json as the `objects` of a class: `check` has an error if, and only if, a mount would refuse it, and says
// the mount's own text.
import { describe, expect, test } from "bun:test";
import { ruleTable } from "../../src/cli/check/rules.ts";
import { runCheck } from "../../src/cli/check/check-files.ts";
import { ProviderError } from "../../src/errors.ts";
import { parseObjects } from "../../src/request/objects.ts";
import { parseYaml } from "../../src/go/yaml.ts";
import objectsData from "./objects-yaml.json";
import yamlData from "./yaml.json";
import { finish } from "../../src/work.ts";

const region = "eu-west-1";
const inputs = [...new Set([...yamlData.cases, ...objectsData.cases].map(({ input }) => input))];

/** A class with this text, in double quotes; undefined when no manifest can hold it (control characters). */
function manifestOf(objects: string): string | undefined {
  const quoted = JSON.stringify(objects).replace(
    /[\x7F-\uFFFF]/g,
    (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
  const text = `{apiVersion: secrets-store.csi.x-k8s.io/v1, kind: SecretProviderClass, spec: {provider: aws, parameters: {region: ${region}, objects: ${quoted}}}}`;
  try {
    const written = JSON.stringify(parseYaml(`[${quoted}]`));
    return written === JSON.stringify([objects]) ? text : undefined;
  } catch {
    return undefined; // surrogates by number
  }
}

function faultOf(objects: string): string | undefined {
  try {
    finish(parseObjects(objects, { region, failoverRegion: "", pathTranslation: "" }));
    return undefined;
  } catch (error) {
    if (error instanceof ProviderError) return error.message;
    throw error;
  }
}

const written = inputs.flatMap((input) => {
  const text = manifestOf(input);
  return text === undefined ? [] : [[JSON.stringify(input).slice(0, 80), input, text] as const];
});

test("nearly all of them can stand in a manifest, and both verdicts are among them", () => {
  expect(written.length).toBeGreaterThan(inputs.length * 0.95);
  expect(new Set(written.map(([, input]) => faultOf(input) === undefined)).size).toBe(2);
});

describe("the verdict of check is the mount's", () => {
  test.each(written)("%s", (_name, input, text) => {
    const { findings, classes } = runCheck([{ name: "f", text }], { region: "", rotation: "off" });
    expect(classes).toBe(1);
    const refused = findings.filter(({ rule }) => ruleTable[rule].group === "mount").map(({ message }) => message);
    const fault = faultOf(input);
    expect(refused.length > 0).toBe(fault !== undefined);
    if (fault !== undefined) expect(refused).toContain(fault);
  });
});
