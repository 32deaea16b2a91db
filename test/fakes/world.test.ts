// A world as a whole: its defaults, its records, its end.
import { expect, test } from "bun:test";
import { existsSync, readFileSync } from "node:fs";
import { AssumeRoleWithWebIdentityCommand, STSClient } from "@aws-sdk/client-sts";
import { GetSecretValueCommand, SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { failureOf } from "./raw-call.ts";
import { mintToken } from "./tokens.ts";
import { startWorld } from "./world.ts";
import type { World } from "./world.ts";

/** One secret by the way of a workload: token, STS, Secrets Manager. */
async function readSecret(
  world: World,
  namespace: string,
  serviceAccount: string,
  role: string,
): Promise<string | undefined> {
  const region = "eu-west-1";
  const sts = new STSClient({
    region,
    endpoint: world.env["AWS_ENDPOINT_URL_STS"] ?? "",
    credentials: { accessKeyId: "", secretAccessKey: "" },
  });
  const { Credentials } = await sts.send(
    new AssumeRoleWithWebIdentityCommand({
      RoleArn: world.cloud.roleArn(role),
      RoleSessionName: "s-1",
      WebIdentityToken: mintToken({ namespace, serviceAccount }),
    }),
  );
  const {
    AccessKeyId: accessKeyId = "",
    SecretAccessKey: secretAccessKey = "",
    SessionToken: sessionToken = "",
  } = Credentials ?? {};
  const endpoint = world.env["AWS_ENDPOINT_URL_SECRETS_MANAGER"] ?? "";
  const client = new SecretsManagerClient({
    region,
    endpoint,
    credentials: { accessKeyId, secretAccessKey, sessionToken },
  });
  return (await client.send(new GetSecretValueCommand({ SecretId: "a" }))).SecretString;
}

test("a workload comes with all it needs", async () => {
  await using world = await startWorld();
  world.cloud.putSecret("eu-west-1", "a", "value");
  expect(await readSecret(world, "default", "app", "app")).toBe("value");
  world.addWorkload({ namespace: "team", serviceAccount: "web", pod: "web-0", role: "web" });
  expect(await readSecret(world, "team", "web", "web")).toBe("value");
  expect(await failureOf(readSecret(world, "team", "web", "app"))).toMatchObject({ name: "AccessDenied" });
  expect(world.kubernetes.get("pods", "team", "web-0")).toMatchObject({ spec: { serviceAccountName: "web" } });
  expect(world.podIdentity.roleOf("team/web")).toBe("web");
});

test("worlds share nothing but the tokens' key", async () => {
  await using one = await startWorld();
  await using other = await startWorld();
  one.cloud.putSecret("eu-west-1", "a", "1");
  other.cloud.putSecret("eu-west-1", "a", "2");
  expect(await readSecret(one, "default", "app", "app")).toBe("1");
  expect(await readSecret(other, "default", "app", "app")).toBe("2");
  expect([one.count(), other.count()]).toEqual([2, 2]);
});

test("the arguments name a kubeconfig and both addresses of the agent", async () => {
  await using world = await startWorld({ region: "us-east-1" });
  const [kubeconfig = "", endpoints = ""] = world.args;
  expect(readFileSync(kubeconfig.replace("--kubeconfig=", ""), "utf8")).toContain(world.kubernetes.url);
  expect(endpoints).toBe(`--pod-identity-endpoints=${world.podIdentity.ipv4.url},${world.podIdentity.ipv6.url}`);
  expect(world.kubernetes.get("nodes", "", "node-1")).toMatchObject({
    metadata: { labels: { "topology.kubernetes.io/region": "us-east-1" } },
  });
});

test("the AWS endpoints can speak TLS", async () => {
  await using world = await startWorld({ tls: true });
  const url = world.env["AWS_ENDPOINT_URL_SSM"] ?? "";
  const ca = readFileSync(world.env["AWS_CA_BUNDLE"] ?? "", "utf8");
  expect(url).toStartWith("https://");
  expect((await fetch(url, { method: "POST", tls: { ca } })).status).toBe(400);
  expect(await failureOf(fetch(url))).toMatchObject({ code: "UNABLE_TO_VERIFY_LEAF_SIGNATURE" });
  expect(await failureOf(fetch(url, { tls: { ca: world.kubernetes.ca } }))).toHaveProperty("code");
});

test("calls are counted by service and operation, with connections and the most at once", async () => {
  await using world = await startWorld();
  world.faults.inject({}, { kind: "delay", delayMs: 50 });
  const ask = (url: string): Promise<Response> =>
    fetch(url, { method: "POST", headers: { "user-agent": "probe/1" }, body: "Action=X" });
  await Promise.all([ask(world.sts.url), ask(world.sts.url), ask(world.sts.url), ask(world.ssm.url)]);
  expect([
    world.count(),
    world.count("sts"),
    world.count("sts", "X"),
    world.count("sts", "Y"),
    world.count("ssm"),
  ]).toEqual([4, 3, 3, 0, 1]);
  expect([
    world.maxInFlight(),
    world.maxInFlight("sts"),
    world.maxInFlight("ssm"),
    world.maxInFlight("kubernetes"),
  ]).toEqual([4, 3, 1, 0]);
  expect(world.connections("sts")).toBe(3);
  const [first] = world.calls("sts");
  expect(first).toMatchObject({ operation: "X", userAgent: "probe/1", status: 404, aborted: false, body: "Action=X" });
  expect(first?.durationMs).toBeGreaterThanOrEqual(45);
  world.resetCalls();
  expect([world.count(), world.maxInFlight(), world.connections()]).toEqual([0, 0, 0]);
  await ask(world.sts.url);
  expect(world.maxInFlight()).toBe(1);
});

test("a closed world refuses and leaves no folder", async () => {
  const world = await startWorld();
  expect(existsSync(world.folder)).toBe(true);
  const open = fetch(world.sts.url, { method: "POST", body: "Action=X" });
  await open;
  await world.close();
  expect(await failureOf(fetch(world.sts.url))).toMatchObject({ code: "ECONNREFUSED" });
  expect(existsSync(world.folder)).toBe(false);
});

test("closing ends calls that hang", async () => {
  const world = await startWorld();
  world.faults.inject({}, { kind: "hang" });
  const hanging = failureOf(fetch(world.ssm.url));
  await Bun.sleep(20);
  await world.close();
  expect(await hanging).toMatchObject({ code: "ECONNRESET" });
});
