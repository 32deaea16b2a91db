// What is cached of a workload goes to its own tokens alone: valid, and naming the pod that kubelet names. All others make an exchange of their own.
import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { secret } from "./binary-lab.ts";
import { mintToken, podIdentityAudience, stsAudience } from "./fakes/tokens.ts";
import type { TokenOptions } from "./fakes/tokens.ts";
import { startLab } from "./inprocess.ts";
import type { Lab } from "./inprocess.ts";

setDefaultTimeout(60_000);
const region = "eu-west-1";
const methods = [
  ["irsa", "sts", stsAudience, {}],
  ["pod-identity", "pod-identity", podIdentityAudience, { usePodIdentity: "true" }],
] as const;

/** The token of both audiences, as `change` makes it of the minted one. */
function tokens(options: TokenOptions, change = (token: string): string => token): string {
  const entry = (audience: string) => [audience, { token: change(mintToken({ audience, ...options })) }] as const;
  return JSON.stringify(Object.fromEntries([stsAudience, podIdentityAudience].map(entry)));
}
const junk = (token: string): string => token.replace(/[^.]*$/, "AAAA");

async function startVictim(parameters: Record<string, string>): Promise<Lab> {
  const lab = await startLab({
    args: ["--secret-cache-ttl=5m", "--serve-stale-for=1h"],
    env: { AWS_REGION: region },
  });
  lab.world.cloud.putSecret(region, "s", "the victim's");
  // In another namespace, without any right; its service account may name the victim's role all the same.
  lab.world.addWorkload({ namespace: "other", serviceAccount: "app", pod: "app-0", role: "app" });
  lab.world.cloud.distrust("app", "other/app");
  await lab.run({ objects: [secret("s")], parameters });
  return lab;
}

describe.each(methods)("%s", (_method, service, audience, parameters) => {
  const request = { objects: [secret("s")], parameters };

  test.each([
    ["expired", tokens({ ttlSeconds: -10 }), {}],
    ["expired, junk as its signature", tokens({ ttlSeconds: -10 }, junk), {}],
    ["junk as its signature, sent as another namespace", tokens({}, junk), { namespace: "other" }],
    ["junk as its signature, sent as another pod", tokens({}, junk), { pod: "app-9" }],
    // A role's credentials are the service account's, whichever of its pods it is; the agent's are the pod's alone.
    ...(service === "pod-identity"
      ? ([["junk as its signature, sent as a pod made again", tokens({ podUid: "u-2" }, junk), {}]] as const)
      : []),
    ["of the other audience, junk as its signature", tokens({ audience: "elsewhere" }, junk), {}],
  ])("%s: AWS judges it, and gives nothing", async (_name, given, sentAs) => {
    await using lab = await startVictim(parameters);
    const before = lab.world.count(service);
    const { details } = await lab.failure({ ...request, ...sentAs, tokens: given });
    expect(details).not.toContain("the victim's");
    expect(lab.world.count(service)).toBeGreaterThan(before);
    expect(lab.world.count("secrets-manager")).toBe(1);
    expect((await lab.run(request)).contents).toEqual({ s: "the victim's" }); // and takes nothing from the victim
    expect(lab.world.count("secrets-manager")).toBe(1);
  });

  test("while AWS does not answer, no last value goes to it either", async () => {
    await using lab = await startVictim(parameters);
    const outage = lab.world.faults.inject({}, { kind: "reset" });
    await lab.failure({ ...request, namespace: "other", tokens: tokens({}, junk) });
    outage.remove();
  });

  test("a good token of the victim, sent as another namespace, is an exchange of its own", async () => {
    await using lab = await startVictim(parameters);
    const stolen = JSON.stringify({ [audience]: { token: mintToken({ audience }) } });
    await lab.run({ ...request, namespace: "other", tokens: stolen }); // whoever has a workload's token is the workload, for AWS
    expect([lab.world.count(service), lab.world.count("secrets-manager")]).toEqual([2, 2]);
  });

  test("fresh tokens of the pod itself share, as kubelet mints them for each mount", async () => {
    await using lab = await startVictim(parameters);
    for (const _ of [1, 2, 3]) await lab.run(request);
    expect([lab.world.count(service), lab.world.count("secrets-manager")]).toEqual([1, 1]);
  });
});
