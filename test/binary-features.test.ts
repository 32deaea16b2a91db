// What 3.x has not, in the compiled binary: each field in both write modes, with failover, over a rotation, and with names that would lead outside.
import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { newFolder, parameter, secret, startBinaryLab } from "./binary-lab.ts";
import type { BinaryLab } from "./binary-lab.ts";

setDefaultTimeout(60_000);
const region = "eu-west-1";
const failoverRegion = "us-east-1";

/** Everything at once: each object uses one of the fields. */
const objects = [
  { objectType: "ssmparameter", objectSelector: { path: "/app", recursive: true }, keyPrefix: "p-" },
  { objectType: "secretsmanager", objectSelector: { namePrefix: "app/" } },
  { objectType: "secretsmanager", objectSelector: { tags: { team: "red" } }, keyPrefix: "t-" },
  secret("json", {
    expandKeys: true,
    keyPrefix: "k-",
    jmesPath: [
      { path: "o", objectAlias: "o.json", output: "json" },
      { path: "l", objectAlias: "lines", output: "lines" },
      { path: "h", objectAlias: "bytes", objectEncoding: "hex" },
    ],
  }),
  secret("b64", { objectEncoding: "base64" }),
  secret("maybe", { optional: true }),
  parameter("/maybe", { optional: true }),
];

function fill({ world: { cloud } }: BinaryLab, at: string, mark: string): void {
  cloud.putParameter(at, "/app/level", `level ${mark}`);
  cloud.putParameter(at, "/app/db/host", `host ${mark}`);
  cloud.putSecret(at, "app/one", `one ${mark}`);
  cloud.putSecret(at, "tagged", `tagged ${mark}`, { tags: { team: "red" } });
  cloud.putSecret(at, "not tagged", "no", { tags: { team: "redder" } });
  cloud.putSecret(at, "json", `{ "o": {"2": 1.0, "1": [ "${mark}" ]}, "l": ["a", 1], "h": "68690a" }`);
  cloud.putSecret(at, "b64", Buffer.from(`b64 ${mark}`).toString("base64"));
}

const filesOf = (mark: string): Readonly<Record<string, string>> => ({
  "p-level": `level ${mark}`,
  "p-db_host": `host ${mark}`,
  one: `one ${mark}`,
  "t-tagged": `tagged ${mark}`,
  "k-o": `{"2":1.0,"1":["${mark}"]}`,
  "k-l": '["a",1]',
  "k-h": "68690a",
  "o.json": `{"2":1,"1":["${mark}"]}`,
  lines: "a\n1\n",
  bytes: "hi\n",
  b64: `b64 ${mark}`,
});

describe.each([false, true])("driver writes %p", (driverWrites) => {
  const args = [`--driver-writes-secrets=${driverWrites}`];

  test("each field, over a rotation; optional objects come and go", async () => {
    await using lab = await startBinaryLab({ args });
    using folder = newFolder();
    const targetPath = join(folder.path, "mount");
    mkdirSync(targetPath);
    fill(lab, region, "1");
    const before = await lab.run({ objects, targetPath });
    expect(before.contents).toEqual(filesOf("1"));
    expect(Object.keys(before.versions).toSorted()).toEqual(Object.keys(filesOf("1")).toSorted());
    fill(lab, region, "2");
    lab.world.cloud.putSecret(region, "maybe", "now");
    lab.world.cloud.putParameter(region, "/app/new", "new");
    const after = await lab.run({ objects, targetPath });
    expect(after.contents).toEqual({ ...filesOf("2"), maybe: "now", "p-new": "new" });
    expect(Object.entries(after.versions).filter(([id, version]) => before.versions[id] === version)).toEqual([]);
    lab.world.cloud.deleteSecret(region, "maybe", { purge: true });
    const gone = await lab.run({ objects, targetPath });
    expect(gone.contents).toEqual({ ...filesOf("2"), "p-new": "new", ...(driverWrites ? {} : { maybe: "now" }) });
    expect(gone.versions).not.toHaveProperty("maybe");
    expect(await lab.stop()).toBe(0);
  });

  test("each field under failover: from the region that is left", async () => {
    await using lab = await startBinaryLab({ args, env: { AWS_MAX_ATTEMPTS: "1" } });
    fill(lab, region, "1");
    fill(lab, failoverRegion, "2");
    const parameters = { region, failoverRegion };
    expect((await lab.run({ objects, parameters })).contents).toEqual(filesOf("1"));
    const needed = objects.filter((object) => !("optional" in object));
    lab.world.faults.inject({ service: "secrets-manager", region }, { kind: "reset" });
    lab.world.faults.inject({ service: "ssm", region }, { kind: "reset" });
    expect((await lab.run({ objects: needed, parameters })).contents).toEqual(filesOf("2"));
    // Not found in one region, unknown in the other: a new volume does without, one that has the file keeps it.
    expect((await lab.run({ objects, parameters })).contents).toEqual(filesOf("2"));
    using folder = newFolder();
    writeFileSync(join(folder.path, "maybe"), "as it was");
    const { details } = await lab.failure({ objects, parameters, targetPath: folder.path });
    expect(details).toContain("maybe");
  });

  test("a class whose objects are all optional and absent mounts a volume with nothing but a mark", async () => {
    await using lab = await startBinaryLab({ args });
    const absent = [
      secret("maybe", { optional: true, objectAlias: "m" }),
      { objectType: "ssmparameter", objectSelector: { path: "/nothing" }, optional: true },
    ];
    const mounted = await lab.run({ objects: absent });
    const mark = ".secrets-store-aws-empty";
    expect([mounted.contents, mounted.versions]).toEqual([{ [mark]: "" }, { [mark]: "" }]);
  });

  test("keys and matches with hostile names fail the mount, and the next one is served", async () => {
    await using lab = await startBinaryLab({ args });
    lab.world.cloud.putSecret(region, "json", '{"../../etc/passwd":"x"}');
    lab.world.cloud.putSecret(region, "app/../../x", "x");
    const off = { pathTranslation: "False" };
    for (const object of [
      secret("json", { expandKeys: true }),
      { objectType: "secretsmanager", objectSelector: { namePrefix: "app/" } },
    ]) {
      const { code, details } = await lab.failure({ objects: [object], parameters: off });
      expect([code, details]).toEqual([2, expect.stringContaining("path can not contain ../")]);
      expect(Object.keys((await lab.run({ objects: [object] })).contents)).toHaveLength(1);
    }
  });
});
