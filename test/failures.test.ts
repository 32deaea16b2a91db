// What an operator reads when a mount fails: all failing objects in one text under 1 KiB, the first of the spec in front, each cause once, each region's
// code and the beginning of its message whatever is cut, and what to do.
import { describe, expect, test } from "bun:test";
import { eventBytesMax } from "../src/errors.ts";
import { startLab } from "./inprocess.ts";
import { byteLength } from "../src/text/cut.ts";

const region = "eu-west-1";
const second = "us-east-1";
const secret = (objectName: string, more: object = {}): object => ({
  objectName,
  objectType: "secretsmanager",
  ...more,
});
const parameter = (objectName: string, more: object = {}): object => ({
  objectName,
  objectType: "ssmparameter",
  ...more,
});

describe("all failing objects in one text", () => {
  test("the first of the spec leads, others of its cause are named, other causes follow, good ones are left out", async () => {
    await using lab = await startLab();
    const { cloud, faults } = lab.world;
    for (const name of ["good", "denied", "denied-too", "broken"]) cloud.putSecret(region, name, `value of ${name}`);
    cloud.deny({ id: "denied*" });
    cloud.putParameter(region, "/good", "v");
    // The first in the spec is the last to fail.
    faults.inject({ service: "secrets-manager", id: "denied" }, { kind: "delay", delayMs: 150 });
    const { code, details } = await lab.failure({
      objects: [
        secret("good"),
        secret("denied"),
        parameter("/good"),
        secret("gone"),
        secret("denied-too"),
        secret("broken", { jmesPath: [{ path: "a", objectAlias: "a" }] }),
        parameter("/gone"),
        secret("gone-too"),
      ],
    });
    expect(code).toBe(2);
    expect(byteLength(details)).toBeLessThanOrEqual(eventBytesMax);
    expect(details).toStartWith(
      "Failed to fetch secret from all regions. Verify secret exists and required permissions are granted for: denied: eu-west-1: operation error Secrets Manager: GetSecretValue, https response error StatusCode: 400, AccessDeniedException: User: arn:aws:sts::111122223333:assumed-role/app/default.app is not authorized",
    );
    expect(details).toContain("The same for denied-too.");
    expect(details).toContain("Also failed: /gone: eu-west-1: invalid parameters: /gone.");
    expect(details).toContain("Also failed: gone, gone-too: eu-west-1: ResourceNotFoundException (400): ");
    expect(details).toContain("Also failed: broken: eu-west-1: Invalid JSON used with jmesPath in secret: broken.");
    expect(details).not.toContain("good");
    expect(lab.logged()).not.toContain("value of");
  });

  test("what else was denied is told by action and resource", async () => {
    await using lab = await startLab();
    for (const name of ["s", "t"]) lab.world.cloud.putSecret(region, name, "v");
    lab.world.cloud.putParameter(region, "/p", "v");
    lab.world.cloud.deny({});
    const { details } = await lab.failure({ objects: [secret("s"), parameter("/p"), secret("t")] });
    expect(details).toContain("The same for t. Also failed: /p: eu-west-1: AccessDeniedException (400): ");
    expect(details).toMatch(/\): not authorized to perform: ssm:GetParameters on resource: arn:/);
    expect(byteLength(details)).toBeLessThanOrEqual(eventBytesMax);
  });

  test("fifty objects of one cause: named as far as there is room, the rest counted, one call each", async () => {
    await using lab = await startLab();
    const names = Array.from({ length: 50 }, (_, n) => `team/service-${n}/database`);
    for (const name of names) lab.world.cloud.putSecret(region, name, "v");
    lab.world.cloud.deny({ operation: "GetSecretValue" });
    const { details } = await lab.failure({ objects: names.map((name) => secret(name)) });
    expect(byteLength(details)).toBeLessThanOrEqual(eventBytesMax);
    expect(details).toMatch(
      /The same for team\/service-1\/database, team\/service-2\/database.* and \d\d more\. Allow /,
    );
    expect(details.match(/AccessDeniedException/g)).toHaveLength(1);
    expect(lab.logged()).toMatch(/All failures of this mount: Failed to fetch secret.*team\/service-49\/database/);
    expect(lab.world.count("secrets-manager")).toBe(50);
  });

  test("one exchange that is refused is told once, with the objects", async () => {
    await using lab = await startLab();
    lab.world.cloud.distrust("app", "default/app");
    const { details } = await lab.failure({ objects: [secret("a"), parameter("/b"), secret("c")] });
    expect(details.match(/Not authorized to perform sts:AssumeRoleWithWebIdentity/g)).toHaveLength(1);
    expect(details).toContain(" for: a: eu-west-1: operation error Secrets Manager: GetSecretValue, get identity: ");
    expect(details).toContain("The same for /b, c.");
    expect(lab.world.count("sts")).toBe(1);
  });

  test("entries of jmesPath that fail in one batch of parameters", async () => {
    await using lab = await startLab();
    for (const name of ["/a", "/b", "/c"]) lab.world.cloud.putParameter(region, name, '{"x":1,"y":"Y"}');
    const entry = (path: string): object => ({ jmesPath: [{ path, objectAlias: `alias-${path}` }] });
    const { details } = await lab.failure({
      objects: [parameter("/a", entry("x")), parameter("/b", entry("y")), parameter("/c", entry("z"))],
    });
    expect(details).toStartWith(
      "Failed to fetch parameters from all regions. eu-west-1: Invalid JMES search result type for path:x. Only string is allowed.",
    );
    expect(details).toContain("Also failed: /c: eu-west-1: JMES Path - z for object alias - alias-z does not point");
    expect(details).not.toContain("/b");
  });

  test("an object that is slow is not waited for: it is but named", async () => {
    await using lab = await startLab();
    for (const name of ["slow", "denied"]) lab.world.cloud.putSecret(region, name, "v");
    lab.world.cloud.deny({ id: "denied" });
    lab.world.faults.inject({ service: "secrets-manager", id: "slow" }, { kind: "hang" });
    const { details } = await lab.failure({ objects: [secret("denied"), secret("slow")] });
    expect(details).toContain("Not mounted either: slow.");
    expect(lab.logged()).toContain("Not known yet: slow");
  });

  test("throttled: the objects are named, and no call is made for the text", async () => {
    await using lab = await startLab({ env: { AWS_MAX_ATTEMPTS: "1" } });
    for (const name of ["a", "b", "c"]) lab.world.cloud.putSecret(region, name, "v");
    lab.world.faults.inject(
      { service: "secrets-manager" },
      { kind: "answer", status: 400, code: "ThrottlingException", message: "Rate exceeded" },
    );
    const { details } = await lab.failure({ objects: [secret("a"), secret("b"), secret("c")] });
    expect(details).toMatch(/ThrottlingException: Rate exceeded\. Not mounted either: b, c\. AWS limits/);
    expect(lab.world.count("secrets-manager")).toBe(3);
  });
});

