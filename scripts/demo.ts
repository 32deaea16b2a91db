// The main job on real input: builds the binary, starts it beside embedded fakes of AWS and Kubernetes, mounts the example
// SecretProviderClasses through a gRPC client as the driver would, shows the files, rotates a secret and shows the change.
// Usage: bun run demo [FILE.yaml ...]   (your own SecretProviderClasses; the fakes invent a value for each object)
import { lstatSync, mkdirSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { loadAll } from "js-yaml";
import { parseObjects } from "../src/request/objects.ts";
import type { SecretObject } from "../src/request/objects.ts";
import type { MountResponse } from "../src/server/messages.ts";
import { aMountRequest } from "../test/build.ts";
import { startWorld } from "../test/fakes/world.ts";
import type { World } from "../test/fakes/world.ts";
import { startProvider } from "../test/provider.ts";
import { inventValue } from "./demo-values.ts";

interface SecretProviderClass {
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string };
  readonly spec: { readonly provider: string; readonly parameters: Record<string, string> };
}

const root = dirname(import.meta.dir);
const own = process.argv.slice(2);
const files =
  own.length > 0 ? own : ["irsa", "pod-identity"].map((name) => join(root, `deployment/examples/${name}.yaml`));
const nodeRegion = "eu-west-1";

const built = Bun.spawnSync([process.execPath, join(root, "scripts/build.ts"), process.arch], {
  stdout: "inherit",
  stderr: "inherit",
});
if (!built.success) process.exit(1);

const world = await startWorld({ region: nodeRegion });
const provider = await startProvider({ env: world.env, args: world.args });
const { runtimeName, runtimeVersion } = await provider.version();
console.log(`\n${runtimeName} ${runtimeVersion} serves on ${provider.socket}`);
let wrong = 0;
try {
  for (const file of files) {
    const classes = loadAll(readFileSync(file, "utf8")) as SecretProviderClass[];
    for (const one of classes.filter((item) => item?.kind === "SecretProviderClass")) await show(one);
  }
  console.log(`\nCalls: ${countCalls(world)}`);
} catch (error) {
  wrong += 1;
  console.error(
    `\n${error instanceof Error ? error.message : String(error)}\n--- the provider's log ---\n${provider.output()}`,
  );
} finally {
  const code = await provider.stop();
  if (code !== 0) wrong += 1;
  console.log(`The provider ended with exit code ${code}.`);
  await world.close();
}
process.exit(wrong === 0 ? 0 : 1);

/** Mounts one class for a pod of its own, then rotates its first object and mounts again. */
async function show({ metadata, spec }: SecretProviderClass): Promise<void> {
  const { parameters } = spec;
  const workload = {
    namespace: metadata.namespace ?? "default",
    serviceAccount: metadata.name,
    pod: `${metadata.name}-0`,
    role: metadata.name,
  };
  world.addWorkload(workload);
  const region = parameters["region"] ?? nodeRegion;
  const failoverRegion = parameters["failoverRegion"] ?? "";
  const objects = parseObjects(parameters["objects"] ?? "", {
    pathTranslation: parameters["pathTranslation"] ?? "",
    region,
    failoverRegion,
  });
  const regions = [region, ...(failoverRegion === "" ? [] : [failoverRegion])];
  const expected = new Map(objects.map((object) => [object, store(object, regions, 1)]));

  console.log(
    `\n== SecretProviderClass ${metadata.name}: ${objects.length} object(s), ${parameters["usePodIdentity"] === "true" ? "Pod Identity" : "IRSA"}, ${regions.join(" and ")}`,
  );
  const targetPath = join(world.folder, "pods", workload.pod, "mount");
  mkdirSync(targetPath, { recursive: true });
  const mount = (): Promise<MountResponse> => provider.mount(aMountRequest({ ...workload, parameters, targetPath }));
  const before = await mount();
  list(targetPath, before);
  verify(targetPath, expected);

  const rotated = objects.find(({ primary }) => primary.objectVersion === ""); // a pinned version does not rotate
  if (rotated === undefined) return;
  expected.set(rotated, store(rotated, regions, 2));
  const after = await mount();
  console.log(`-- ${rotated.objectName} is rotated, the volume mounted again:`);
  list(targetPath, after, before);
  verify(targetPath, expected);
  const versionOf = (answer: MountResponse): string | undefined =>
    answer.objectVersions.find(({ id }) => id === rotated.filePath)?.version;
  if (versionOf(before) === versionOf(after)) complain(`the version of ${rotated.filePath} did not change`);
}

