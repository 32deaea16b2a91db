// Bill of materials of the packages that a production install has, CycloneDX 1.6: from bun.lock and node_modules alone, without a tool to bring in and
// without the network. The same lock gives the same bytes. Called by release.yml. Usage: node scripts/run.mjs sbom FILE
import { readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

interface Locked {
  /** Where bun.lock has it: `a`, or `a/b` for b's copy below a. */
  readonly key: string;
  readonly name: string;
  readonly version: string;
  readonly needs: readonly string[];
  /** Subresource integrity, `sha512-<base64>`. */
  readonly integrity: string;
}

type Needs = Readonly<Record<string, string>>;
interface Lock {
  readonly workspaces: { readonly "": { readonly dependencies: Needs } };
  readonly packages: Readonly<
    Record<string, readonly [string, string, { dependencies?: Needs; optionalDependencies?: Needs }, string]>
  >;
}

const root = dirname(import.meta.dir);
const [file = ""] = process.argv.slice(2);
if (file === "") throw new Error("usage: node scripts/run.mjs sbom FILE");

const own = readJson("package.json") as { name: string; version: string; license: string };
const runtime = readJson("scripts/runtime/package.json") as { dependencies: Needs };
const lock = Bun.JSONC.parse(readFileSync(join(root, "bun.lock"), "utf8")) as Lock;

/** As Node looks packages up: the nearest copy. */
function find(name: string, from: string): string | undefined {
  const above = namesIn(from);
  for (let depth = above.length; depth >= 0; depth -= 1) {
    const key = [...above.slice(0, depth), name].join("/");
    if (Object.hasOwn(lock.packages, key)) return key;
  }
  return undefined; // optional, and not for this platform
}

const found = new Map<string, Locked>();
const waiting = Object.keys(lock.workspaces[""].dependencies).flatMap((name) => find(name, "") ?? []);
for (let key = waiting.pop(); key !== undefined; key = waiting.pop()) {
  const entry = lock.packages[key];
  if (found.has(key) || entry === undefined) continue;
  const [spec, , { dependencies = {}, optionalDependencies = {} }, integrity] = entry;
  const from = key;
  const needs = Object.keys({ ...dependencies, ...optionalDependencies }).flatMap((name) => find(name, from) ?? []);
  const at = spec.lastIndexOf("@");
  found.set(key, { key, name: spec.slice(0, at), version: spec.slice(at + 1), needs, integrity });
  waiting.push(...needs);
}

const packages = [...found.values()].toSorted((a, b) => (a.key < b.key ? -1 : 1));
const bunVersion = runtime.dependencies["@oven/bun-linux-aarch64"] ?? "";
const appRef = purl(own.name, own.version);
const bunRef = purl("bun", bunVersion);
const refOf = (key: string): string => {
  const one = found.get(key);
  return one === undefined ? "" : purl(one.name, one.version);
};
const refs = (keys: readonly string[]): string[] => [...new Set(keys.map(refOf))].toSorted();
const components = new Map(packages.map((one) => [refOf(one.key), componentOf(one)]));
const sbom = {
  $schema: "http://cyclonedx.org/schema/bom-1.6.schema.json",
  bomFormat: "CycloneDX",
  specVersion: "1.6",
  version: 1,
  metadata: {
    component: { type: "application", "bom-ref": appRef, name: own.name, version: own.version, purl: appRef },
  },
  components: [
    { type: "platform", "bom-ref": bunRef, name: "bun", version: bunVersion, purl: bunRef },
    ...components.values(),
  ],
  dependencies: [
    {
      ref: appRef,
      dependsOn: [
        bunRef,
        ...refs(Object.keys(lock.workspaces[""].dependencies).flatMap((name) => find(name, "") ?? [])),
      ],
    },
    ...packages.map(({ key, needs }) => ({ ref: refOf(key), dependsOn: refs(needs) })),
  ],
};
writeFileSync(file, `${JSON.stringify(sbom, null, 2)}\n`);

function componentOf({ key, name, version, integrity }: Locked) {
  const [group = "", short] = name.includes("/") ? name.split("/") : ["", name];
  const path = namesIn(key).map((part) => `node_modules/${part}`);
  const { license } = readJson(join(...path, "package.json")) as { license?: unknown };
  const isExpression = typeof license === "string" && /[ ()]/.test(license);
  return {
    type: "library",
    "bom-ref": purl(name, version),
    ...(group === "" ? {} : { group }),
    name: short,
    version,
    purl: purl(name, version),
    hashes: [{ alg: "SHA-512", content: Buffer.from(integrity.replace("sha512-", ""), "base64").toString("hex") }],
    ...(typeof license === "string"
      ? { licenses: isExpression ? [{ expression: license }] : [{ license: { id: license } }] }
      : {}),
  };
}

/** https://github.com/package-url/purl-spec: the @ of a scope is escaped. */
function purl(name: string, version: string): string {
  return `pkg:npm/${name.replace("@", "%40")}@${version}`;
}

/** The packages of a key, outermost first. */
function namesIn(key: string): string[] {
  return key.match(/(?:@[^/]+\/)?[^/]+/g) ?? [];
}

function readJson(path: string): unknown {
  return JSON.parse(readFileSync(join(root, path), "utf8"));
}
