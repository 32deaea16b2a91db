// The end of the demo: a pod whose role may not read its secret, and what its event says, beside that of provider 3.1.1.
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { aMountRequest } from "../test/build.ts";
import type { World } from "../test/fakes/world.ts";
import type { Provider } from "../test/provider.ts";

const workload = { namespace: "default", serviceAccount: "shop", pod: "shop-0", role: "shop" };
const secretName = "shop/db";

/** Mounts twice, as kubelet does, and prints the event. @returns how much was not as it should be */
export async function showFailure(world: World, provider: Provider, region: string): Promise<number> {
  world.addWorkload(workload);
  world.cloud.putSecret(region, secretName, "never shown");
  world.cloud.deny({ role: workload.role });
  const targetPath = join(world.folder, "pods", workload.pod, "mount");
  mkdirSync(targetPath, { recursive: true });
  const objects = [{ objectName: secretName, objectType: "secretsmanager" }];
  const fail = (): Promise<string> =>
    provider.mount(aMountRequest({ ...workload, objects, targetPath })).then(
      () => "",
      (error: unknown) => (error instanceof Error && "details" in error ? String(error.details) : String(error)),
    );
  const [first, second] = [await fail(), await fail()];
  console.log(`
== A pod that may not: its role shop has no right to read ${secretName}
-- what its event says (kubectl describe pod), once for all tries of kubelet:
  ${first}
-- what it says with provider 3.1.1:
  Failed to fetch secret from all regions. Verify secret exists and required permissions are granted for: ${secretName}`);
  const faults = [
    first.includes("AccessDeniedException") ? [] : ["the mount did not fail as it should"],
    first === second ? [] : ["the second try has another event"],
  ].flat();
  for (const fault of faults) console.error(`WRONG: ${fault}`);
  return faults.length;
}
