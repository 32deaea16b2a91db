// Reads the SecretProviderClasses that the demo is to mount. What it can't mount is told before anything is built or started: in one line where there is
// no class of provider aws, else as `check` tells it, with what to do.
import { readFileSync } from "node:fs";
import type { Finding } from "../src/cli/check/finding.ts";
import { textReport } from "../src/cli/check/report-text.ts";
import { runCheck } from "../src/cli/check/check-files.ts";

export interface DemoClass {
  readonly metadata: { readonly name: string; readonly namespace?: string };
  readonly spec: { readonly parameters: Readonly<Record<string, string>> };
  /** Its own, else that of its ARNs; empty = it names none. */
  readonly region: string;
}

export interface DemoFile {
  /** What it wants of the provider: `# flags: ...`. */
  readonly flags: readonly string[];
  readonly classes: readonly [DemoClass, ...DemoClass[]];
}

/** Reads one file. @throws Error with one line that begins with the file's name, or with the findings of `check` */
export function readDemoFile(file: string): DemoFile {
  const fault = (why: string): Error => new Error(`${file}: ${why}`);
  const text = readText(file, fault);
  const [first, ...rest] = documents(text, fault)
    .filter((item) => isTable(item) && item["kind"] === "SecretProviderClass")
    .map((item) => classOf(item as Table, fault));
  const { findings, ...run } = runCheck([{ name: file, text }], { region: "", rotation: "unknown" });
  const isOfClass = ({ severity, subject }: Finding): boolean =>
    severity === "error" && (subject === "" || subject.startsWith("SecretProviderClass"));
  if (findings.some(isOfClass)) throw new Error(textReport({ ...run, findings }, false).trimEnd());
  if (first === undefined) throw fault("no SecretProviderClass is in it");
  const line = /^# flags: (.*)$/m.exec(text)?.[1] ?? "";
  const known = ({ metadata: { name, namespace = "" }, spec }: Written): DemoClass => {
    const checked = run.checkedClasses.find(
      ({ resource }) => resource.name === name && resource.namespace === namespace,
    );
    return { metadata: { name, ...(namespace === "" ? {} : { namespace }) }, spec, region: checked?.region ?? "" };
  };
  return { classes: [known(first), ...rest.map(known)], flags: line.split(" ").filter((flag) => flag !== "") };
}

/** The account of the first ARN of an object: the fake account has to be that one, since each denies what is another's; undefined = none is named. */
export function accountOf(classes: readonly DemoClass[]): string | undefined {
  const arn = /\barn:aws[\w-]{0,20}:(?:secretsmanager|ssm):[\w-]{0,40}:(\d{12}):/;
  return classes
    .map(({ spec }) => arn.exec(spec.parameters["objects"] ?? "")?.[1])
    .find((account) => account !== undefined);
}

type Written = Omit<DemoClass, "region">;
type Table = Readonly<Record<string, unknown>>;
type Fault = (why: string) => Error;
const isTable = (value: unknown): value is Table =>
  typeof value === "object" && value !== null && !Array.isArray(value);

function readText(file: string, fault: Fault): string {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : "unknown error";
    throw fault(code === "EISDIR" ? "is a directory: name its files" : `can't be read: ${code}`);
  }
}

function documents(text: string, fault: Fault): readonly unknown[] {
  try {
    return [Bun.YAML.parse(text)].flat();
  } catch (error) {
    throw fault(`is no YAML: ${error instanceof Error ? error.message.split("\n")[0] : "unknown error"}`);
  }
}

function classOf({ metadata, spec }: Table, fault: Fault): Written {
  if (!isTable(metadata) || typeof metadata["name"] !== "string" || metadata["name"] === "")
    throw fault("a SecretProviderClass has no metadata.name");
  const { name, namespace } = metadata;
  const wrong = (why: string): Error => fault(`SecretProviderClass ${name}: ${why}`);
  if (!isTable(spec)) throw wrong("no spec");
  if (spec["provider"] !== "aws")
    throw wrong(`provider ${JSON.stringify(spec["provider"])}: the demo mounts those of aws`);
  const { parameters } = spec;
  if (!isTable(parameters)) throw wrong("no spec.parameters");
  return {
    metadata: { name, ...(typeof namespace === "string" ? { namespace } : {}) },
    spec: { parameters: parameters as Record<string, string> }, // text alone, or `check` has an error
  };
}
