// Mounts that fail before anything is measured: what a provider loads at its first failure of a kind (the AWS SDK) is loaded then, once.
import { aMountRequest } from "../build.ts";
import { parameter, secret } from "../binary-lab.ts";
import type { Service } from "../fakes/calls.ts";
import type { Subject } from "./subject.ts";
import { region } from "./world-process.ts";
import type { WorldProcess, WorldStep } from "./world-process.ts";

const namespace = "warm-up";
const services: readonly Service[] = ["secrets-manager", "ssm", "sts", "pod-identity", "kubernetes"];
const refused = { kind: "answer", status: 500, code: "InternalFailure", message: "broken for now" } as const;

/** Makes a failing mount for each service, and one that is served in batches and by selectors. */
export async function warmUp(world: WorldProcess, subject: Subject): Promise<void> {
  const pods = services.map((service) => ({ namespace, serviceAccount: service, pod: service }));
  const steps: WorldStep[] = [
    ...pods.map((pod) => ({ do: "workload", ...pod, role: `warm-${pod.pod}` }) as const),
    { do: "secret", name: "warm/a", value: '{"a":1}' },
    { do: "parameter", name: "/warm/a", value: "v" },
  ];
  await world.take(namespace, steps);
  const tokens = await world.tokens(pods);
  const mount = async (at: number, objects: readonly object[], parameters: Record<string, string>): Promise<void> => {
    const targetPath = subject.newTarget(`warm-${at}`);
    const own = { ...pods[at], tokens: tokens[at], targetPath };
    const request = aMountRequest({ ...own, objects, parameters: { region, ...parameters } });
    await subject.mount(request, { deadlineMs: 60_000, signal: subject.gone }).catch(() => undefined);
  };
  const selectors = [
    { objectType: "ssmparameter", objectSelector: { path: "/warm" } },
    { objectType: "secretsmanager", objectSelector: { namePrefix: "warm/", tags: { k: "v" } } },
    secret("warm/a", { expandKeys: "true", jmesPath: [{ path: "a|to_string(@)", objectAlias: "a" }] }),
  ];
  await mount(0, [...selectors.slice(0, 1), ...selectors.slice(2)], { batch: "true" });
  for (const [at, service] of services.entries()) {
    const owner = `${namespace} ${service}`;
    const id = { sts: "*:role/warm-sts", "pod-identity": "warm-up/*", kubernetes: "warm-up/kubernetes" };
    const match = {
      service,
      ...(service in id ? { id: id[service as keyof typeof id] } : { role: `warm-${service}` }),
    };
    await world.take(owner, [{ do: "fault", match, action: refused }]);
    const objects =
      service === "ssm" ? [parameter("/warm/a")] : service === "sts" ? selectors.slice(1) : [secret("warm/a")];
    await mount(at, objects, { usePodIdentity: String(service === "pod-identity") });
    await world.forget(owner);
  }
  await world.forget(namespace);
}
