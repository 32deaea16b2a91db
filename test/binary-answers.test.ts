// What a service answers can't take the compiled binary's memory: packed answers, contradicting lengths, endless bodies, from each service.
import { expect, setDefaultTimeout, test } from "bun:test";
import { readFileSync } from "node:fs";
import { parameter, secret, startBinaryLab } from "./binary-lab.ts";
import type { FaultAction } from "./fakes/faults.ts";

setDefaultTimeout(60_000);
const region = "eu-west-1";
const services = ["sts", "pod-identity", "secrets-manager", "ssm", "kubernetes"] as const;
const answers: readonly (readonly [FaultAction, RegExp])[] = [
  [{ kind: "packed", encoding: "br", framing: "length" }, /the answer is compressed, which was not asked for/],
  [{ kind: "packed", encoding: "gzip", framing: "chunked" }, /the answer is compressed, which was not asked for/],
  [{ kind: "contradicting" }, /the answer has a Content-Length and is chunked/],
  [{ kind: "huge" }, /the answer is larger than \d+ bytes/],
];

test("an answer is refused before it costs memory, whichever service gives it", async () => {
  await using lab = await startBinaryLab({
    args: ["--credential-cache-max-age=0", "--qps=-1"],
    env: { AWS_REGION: region },
  });
  lab.world.cloud.putSecret(region, "s", "value");
  lab.world.cloud.putParameter(region, "p", "value");
  const kib = (field: string): number =>
    Number(new RegExp(`${field}:\\s+(\\d+)`).exec(readFileSync(`/proc/${lab.pid}/status`, "utf8"))?.[1]);
  const order = (service: string, round: number) => {
    const name = `a${round}-${service}`;
    const workload = { namespace: "default", serviceAccount: name, pod: name, role: "app" };
    lab.world.addWorkload(workload);
    const parameters = service === "pod-identity" ? { usePodIdentity: "true" } : {};
    return { ...workload, parameters, objects: [service === "ssm" ? parameter("p") : secret("s")] };
  };
  for (const [n, service] of services.entries()) await lab.run(order(service, 100 + n)); // everything is loaded
  const before = kib("VmRSS");
  for (const [round, [action, text]] of answers.entries()) {
    for (const service of services) {
      const fault = lab.world.faults.inject({ service }, action);
      const { details } = await lab.failure(order(service, round));
      fault.remove();
      expect(details).toMatch(text);
    }
  }
  expect(kib("VmHWM") - before).toBeLessThan(32 << 10); // one answer unpacked would be 64 MiB
  expect((await lab.run(order("sts", 999))).contents).toEqual({ s: "value" });
});
