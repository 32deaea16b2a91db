// Every service that a mount talks to, each with everything that can go wrong on the way: the mount ends in time as UNKNOWN, its text names service,
// region, object and cause, the next mount works, others are untouched, and no call stays open.
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { eventBytesMax } from "../src/errors.ts";
import { faults, refused } from "./fault-list.ts";
import { startLab } from "./inprocess.ts";
import type { Lab } from "./inprocess.ts";

const region = "eu-west-1";
const request = { objects: [{ objectName: "app/db", objectType: "secretsmanager" }] };
const parameters = { objects: [{ objectName: "/app/p", objectType: "ssmparameter" }] };
const byAgent = { ...request, parameters: { usePodIdentity: "true" } };
const services = [
  {
    service: "sts",
    request,
    place: /eu-west-1: (Failed fetching secret app\/db: )?operation error Secrets Manager: GetSecretValue/,
    object: "app/db",
  },
  {
    service: "pod-identity",
    request: byAgent,
    place: /eu-west-1: (Failed fetching secret app\/db: )?operation error Secrets Manager: GetSecretValue/,
    object: "app/db",
  },
  {
    service: "secrets-manager",
    request,
    place: /eu-west-1: operation error Secrets Manager: GetSecretValue/,
    object: "app/db",
  },
  { service: "ssm", request: parameters, place: /eu-west-1: operation error SSM: GetParameters/, object: "parameters" },
  { service: "kubernetes", request, place: /failed to get service account default\/app: |given up/, object: "" },
] as const;

describe.each(services)("$service", ({ service, request: faulty, place, object }) => {
  let lab: Lab;
  beforeAll(async () => {
    // Nothing is kept between mounts, so that each meets the fault; the region is given, so that Kubernetes is asked for the account alone.
    lab = await startLab({ args: ["--credential-cache-max-age=0", "--qps=-1"], env: { AWS_REGION: region } });
    lab.world.cloud.putSecret(region, "app/db", "value of the secret");
    lab.world.cloud.putParameter(region, "/app/p", "value of the parameter");
  });
  afterAll(async () => lab[Symbol.asyncDispose]());

  test.each(faults)("%s", async (_name, action, cause) => {
    // The role annotation is kept for ten seconds: another account each time, so that Kubernetes is asked.
    const name = `app-${crypto.randomUUID().slice(0, 8)}`;
    const workload = { namespace: "default", serviceAccount: name, pod: `${name}-0`, role: "app" };
    lab.world.addWorkload(workload);
    const fault = lab.world.faults.inject({ service }, action);
    const other = service === "ssm" ? request : parameters;
    const untouched = service === "ssm" || service === "secrets-manager" ? lab.run(other) : undefined;
    const deadlineMs = action.kind === "hang" || action.kind === "slow" ? 3_000 : 9_000;
    const { code, details } = await lab.failure({ ...faulty, ...workload }, { deadlineMs }).finally(fault.remove);
    expect([code, details]).toEqual([
      2,
      expect.stringMatching(service === "kubernetes" ? /failed to get service account|given up/ : place),
    ]);
    expect(details).toContain(object);
    if (cause !== undefined) expect(details).toMatch(cause);
    expect(Buffer.byteLength(details)).toBeLessThanOrEqual(eventBytesMax);
    await untouched;
    expect(Object.values((await lab.run({ ...faulty, ...workload })).contents)).toEqual([
      expect.stringMatching(/^value of/),
    ]);
    while (lab.world.inFlight() > 0) await Bun.sleep(5);
  });

  test("throttled once is retried", async () => {
    const status = service === "kubernetes" || service === "pod-identity" ? 429 : 400;
    const name = `once-${service}`;
    const workload = { namespace: "default", serviceAccount: name, pod: `${name}-0`, role: "app" };
    lab.world.addWorkload(workload);
    const fault = lab.world.faults.inject(
      { service, times: 1 },
      refused(status, "ThrottlingException", "Rate exceeded"),
    );
    expect(Object.keys((await lab.run({ ...faulty, ...workload })).contents)).toHaveLength(1);
    expect(fault.hits()).toBe(1);
  });
});

describe("no connection at all", () => {
  test.each(["sts", "secretsManager", "ssm"] as const)("%s refuses, and works again later", async (which) => {
    await using lab = await startLab({ env: { AWS_REGION: region } });
    lab.world.cloud.putSecret(region, "app/db", "v");
    lab.world.cloud.putParameter(region, "/app/p", "v");
    const faulty = which === "ssm" ? parameters : request;
    await lab.world[which].down();
    expect((await lab.failure(faulty)).details).toContain(
      `${new URL(lab.world[which].url).host}: connection refused (ECONNREFUSED)`,
    );
    await lab.world[which].up();
    expect(Object.values((await lab.run(faulty)).contents)).toEqual(["v"]);
  });

  test("the Kubernetes API refuses, and works again later", async () => {
    await using lab = await startLab({ args: ["--qps=-1"], env: { AWS_REGION: region } });
    lab.world.cloud.putSecret(region, "app/db", "v");
    const { host } = new URL(lab.world.kubernetes.url);
    await lab.world.kubernetes.down();
    const { code, details } = await lab.failure(request);
    expect(code).toBe(2);
    expect(details).toStartWith(
      `failed to get service account default/app: ${host}: connection refused (ECONNREFUSED)`,
    );
    expect(details).toContain("Check that the node reaches the Kubernetes API.");
    await lab.world.kubernetes.up();
    expect(Object.values((await lab.run(request)).contents)).toEqual(["v"]);
  });

  test("the Pod Identity agent refuses at both addresses, and works again later", async () => {
    await using lab = await startLab({ env: { AWS_REGION: region } });
    lab.world.cloud.putSecret(region, "app/db", "v");
    const { ipv4, ipv6 } = lab.world.podIdentity;
    await Promise.all([ipv4.down(), ipv6.down()]);
    const { details } = await lab.failure(byAgent);
    for (const { url } of [ipv4, ipv6])
      expect(details).toContain(`${new URL(url).host}: connection refused (ECONNREFUSED)`);
    await Promise.all([ipv4.up(), ipv6.up()]);
    expect(Object.values((await lab.run(byAgent)).contents)).toEqual(["v"]);
  });

  test("a host that DNS does not know", async () => {
    await using lab = await startLab({
      env: { AWS_REGION: region, AWS_ENDPOINT_URL_SECRETS_MANAGER: "http://nowhere.invalid" },
    });
    expect((await lab.failure(request)).details).toMatch(/nowhere\.invalid: .*(ENOTFOUND|EAI_AGAIN)/);
  });
});
