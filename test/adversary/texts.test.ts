// What classes, values and services write into events and logs: no character that moves a cursor or hides what is written. And the socket's mode.
import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { statSync } from "node:fs";
import { secret, startBinary } from "../binary-lab.ts";
import { startWorld } from "../fakes/world.ts";
import { startAttackLab } from "./attack.ts";
import type { Attack } from "./attack.ts";
import { expectUnharmed } from "./unharmed.ts";

setDefaultTimeout(400_000);

const odd = [
  "\u0007",
  "\u001b[2J",
  "\u007f",
  "\u009b31m",
  "\u200b",
  "\u200f",
  "\u202e",
  "\u2066",
  "\ufeff",
  "\r\n",
  "\u0085",
].join("x");
const unprintable = /[\p{Cc}\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]/u;
const words = `broken ${odd} for now`;
const refusal = { kind: "answer", status: 400, code: `Odd${odd}Exception`, message: words } as const;
const objects = [secret("odd")];
/** YAML takes such characters as escapes alone. */
const escaped = (text: string): string =>
  text.replace(/[^\n -~]/g, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`);
const yaml = (list: readonly object[]): string => escaped(JSON.stringify(list));

const mountedWithWarnings = "keys of two values";

const attacks: Readonly<Record<string, Attack>> = {
  "a name that is not there": { mounts: [{ objects: yaml([secret(`odd/${odd}`)]) }] },
  "a type": { mounts: [{ objects: yaml([{ objectName: "odd", objectType: odd }]) }] },
  "an alias, twice": {
    mounts: [{ objects: yaml([secret("a", { objectAlias: odd }), secret("b", { objectAlias: odd })]) }],
  },
  "a permission": { mounts: [{ objects: yaml([secret("odd", { filePermission: odd })]) }] },
  "a region": { mounts: [{ objects, parameters: { region: odd } }] },
  "a switch": { mounts: [{ objects, parameters: { usePodIdentity: odd } }] },
  YAML: { mounts: [{ objects: `- ${odd}: [` }] },
  "keys of a value": {
    steps: [{ do: "secret", name: "odd", value: JSON.stringify({ [`../${odd}`]: "v" }) }],
    mounts: [{ objects: yaml([secret("odd", { expandKeys: "true" })]), parameters: { pathTranslation: "False" } }],
  },
  [mountedWithWarnings]: {
    steps: ["a", "b"].map((name) => ({ do: "secret", name, value: JSON.stringify({ [odd]: "v" }) })),
    mounts: [{ objects: yaml(["a", "b"].map((name) => secret(name, { expandKeys: "true" }))) }],
  },
  "what Secrets Manager says": {
    steps: [{ do: "fault", match: { service: "secrets-manager", role: "evil" }, action: refusal }],
    mounts: [{ objects }],
  },
  "what STS says": {
    steps: [{ do: "fault", match: { service: "sts", id: "*:role/evil" }, action: refusal }],
    mounts: [{ objects }],
  },
  "what the agent says": {
    steps: [{ do: "fault", match: { service: "pod-identity", id: "evil/*" }, action: refusal }],
    mounts: [{ objects, parameters: { usePodIdentity: "true" } }],
  },
  "what Kubernetes says": {
    steps: [{ do: "fault", match: { service: "kubernetes", id: "evil/*" }, action: { ...refusal, status: 403 } }],
    mounts: [{ objects }],
  },
};

describe.each(["text", "json"])("events and logs as %s hold no control and no format characters of", (format) => {
  test("classes, values and services", async () => {
    await using lab = await startAttackLab({ args: [`--log-format=${format}`, "--qps=-1"] });
    for (const [pod, [name, { mounts, ...attack }]] of Object.entries(attacks).entries()) {
      const report = await lab.run({ ...attack, mounts: mounts.map((mount) => ({ ...mount, pod })) });
      const [outcome = ""] = report.outcomes;
      console.log(`${name}, ${format}: ${JSON.stringify(outcome.slice(0, 300))}`);
      expect(outcome === "ok", name).toBe(name === mountedWithWarnings);
      expect(outcome, name).not.toMatch(unprintable);
      expect(report.log.unprintable, name).toBe(0);
      expectUnharmed(report);
    }
  });
});

test("the socket is its owner's alone, whatever the umask", async () => {
  await using world = await startWorld();
  const runner = ["/bin/sh", "-c", 'umask 0; exec "$@"', "sh"];
  await using provider = await startBinary({ args: world.args, env: world.env, runner });
  expect(statSync(provider.socket).mode & 0o777).toBe(0o600);
});
