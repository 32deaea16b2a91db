// The log lines of a mount: one summary at its end with what it cost and why it failed, and one id on every line that is about it.
import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { secret } from "./binary-lab.ts";
import { startLab } from "./inprocess.ts";
import type { Lab, LabOptions } from "./inprocess.ts";

setDefaultTimeout(60_000);

interface Line {
  readonly text: string;
  readonly fields: Readonly<Record<string, string>>;
}

/** The lines so far, text and fields apart. */
function linesOf(lab: Lab): Line[] {
  return lab
    .logged()
    .trimEnd()
    .split("\n")
    .map((line) => {
      const [, rest = ""] = /\] (.*)$/.exec(line) ?? [];
      const fields = [...rest.matchAll(/ (\w+)="((?:[^"\\]|\\.)*)"/g)].map(([, name = "", value = ""]) => [
        name,
        value,
      ]);
      return { text: rest.replace(/( \w+="(?:[^"\\]|\\.)*")+$/, ""), fields: Object.fromEntries(fields) };
    });
}

async function startWithSecrets(options: LabOptions = {}): Promise<Lab> {
  const lab = await startLab(options);
  for (const region of ["eu-west-1", "us-west-2"])
    for (const name of ["a", "b"]) lab.world.cloud.putSecret(region, name, "v");
  return lab;
}

const summaryOf = (lab: Lab): Line[] =>
  linesOf(lab).filter(({ fields }) => "outcome" in fields && "durationMs" in fields && "awsCalls" in fields);
const objects = [secret("a"), secret("b")];
const stepsOf = ({ fields }: Line): string[] =>
  Object.keys(fields).filter((name) => /^(wait|locate|identify|fetch|deliver)Ms$/.test(name));

describe("the summary", () => {
  test("of a first mount: who, by what method, where, how much, how long in each step", async () => {
    await using lab = await startWithSecrets();
    await lab.run({ objects });
    const [line, ...more] = summaryOf(lab);
    expect(more).toEqual([]);
    expect(line?.text).toBe("Mounted");
    expect(line?.fields).toMatchObject({
      pod: "app-0",
      namespace: "default",
      serviceAccount: "app",
      method: "irsa",
      region: "eu-west-1",
      objects: "2",
      files: "2",
      outcome: "ok",
      awsCalls: "3", // STS, two secrets
      cacheHits: "0",
    });
    expect(stepsOf(line as Line)).toEqual(["waitMs", "locateMs", "identifyMs", "fetchMs", "deliverMs"]);
    expect(line?.fields).not.toHaveProperty("reason");
  });

  test("of a second one: its cache hits, and no exchange", async () => {
    await using lab = await startWithSecrets();
    await lab.run({ objects });
    await lab.run({ objects });
    expect(summaryOf(lab)[1]?.fields).toMatchObject({ awsCalls: "2", cacheHits: "4" }); // region, role, credentials for each object
  });

  test("by Pod Identity: the request to the agent is among the calls", async () => {
    await using lab = await startWithSecrets();
    await lab.run({ objects, attributes: { usePodIdentity: "true" } });
    expect(summaryOf(lab)[0]?.fields).toMatchObject({ method: "pod-identity", awsCalls: "3" });
  });

  test("of a failure: the reason, and the steps up to the one it came in", async () => {
    await using lab = await startWithSecrets();
    await lab.failure({ objects: [secret("none")], attributes: { failoverRegion: "us-west-2" } });
    const [line] = summaryOf(lab);
    expect(line?.text).toStartWith("Failure getting secret values from provider type secretsmanager: ");
    expect(line?.fields).toMatchObject({
      outcome: "error",
      reason: "ObjectNotFound",
      failoverRegion: "us-west-2",
      objects: "1",
    });
    expect(stepsOf(line as Line)).toEqual(["waitMs", "locateMs", "identifyMs", "fetchMs"]);
    await lab.failure({ permission: "x" });
    expect(stepsOf(summaryOf(lab)[1] as Line)).toEqual(["waitMs", "locateMs"]);
  });
});

test("every line about a mount has its id, and no two mounts share one", async () => {
  await using lab = await startWithSecrets({ args: ["--log-level=debug"] });
  await Promise.all(Array.from({ length: 5 }, () => lab.run({ objects, attributes: { failoverRegion: "us-west-2" } })));
  const lines = linesOf(lab).filter(({ text }) => text !== "");
  expect(lines.filter(({ fields }) => !/^[0-9a-f]{4}-[0-9a-z]+$/.test(fields["mount"] ?? ""))).toEqual([]);
  const summaries = summaryOf(lab);
  expect(new Set(summaries.map(({ fields }) => fields["mount"])).size).toBe(5);
  for (const { fields } of summaries) {
    const own = lines.filter((line) => line.fields["mount"] === fields["mount"]);
    expect(own.filter(({ text }) => text === "AWS call").length).toBe(Number(fields["awsCalls"]));
    expect(own.some(({ text }) => text.startsWith("Servicing mount request for pod app-0"))).toBe(true);
    expect(own.some(({ text }) => text.startsWith("Role ARN for default:app is "))).toBe(true);
  }
  // Joined work counts for the mount that started it: one exchange a region for all five.
  expect(lines.filter(({ fields }) => fields["service"] === "sts")).toHaveLength(2);
  const ids = lines.flatMap(({ fields }) => (fields["service"] === "secretsmanager" ? [fields["requestId"]] : []));
  expect(ids.filter((id) => id === undefined || id === "")).toEqual([]);
});
