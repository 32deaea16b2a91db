// Markers in every token, credential and value, through every fault of every service and every class of error, at debug level in the compiled binary.
// Nothing of them may be in log, errors, command line, environment, or files outside of the targets. What libraries print: binary-log.test.ts.
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { mkdirSync, readdirSync, readFileSync, readlinkSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { httpOf, newFolder, parameter, secret, startBinaryLab } from "./binary-lab.ts";
import type { BinaryLab } from "./binary-lab.ts";
import type { MountRequestOptions } from "./build.ts";
import type { Service } from "./fakes/calls.ts";
import { serviceAccountTokens } from "./fakes/tokens.ts";
import { faults } from "./fault-list.ts";

setDefaultTimeout(60_000);
const region = "eu-west-1";
const marker = {
  text: "MARKER-text-of-a-secret",
  json: "MARKER-inside-json",
  key: "MARKER-key-in-json",
  binary: "MARKER-binary-secret",
  parameter: "MARKER-of-a-parameter",
  publish: "MARKER-publish-secret",
  attribute: "MARKER-unknown-attribute",
  proxy: "MARKER-proxy-password",
};
const objects = [
  secret("text"),
  secret("json", { jmesPath: [{ path: "key", objectAlias: "k" }] }),
  secret("binary"),
  parameter("p"),
];
const services: readonly Service[] = ["secrets-manager", "ssm", "sts", "pod-identity", "kubernetes"];

/** One binary for each service, with a home of its own, so that their faults do not meet. */
interface Story {
  readonly lab: BinaryLab;
  readonly home: string;
  readonly tokens: string[];
  readonly answers: string[];
  accounts: number;
}

let stories: ReadonlyMap<Service, Story>;
const folder = newFolder();
beforeAll(async () => {
  const start = async (service: Service): Promise<[Service, Story]> => {
    const home = join(folder.path, service);
    mkdirSync(join(home, "tmp"), { recursive: true });
    const lab = await startBinaryLab({
      args: [
        "--log-level=debug",
        "--qps=-1",
        "--credential-cache-max-age=0",
        "--http-addr=127.0.0.1:0",
        "--secret-cache-ttl=1h",
        "--serve-stale-for=1h",
      ],
      env: {
        AWS_REGION: region,
        HOME: home,
        TMPDIR: join(home, "tmp"),
        HTTPS_PROXY: `http://user:${marker.proxy}@127.0.0.1:1`,
      },
      cwd: home,
    });
    const { cloud } = lab.world;
    cloud.putSecret(region, "text", marker.text);
    cloud.putSecret(region, "json", JSON.stringify({ key: marker.json, [marker.key]: { a: [marker.json] } }));
    cloud.putSecret(region, "broken", `{"key": ${marker.json}`);
    cloud.putSecret(region, "binary", Buffer.from(marker.binary));
    cloud.putParameter(region, "p", marker.parameter, { type: "SecureString" });
    return [service, { lab, home, tokens: [], answers: [], accounts: 0 }];
  };
  stories = new Map(await Promise.all(services.map(start)));
});
afterAll(async () => {
  for (const { lab } of stories.values()) await lab[Symbol.asyncDispose]();
  folder[Symbol.dispose]();
});

const storyOf = (service: Service): Story => stories.get(service) as Story;

/** Mounts as a new account, since roles are remembered for a while; keeps token and answer. */
async function mount(story: Story, options: MountRequestOptions = {}, deadlineMs = 2_000): Promise<string> {
  const serviceAccount = `app-${(story.accounts += 1)}`;
  const pod = { namespace: "default", serviceAccount, pod: `${serviceAccount}-0` };
  story.lab.world.addWorkload({ ...pod, role: "app" });
  const tokens = serviceAccountTokens(pod);
  story.tokens.push(tokens);
  const answer = await story.lab
    .run(
      {
        objects,
        tokens,
        secrets: JSON.stringify({ password: marker.publish, tokens }),
        ...pod,
        ...options,
        attributes: { unknown: marker.attribute, ...options.attributes },
      },
      { deadlineMs },
    )
    .then(
      ({ versions }) => JSON.stringify(versions),
      (error: unknown) => (error as { details: string }).details,
    );
  story.answers.push(answer);
  return answer;
}

/** All that must stay inside; of what is long its beginning and its end, since a text may be cut. */
function insideOf({ lab, tokens }: Story): string[] {
  const jwts = tokens.flatMap((text) => Object.values(JSON.parse(text) as Record<string, { token: string }>));
  const parts = jwts.flatMap(({ token }) => token.split(".").slice(1));
  const keys = lab.world.cloud
    .sessions()
    .flatMap(({ sessionToken, secretAccessKey }) => [sessionToken, secretAccessKey]);
  const values = Object.values(marker);
  const encoded = values.map((value) => Buffer.from(value).toString("base64").replace(/=+$/, ""));
  const long = [...parts, ...keys, lab.world.kubernetes.token()];
  return [...values, ...encoded, ...long.flatMap((text) => [text.slice(0, 32), text.slice(-32)])];
}

function filesBelow(path: string): string[] {
  return readdirSync(path, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
}

/** Meets every fault of a service, one after the other. */
async function meetFaults(service: Service): Promise<void> {
  const story = storyOf(service);
  const attributes = { usePodIdentity: String(service === "pod-identity") };
  for (const [name, action] of faults) {
    const fault = story.lab.world.faults.inject({ service }, action);
    const answer = await mount(story, { attributes }, action.kind === "hang" || action.kind === "slow" ? 800 : 2_000);
    fault.remove();
    expect([name, fault.hits() > 0, answer]).toEqual([name, true, expect.not.stringMatching(/^\{/)]);
  }
  expect(await mount(story, { attributes }, 20_000)).toStartWith("{");
}

test("every fault of every service fails a mount", async () => {
  await Promise.all(services.map(meetFaults));
});

test("every class of error that needs no fault, and success in each way", async () => {
  const story = storyOf("sts");
  const { cloud } = story.lab.world;
  const jmesPath = (path: string, name = "json"): MountRequestOptions => ({
    objects: [secret(name, { jmesPath: [{ path, objectAlias: "k" }] })],
  });
  for (const attributes of [{}, { usePodIdentity: "true" }, { failoverRegion: "us-west-2" }])
    await mount(story, { attributes }, 20_000);
  for (const path of [
    "key",
    "gone",
    "key[",
    "sum(key)",
    "to_number(key)",
    `"${"x".repeat(300)}"`,
    "@()",
    "to_string(@) | @[0]",
  ])
    await mount(story, jmesPath(path));
  await mount(story, jmesPath("key", "broken"));
  for (const bad of ["- objectName: [", "- *a", "[".repeat(20_000), "- objectName: a\n\tb: c", "5"])
    await mount(story, { objects: bad });
  for (const alias of ["../x", "..", "x".repeat(256)])
    await mount(story, { objects: [secret("text", { objectAlias: alias })] });
  for (const attributes of [
    { region: "x@evil.example" },
    { usePodIdentity: "yes" },
    { pathTranslation: "long" },
    { failoverRegion: region },
  ])
    await mount(story, { attributes });
  const tokensKey = "csi.storage.k8s.io/serviceAccount.tokens";
  for (const cut of [30, 80, 400]) await mount(story, { attributes: { [tokensKey]: story.tokens[0]?.slice(0, cut) } });
  await mount(story, { rawAttributes: `{"${tokensKey}": ${story.tokens[0]}` });
  await mount(story, { permission: marker.attribute });
  await mount(story, { targetPath: "" });
  const gone = join(story.home, "gone");
  mkdirSync(gone);
  rmSync(gone, { recursive: true });
  await mount(story, { targetPath: gone });
  await mount(story, { objects: [secret("none")] });
  await mount(story, { objects: [parameter("none")] });
  const denial = cloud.deny({ role: "app" });
  await mount(story);
  denial.remove();
  cloud.distrust("app", "*");
  await mount(story, { serviceAccount: "nobody" });
  expect(story.answers.filter((answer) => answer.startsWith("{")).length).toBeGreaterThan(2);
});

describe("nothing of it", () => {
  test.each(services)("in the process of %s: environment, command line, open files", (service) => {
    const story = storyOf(service);
    const inside = insideOf(story).filter((one) => one !== marker.proxy); // the environment is where that comes from
    const of = (name: string): string => readFileSync(`/proc/${story.lab.pid}/${name}`, "latin1");
    expect(inside.length).toBeGreaterThan(100);
    expect(of("environ")).toContain(marker.proxy);
    for (const name of ["environ", "cmdline", "comm"])
      expect(inside.filter((one) => of(name).includes(one))).toEqual([]);
    const open = readdirSync(`/proc/${story.lab.pid}/fd`).map((fd) => readlinkSync(`/proc/${story.lab.pid}/fd/${fd}`));
    expect(
      open.filter(
        (path) => path.startsWith("/") && !/^\/(dev|proc|sys)\/|secrets-store-csi-driver-provider-aws$/.test(path),
      ),
    ).toEqual([]);
  });

  test.each(services)("in what %s's port tells", async (service) => {
    const story = storyOf(service);
    const inside = insideOf(story);
    const url = await httpOf(story.lab);
    const accept = "application/openmetrics-text";
    const answers = await Promise.all([
      fetch(`${url}metrics`),
      fetch(`${url}metrics`, { headers: { accept } }),
      fetch(`${url}livez`),
      fetch(`${url}${marker.attribute}`),
    ]);
    for (const answer of answers) {
      const said = JSON.stringify(answer.headers.toJSON()) + (await answer.text());
      expect(inside.filter((one) => said.includes(one))).toEqual([]);
      expect(said).not.toMatch(/app-\d|role\/app|arn:/);
    }
    expect(await (await fetch(`${url}metrics`)).text()).toMatch(/mounts_total\{result="error",reason="\w+"\} [1-9]/);
  });

  test.each(services)("in what %s's binary said, answered and left on disk", async (service) => {
    const story = storyOf(service);
    expect(await story.lab.stop()).toBe(0);
    const inside = insideOf(story);
    expect(story.lab.output()).toContain("] AWS call ");
    for (const text of [story.lab.output(), ...story.answers])
      expect(inside.filter((one) => text.includes(one))).toEqual([]);
    expect(filesBelow(story.home)).toEqual([]);
    expect(() => readdirSync(dirname(story.lab.socket))).toThrow("ENOENT"); // the socket's folder was empty, and went
  });
});
