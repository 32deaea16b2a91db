// The fakes as a process of their own, so that CPU and memory of provider, client and fakes stay apart. Spawned by fakes-process.ts; speaks over IPC.
import { startWorld } from "../../test/fakes/world.ts";
import type { Service } from "../../test/fakes/calls.ts";
import { serviceAccountTokens } from "../../test/fakes/tokens.ts";
import { bigSecretBytes, paramName, region, secretName, workloadsMax } from "./content.ts";
import type { FakesAnswer, FakesRequest, FakesStart } from "./fakes-process.ts";

// TLS, as AWS has it; the Kubernetes fake speaks TLS anyway.
const world = await startWorld({ tls: true, region });
for (let n = 0; n < workloadsMax; n += 1)
  world.addWorkload({ namespace: "default", serviceAccount: `sa-${n}`, pod: `pod-${n}`, role: `role-${n}` });
for (let n = 0; n < 50; n += 1) {
  world.cloud.putSecret(
    region,
    secretName(n),
    JSON.stringify({
      username: `user-${n}`,
      password: `a passphrase of usual length ${n}`,
      host: "db.example",
      port: "5432",
    }),
  );
  world.cloud.putParameter(region, paramName(n), JSON.stringify({ level: "debug", value: `parameter ${n}` }));
}
for (let n = 0; n < 30; n += 1) world.cloud.putSecret(region, `big/secret-${n}`, "x".repeat(bigSecretBytes));

const awsServices: readonly Service[] = ["sts", "secrets-manager", "ssm", "pod-identity"];

function handle(request: FakesRequest): FakesAnswer["value"] {
  switch (request.op) {
    case "tokens":
      return request.pods.map((pod) => serviceAccountTokens({ namespace: "default", ...pod, ttlSeconds: 3600 }));
    case "latency": {
      world.faults.clear();
      const delay = (service: Service, delayMs: number): void => {
        if (delayMs > 0) world.faults.inject({ service }, { kind: "delay", delayMs });
      };
      for (const service of awsServices) delay(service, request.awsMs);
      delay("kubernetes", request.kubernetesMs);
      return undefined;
    }
    case "reset":
      return world.resetCalls();
    case "counts": {
      const calls: Record<string, number> = {};
      for (const { service, operation } of world.calls())
        calls[`${service}:${operation}`] = (calls[`${service}:${operation}`] ?? 0) + 1;
      const connections = Object.fromEntries(
        [...awsServices, "kubernetes" as const].map((service) => [service, world.connections(service)]),
      );
      return { calls, connections };
    }
  }
}

process.on("message", (request: FakesRequest) => process.send?.({ id: request.id, value: handle(request) }));
process.on("disconnect", () => {
  void world.close().finally(() => process.exit(0));
});
process.send?.({
  id: 0,
  value: { env: world.env, args: world.args, caBundle: world.env["AWS_CA_BUNDLE"] ?? "" } satisfies FakesStart,
});