describe("entries that are wrong", () => {
  test("the first leads with its own words and advice, the others follow, and AWS is not asked", async () => {
    await using lab = await startLab();
    const { details } = await lab.failure({
      objects: [
        secret("good"),
        { objectName: "a", objectType: "ssm" },
        secret("b", { filePermission: "9" }),
        secret("good"),
      ],
    });
    expect(details).toBe(
      "Invalid objectType: ssm. Also wrong: Invalid File Permission: 9; found descriptor with duplicate object name good, no object alias, and no version label. Use ssmparameter.",
    );
    expect(lab.world.count("sts")).toBe(0);
  });

  test("a hundred of them are counted", async () => {
    await using lab = await startLab();
    const objects = Array.from({ length: 100 }, (_, n) => secret(`s${n}`, { filePermission: `${1000 + n}9` }));
    const { details } = await lab.failure({ objects });
    expect(byteLength(details)).toBeLessThanOrEqual(eventBytesMax);
    expect(details).toStartWith("Invalid File Permission: 10009. Also wrong: Invalid File Permission: 10019; ");
    expect(details).toMatch(/; and (?:at least \d|perhaps) more\. Write four octal digits in quotes for s0/);
  });
});

describe("two regions", () => {
  test("the failover's final error leads, and the primary's is not hidden", async () => {
    await using lab = await startLab();
    lab.world.cloud.putSecret(region, "s", "v");
    lab.world.cloud.deny({ region });
    const { details } = await lab.failure({ objects: [secret("s")], parameters: { failoverRegion: second } });
    expect(details).toStartWith(`${second}: Failed fetching secret s: operation error Secrets Manager: GetSecretValue`);
    expect(details).toContain("ResourceNotFoundException: ");
    expect(details).toContain(`; ${region}: operation error Secrets Manager: GetSecretValue`);
    expect(details).toContain("AccessDeniedException: User: ");
  });

  test("long names and long messages: each region's code and the beginning of its message survive, and so does the fix", async () => {
    await using lab = await startLab();
    const name = `team/${"x".repeat(240)}`;
    const message = (of: string): string => `because of ${of} ${"y".repeat(3_000)}`;
    for (const [at, code] of [
      [region, "AccessDeniedException"],
      [second, "ThrottlingException"],
    ] as const) {
      const action = { kind: "answer", status: 400, code, message: message(at) } as const;
      lab.world.faults.inject({ service: "secrets-manager", region: at }, action);
    }
    const objects = [secret(name), secret("other"), secret("gone")];
    const { details } = await lab.failure({ objects, parameters: { failoverRegion: second } });
    expect(byteLength(details)).toBeLessThanOrEqual(eventBytesMax);
    expect(details).toStartWith(
      "Failed to fetch secret from all regions. Verify secret exists and required permissions are granted for: team/xxx",
    );
    expect(details).toMatch(/eu-west-1: AccessDeniedException \(400\): because of eu-west-1 yyy/);
    expect(details).toMatch(/us-east-1: ThrottlingException \(400\): because of us-east-1 yyy/);
    expect(details).toContain("Allow secretsmanager:GetSecretValue");
    expect(details).toContain("Not mounted either: gone, other");
  });

  test("refused exchanges in both regions", async () => {
    await using lab = await startLab();
    lab.world.cloud.distrust("app", "default/app");
    const { details } = await lab.failure({
      objects: [secret("app/database/password"), secret("b"), parameter("/c")],
      parameters: { failoverRegion: second },
    });
    expect(byteLength(details)).toBeLessThanOrEqual(eventBytesMax);
    for (const at of [region, second]) expect(details).toMatch(new RegExp(`${at}: .*AccessDenied.*Not authorized`));
    expect(details).toContain("The same for b, /c.");
  });

  test("the agent is the node's: what it says is told once for both", async () => {
    await using lab = await startLab();
    lab.world.podIdentity.dissociate("default/app");
    await lab.world.podIdentity.ipv4.down();
    await lab.world.podIdentity.ipv6.down();
    const parameters = { failoverRegion: second, usePodIdentity: "true" };
    const { details } = await lab.failure({ objects: [secret("s")], parameters });
    expect(details).toContain("eu-west-1, us-east-1: operation error Secrets Manager: GetSecretValue, get identity");
  });
});

describe("what is longer than an event", () => {
  test("the fix survives, characters stay whole", async () => {
    await using lab = await startLab();
    const { details } = await lab.failure({ objects: [{ objectName: "s", objectType: "é".repeat(3_000) }] });
    expect(byteLength(details)).toBeLessThanOrEqual(eventBytesMax);
    expect(details).toStartWith("Invalid objectType: ééé");
    expect(details).toMatch(/é\.\.\. Use secretsmanager or ssmparameter\.$/);
  });
});
