// The main job on real input: builds the binary, starts it beside embedded fakes of AWS and Kubernetes, mounts the example
// SecretProviderClasses through a gRPC client as the driver would, shows the files, rotates a secret and shows the change.
// Last it shows a mount that fails, and its event.
// Usage: bun run demo [FILE.yaml ...]   (your own SecretProviderClasses; the fakes invent a value for each object,
// optional ones come with the rotation)
import { existsSync, lstatSync, mkdirSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { finish } from "../src/work.ts";
import { parseObjects } from "../src/request/objects.ts";
import type { SecretObject } from "../src/request/secret-object.ts";
import type { MountResponse } from "../src/request/messages.ts";
import { aMountRequest } from "../test/build.ts";
import { startWorld } from "../test/fakes/world.ts";
import type { Workload, World } from "../test/fakes/world.ts";
import { startProvider } from "../test/provider.ts";
import { accountOf, readDemoFile } from "./demo-classes.ts";
import type { DemoClass, DemoFile } from "./demo-classes.ts";
import { showFailure } from "./demo-failure.ts";
import { invent } from "./demo-values.ts";
import type { ExpectedFile, Invented } from "./demo-values.ts";

const root = dirname(import.meta.dir);
const own = process.argv.slice(2);
const files =
  own.length > 0 ? own : ["irsa", "pod-identity"].map((name) => join(root, `deployment/examples/${name}.yaml`));
const nodeRegion = "eu-west-1";
const cacheTtlMs = 3_000;
const given = readGiven();

const built = Bun.spawnSync([process.execPath, join(root, "scripts/build.ts"), process.arch], {
  stdout: "inherit",
  stderr: "inherit",
});
if (!built.success) process.exit(1);

const accountId = accountOf(given.flatMap(({ classes }) => classes));
const world = await startWorld({ region: nodeRegion, ...(accountId === undefined ? {} : { accountId }) });
const flags = [...new Set(given.flatMap(flagsOf))];
const provider = await startProvider({ env: world.env, args: [...world.args, ...flags] });
const { runtimeName, runtimeVersion } = await provider.version();
console.log(
  `\n${runtimeName} ${runtimeVersion} serves on ${provider.socket}${flags.length === 0 ? "" : ` with ${flags.join(" ")}`}`,
);
let wrong = 0;
try {
  for (const one of given.flatMap(({ classes }) => classes)) await show(one);
  console.log(`\nCalls: ${countCalls(world)}`);
  wrong += await showFailure(world, provider, nodeRegion);
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

/** The files to show; ends the program with 2 and a line for each that can't be shown. */
function readGiven(): readonly DemoFile[] {
  const faults: string[] = [];
  const read = files.flatMap((file) => {
    try {
      return [readDemoFile(file)];
    } catch (error) {
      faults.push(error instanceof Error ? error.message : String(error));
      return [];
    }
  });
  if (faults.length === 0) return read;
  console.error(faults.join("\n"));
  process.exit(2);
}

/** Values are kept for so short a time that the demo can wait for its end. */
function flagsOf({ flags: wanted }: DemoFile): readonly string[] {
  return wanted.map((flag) => (flag.startsWith("--secret-cache-ttl=") ? `--secret-cache-ttl=${cacheTtlMs}ms` : flag));
}

/** Mounts one class for a pod of its own, then rotates its first object, makes the optional ones, and mounts again. */
async function show({ metadata, spec, region: ownRegion }: DemoClass): Promise<void> {
  const region = ownRegion === "" ? nodeRegion : ownRegion;
  // The demo has one node: a class without a region, whose ARNs have one, is mounted as on a node there.
  const isElsewhere = spec.parameters["region"] === undefined && region !== nodeRegion;
  const parameters = isElsewhere ? { ...spec.parameters, region } : spec.parameters;
  const workload = {
    namespace: metadata.namespace ?? "default",
    serviceAccount: metadata.name,
    pod: `${metadata.name}-0`,
    role: metadata.name,
  };
  world.addWorkload(workload);
  const failoverRegion = parameters["failoverRegion"] ?? "";
  const objects = finish(
    parseObjects(parameters["objects"] ?? "", {
      pathTranslation: parameters["pathTranslation"] ?? "",
      region,
      failoverRegion,
    }),
  );
  const { assumeRoleArn: classRole = "" } = parameters;
  const roles = new Set(objects.map(({ assumeRoleArn = classRole }) => assumeRoleArn).filter((arn) => arn !== ""));
  for (const arn of roles) world.cloud.trustRole(arn, workload.role);
  const regions = [region, ...(failoverRegion === "" ? [] : [failoverRegion])];
  const isThere = ({ optional }: SecretObject): boolean => optional !== true;
  const expected = new Map(objects.filter(isThere).map((object) => [object, store(object, regions, 1)]));

  console.log(
    `\n== SecretProviderClass ${metadata.name}: ${objects.length} object(s), ${parameters["usePodIdentity"] === "true" ? "Pod Identity" : "IRSA"}, ${regions.join(" and ")}${isElsewhere ? " (the region of its ARNs, as on a node there)" : ""}`,
  );
  const targetPath = join(world.folder, "pods", workload.pod, "mount");
  mkdirSync(targetPath, { recursive: true });
  const mount = (): Promise<MountResponse> => provider.mount(aMountRequest({ ...workload, parameters, targetPath }));
  const before = await mount();
  list(targetPath, before);
  verify(targetPath, expected);

  const rotated = objects.find((object) => isThere(object) && object.primary.objectVersion === ""); // a pinned version does not rotate
  const made = objects.filter((object) => !isThere(object));
  const changed = rotated === undefined ? made : [rotated, ...made];
  if (changed.length === 0) return;
  for (const object of changed) expected.set(object, store(object, regions, 2));
  if (flags.some((flag) => flag.startsWith("--secret-cache-ttl="))) await showShared(workload, parameters, mount);
  const after = await mount();
  const what = [
    ...(rotated === undefined ? [] : [`${rotated.objectName} is rotated`]),
    ...(made.length === 0 ? [] : [`${made.map(({ objectName }) => objectName).join(" and ")} made`]),
  ];
  console.log(`-- ${what.join(", ")}, the volume mounted again:`);
  list(targetPath, after, before);
  verify(targetPath, expected);
  const versionOf = (answer: MountResponse, path: string): string | undefined =>
    answer.objectVersions.find(({ id }) => id === path)?.version;
  for (const { path } of changed.flatMap((object) => expected.get(object) ?? [])) {
    if (versionOf(before, path) === versionOf(after, path)) complain(`the version of ${path} did not change`);
  }
  if (flags.some((flag) => flag.startsWith("--serve-stale-for="))) await showOutage(targetPath, mount, expected);
}

/** Further pods of the deployment, which AWS is not asked for; then the values get too old. */
async function showShared(
  workload: Workload,
  parameters: Record<string, string>,
  mount: () => Promise<MountResponse>,
): Promise<void> {
  await mount(); // the values are fresh from here on
  const before = countCalls(world);
  for (let n = 1; n < 20; n += 1) {
    const pod = { ...workload, pod: `${workload.serviceAccount}-${n}` };
    world.addWorkload(pod);
    const targetPath = join(world.folder, "pods", pod.pod, "mount");
    mkdirSync(targetPath, { recursive: true });
    await provider.mount(aMountRequest({ ...pod, parameters, targetPath }));
  }
  console.log(`-- 19 more pods of the deployment. Calls before: ${before}; after: ${countCalls(world)}`);
  if (before !== countCalls(world)) complain("AWS was asked for what is in memory");
  await Bun.sleep(cacheTtlMs);
}

/** AWS does not answer, and the volume is mounted again as it was. */
async function showOutage(
  targetPath: string,
  mount: () => Promise<MountResponse>,
  expected: ReadonlyMap<SecretObject, readonly ExpectedFile[]>,
): Promise<void> {
  for (const service of ["secrets-manager", "ssm", "sts", "pod-identity"] as const)
    world.faults.inject({ service }, { kind: "answer", status: 503, code: "ServiceUnavailable", message: "down" });
  const answer = await mount();
  console.log("-- AWS is down, the volume mounted again:");
  list(targetPath, answer, answer);
  verify(targetPath, expected);
  const told = provider
    .output()
    .split("\n")
    .filter((line) => line.includes("AWS does not answer"));
  console.log(told.join("\n"));
  if (told.length === 0) complain("the log says nothing of it");
  world.faults.clear();
}

/** Puts invented values into the fakes, in each region under the name that is asked for there; gives the files that come of them. */
function store(object: SecretObject, regions: readonly string[], generation: number): readonly ExpectedFile[] {
  const invented = invent(object, generation);
  regions.forEach((region, at) => {
    for (const one of invented) put(object, at === 0 ? "primary" : "failover", region, one);
  });
  return invented.flatMap(({ files }) => files);
}

function put(
  object: SecretObject,
  side: "primary" | "failover",
  region: string,
  { name, value, tags }: Invented,
): void {
  const { objectName, objectVersion, objectVersionLabel } = object[side];
  const own = object.selector === undefined ? nameIn(objectName) : name;
  if (object.type === "secretsmanager") {
    const stages = ["AWSCURRENT", ...(objectVersionLabel === "" ? [] : [objectVersionLabel])];
    world.cloud.putSecret(region, own, value, {
      stages,
      tags,
      ...(objectVersion === "" ? {} : { versionId: objectVersion }),
    });
    return;
  }
  const labels = objectVersionLabel === "" ? [] : [objectVersionLabel];
  for (let version = 0; version < Math.max(1, Number(objectVersion)); version += 1) {
    world.cloud.putParameter(region, own, value, { labels });
  }
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

/** Compares what is on disk with what the values in the fakes must have become. */
function verify(targetPath: string, expected: ReadonlyMap<SecretObject, readonly ExpectedFile[]>): void {
  const all = [...expected.values()].flat();
  const files = [...new Map(all.map((file) => [file.path, file])).values()]; // of two on one path the later wins
  for (const { path, contents, mode } of files) {
    const place = join(targetPath, path);
    if (!existsSync(place)) {
      complain(`${path} is not there`);
      continue;
    }
    if (contents !== undefined && !readFileSync(place).equals(contents))
      complain(`${path} does not hold what it should`);
    const has = lstatSync(place).mode & 0o7777;
    if (has !== mode) complain(`${path} has mode ${has.toString(8)}`);
  }
  const count = readdirSync(targetPath, { recursive: true, encoding: "utf8" }).filter((entry) =>
    lstatSync(join(targetPath, entry)).isFile(),
  ).length;
  if (count !== files.length) complain(`${count} files are mounted, ${files.length} should be`);
}

function complain(text: string): void {
  wrong += 1;
  console.error(`WRONG: ${text}`);
}

function countCalls({ calls }: World): string {
  const services = ["kubernetes", "sts", "pod-identity", "secrets-manager", "ssm"] as const;
  return services.map((service) => `${service} ${calls(service).length}`).join(", ");
}
