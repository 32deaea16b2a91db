// Attacks on what namespaces share: turns, calls to AWS, and credentials that are kept.
import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { readdirSync } from "node:fs";
import { parameter, secret } from "../binary-lab.ts";
import { podIdentityAudience, stsAudience, uidOf } from "../fakes/tokens.ts";
import { lineOf, startAttackLab } from "./attack.ts";
import type { AttackLab } from "./attack.ts";
import { secretsCalled } from "./shapes.ts";
import { expectUnharmed } from "./unharmed.ts";

setDefaultTimeout(400_000);

test("6 48 greedy pods of one namespace hold no mount of another up", async () => {
  await using lab = await startAttackLab({ limits: { milliCpu: 0, memoryMiB: 100 } });
  await lab.world.take("latency", [
    { do: "fault", match: { service: "secrets-manager" }, action: { kind: "delay", delayMs: 200 } },
    { do: "fault", match: { service: "ssm" }, action: { kind: "delay", delayMs: 200 } },
    { do: "fault", match: { service: "sts" }, action: { kind: "delay", delayMs: 200 } },
  ]);
  const report = await lab.run({
    steps: [{ do: "fill", prefix: "g", count: 1_500, value: "v" }],
    mounts: Array.from({ length: 48 }, (_, pod) => ({ pod, objects: secretsCalled("g", 1_500) })),
    deadlineMs: 45_000,
  });
  console.log(lineOf("6 48 greedy pods", report));
  expectUnharmed(report);
  for (const outcome of report.outcomes)
    expect(outcome).toMatch(/^ok$|given up (?:after|shortly)|would exceed context deadline/);
  expect(report.outcomes.join("\n")).not.toContain("--qps");
  // How much slower, the line above says. Mounts in the order of arrival would let the victim have one at most before the deadline.
  expect(report.victim.mounted).toBeGreaterThan(5);
});

type Tokens = Record<string, { token: string; expirationTimestamp: string }>;

/** The tokens of a pod of the victim, each changed. */
async function victimTokens(lab: AttackLab, change: (token: string) => string, ttlSeconds = 3_600): Promise<string> {
  const [text = "{}"] = await lab.world.tokens([
    { namespace: "victim", serviceAccount: "app", pod: "victim", ttlSeconds },
  ]);
  const tokens = JSON.parse(text) as Tokens;
  for (const audience of [stsAudience, podIdentityAudience]) {
    const one = tokens[audience];
    if (one !== undefined) one.token = change(one.token);
  }
  return JSON.stringify(tokens);
}

const asIs = (token: string): string => token;
const unsigned = (token: string): string => `${token.split(".").slice(0, 2).join(".")}.AAAA`;
/** Claims of the victim under a life that has not ended: nothing but the signature is wrong. */
const renewed = (token: string): string => {
  const [header = "", payload = "", signature = ""] = token.split(".");
  const claims = JSON.parse(Buffer.from(payload, "base64url").toString()) as object;
  const exp = Math.floor(Date.now() / 1_000) + 7_200;
  return `${header}.${Buffer.from(JSON.stringify({ ...claims, exp })).toString("base64url")}.${signature}`;
};

describe("9 a token with the victim's claims that AWS would refuse gets nothing that is kept", () => {
  const settings: readonly (readonly string[])[] = [[], ["--secret-cache-ttl=60s", "--serve-stale-for=1h"]];
  // Sent as the victim's own pod, with all that kubelet says of it, a token is judged by its end alone: that needs the socket, so root on the node.
  const forgeries = [
    { what: "has run out", change: asIs, ttl: -60, namespace: "victim" },
    { what: "has run out", change: asIs, ttl: -60, namespace: "evil" },
    { what: "has signature AAAA", change: unsigned, ttl: 3_600, namespace: "evil" },
    { what: "has a later end than was signed", change: renewed, ttl: 3_600, namespace: "evil" },
  ];
  const cases = ["false", "true"].flatMap((usePodIdentity) => forgeries.map((one) => ({ ...one, usePodIdentity })));

  test.each(settings.map((args) => [args]))("with %p", async (args) => {
    await using lab = await startAttackLab({ args: [...args, "--qps=-1"] });
    // The service account of the attacker names the victim's role.
    const steps = [
      { do: "workload", namespace: "evil", serviceAccount: "evil-0", pod: "evil-0", role: "victim" },
    ] as const;
    await lab.world.take("annotation", steps);
    const objects = [secret("victim/text"), parameter("/victim/level")];
    for (const { usePodIdentity, what, change, ttl, namespace } of cases) {
      const own = { objects, parameters: { region: "eu-west-1", usePodIdentity } };
      const [genuine = ""] = await lab.world.tokens([{ namespace: "victim", serviceAccount: "app", pod: "victim" }]);
      const asVictim = { namespace: "victim", serviceAccount: "app", pod: "victim" };
      await lab.mount({ ...own, ...asVictim, tokens: genuine });
      const who = namespace === "victim" ? asVictim : { namespace, serviceAccount: "evil-0", pod: "evil-0" };
      const targetPath = lab.subject.newTarget("evil-0");
      const tokens = await victimTokens(lab, change, ttl);
      const uid = { "csi.storage.k8s.io/pod.uid": uidOf("pod", namespace, who.pod) };
      const outcome = await lab.mount({ ...own, ...who, tokens, attributes: uid, targetPath });
      const name = `${what}, sent as ${namespace}, Pod Identity ${usePodIdentity}`;
      console.log(`9 ${name}, ${args.join(" ")}: ${outcome === "ok" ? "SERVED" : "refused"}`);
      expect(outcome, name).toMatch(/token|Token|not authorized|AccessDenied/);
      expect(outcome).not.toContain("a value of the victim");
      expect(readdirSync(targetPath), name).toEqual([]);
    }
  });
});