/** Puts an invented value into the fakes, in each region under the name that is asked for there; gives the value. */
function store(object: SecretObject, regions: readonly string[], generation: number): string {
  const value = inventValue(object, generation);
  regions.forEach((region, at) => {
    const { objectName, objectVersion, objectVersionLabel } = at === 0 ? object.primary : object.failover;
    const name = nameIn(objectName);
    if (object.type === "secretsmanager") {
      const stages = ["AWSCURRENT", ...(objectVersionLabel === "" ? [] : [objectVersionLabel])];
      world.cloud.putSecret(region, name, value, {
        stages,
        ...(objectVersion === "" ? {} : { versionId: objectVersion }),
      });
    } else {
      const labels = objectVersionLabel === "" ? [] : [objectVersionLabel];
      for (let version = 0; version < Math.max(1, Number(objectVersion)); version += 1) {
        world.cloud.putParameter(region, name, value, { labels });
      }
    }
  });
  return value;
}

/** The name in an ARN; another name as it is. */
function nameIn(objectName: string): string {
  if (!objectName.startsWith("arn:")) return objectName;
  const resource = objectName.split(":").slice(5).join(":");
  return resource.startsWith("secret:") ? resource.slice("secret:".length) : resource.replace(/^parameter/, "");
}

/** Prints the mounted files: mode, size, version, content; marks what changed. */
function list(targetPath: string, { objectVersions }: MountResponse, before?: MountResponse): void {
  for (const entry of readdirSync(targetPath, { recursive: true, encoding: "utf8" }).toSorted()) {
    const path = join(targetPath, entry);
    const stat = lstatSync(path);
    if (!stat.isFile()) continue;
    const version = objectVersions.find(({ id }) => id === entry)?.version ?? "-";
    const changed = before !== undefined && before.objectVersions.find(({ id }) => id === entry)?.version !== version;
    console.log(
      `  ${(stat.mode & 0o7777).toString(8).padStart(4, "0")} ${String(stat.size).padStart(5)} B  ${entry.padEnd(14)} ${version.padEnd(36)} ${JSON.stringify(readFileSync(path, "utf8"))}${changed ? "   <- new" : ""}`,
    );
  }
}

/** Compares what is on disk with what the fakes hold. */
function verify(targetPath: string, expected: ReadonlyMap<SecretObject, string>): void {
  for (const [object, value] of expected) {
    const path = join(targetPath, object.filePath);
    if (readFileSync(path, "utf8") !== value)
      complain(`${object.filePath} does not hold the value of ${object.objectName}`);
    const mode = lstatSync(path).mode & 0o7777;
    if (mode !== (object.mode ?? 0o644)) complain(`${object.filePath} has mode ${mode.toString(8)}`);
    for (const entry of object.jmesPath) {
      if (!value.includes(JSON.stringify(readFileSync(join(targetPath, entry.filePath), "utf8"))))
        complain(`${entry.filePath} is not part of ${object.objectName}`);
    }
  }
}

function complain(text: string): void {
  wrong += 1;
  console.error(`WRONG: ${text}`);
}

function countCalls({ calls }: World): string {
  const services = ["kubernetes", "sts", "pod-identity", "secrets-manager", "ssm"] as const;
  return services.map((service) => `${service} ${calls(service).length}`).join(", ");
}
