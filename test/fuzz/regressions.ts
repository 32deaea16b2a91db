// What fuzzing found, smallest form first found, and inputs that broke this or another program of the kind: each is replayed at every run.
// One entry: the target's name, the input as its generator would give it, and what went wrong.
import { marker } from "./arbitraries.ts";

export interface Regression {
  readonly target: string;
  readonly what: string;
  readonly input: unknown;
}

const answer = (body: unknown, status = 200): object => ({
  status,
  type: "application/json",
  body: JSON.stringify(body),
});
const objects = (text: string, pathTranslation = ""): object => ({ text, pathTranslation, failoverRegion: "" });
const mebibyte = 1 << 20;
const bomb = Array.from(
  { length: 30 },
  (_, level) => `- &a${level} [${level === 0 ? "x" : `*a${level - 1},`.repeat(9)}]\n`,
).join("");

export const regressions: readonly Regression[] = [
  {
    target: "Secrets Manager's and SSM's answers",
    what: "a message that is a number was a TypeError",
    input: { ...answer({ message: -1.5 }, 500), store: "secretsmanager" },
  },
  {
    target: "Secrets Manager's and SSM's answers",
    what: "a VersionId that is a number was passed on",
    input: { ...answer({ VersionId: 1e308 }), store: "secretsmanager" },
  },
  {
    target: "Secrets Manager's and SSM's answers",
    what: "a SecretString that is an object was mounted as [object Object]",
    input: { ...answer({ SecretString: {}, VersionId: "v" }), store: "secretsmanager" },
  },
  {
    target: "Secrets Manager's and SSM's answers",
    what: "a Selector with a toString of its own was a TypeError",
    input: { ...answer({ Parameters: [{ Name: marker, Selector: { toString: marker } }] }), store: "ssmparameter" },
  },
  {
    target: "STS's answers",
    what: "an empty answer ends the Go provider (parity 12.1 row 1)",
    input: { status: 200, type: "text/xml", body: "" },
  },
  { target: "Kubernetes API's answers", what: "an answer that is null", input: answer(null) },
  { target: "names in Kubernetes paths", what: "encoded dots", input: ["%2e%2e", "../../secrets/x"] },
  { target: "names in Kubernetes paths", what: "a lone surrogate can't be encoded", input: ["n", "\ud800"] },
  { target: "regions", what: "another host behind a user name", input: "x@evil.example/" },
  { target: "objects (YAML)", what: "an alias bomb", input: objects(bomb) },
  { target: "objects (YAML)", what: "an alias inside itself", input: objects("- &a [*a]") },
  { target: "objects (YAML)", what: "merges of oneself", input: objects("- &a\n  <<: *a") },
  { target: "objects (YAML)", what: "a megabyte of brackets", input: objects("[".repeat(mebibyte)) },
  { target: "objects (YAML)", what: "a megabyte of braces", input: objects("- {".repeat(mebibyte / 3)) },
  { target: "objects (YAML)", what: "a tag with a broken escape", input: objects("- !a%2 b") },
  {
    target: "objects (YAML)",
    what: "a slash as the translation's character",
    input: objects('- {"objectName": "/../../etc/x", "objectType": "ssmparameter"}', "/"),
  },
  {
    target: "objects (YAML)",
    what: "a full stop as the translation's character",
    input: objects('- {"objectName": "//", "objectType": "ssmparameter"}', "."),
  },
  {
    target: "objects (YAML)",
    what: "__proto__ as a field",
    input: objects('- {"__proto__": {"objectName": "x"}, "objectName": "a", "objectType": "ssmparameter"}'),
  },
  { target: "JSON", what: "a megabyte of brackets", input: Buffer.from("[".repeat(mebibyte)) },
  { target: "JSON", what: "a megabyte of objects", input: Buffer.from('{"a":'.repeat(mebibyte / 5)) },
  { target: "jmesPath over JSON", what: "a megabyte of brackets", input: { path: "[".repeat(mebibyte), value: "{}" } },
  { target: "jmesPath over JSON", what: "an inherited member", input: { path: "constructor.name", value: "{}" } },
  { target: "jmesPath over JSON", what: "a value that is no JSON", input: { path: "a", value: `{"a": ${marker}` } },
  {
    target: "jmesPath over JSON",
    what: "a call of the current node ends the Go provider (parity 12.1 row 1)",
    input: { path: "@()", value: "{}" },
  },
  { target: "file names and translation", what: "a lone surrogate", input: { names: ["\ud800", ""], translation: "" } },
  { target: "tokens and claims", what: "claims that are null", input: ["null", "e30.bnVsbA.x"] },
];
