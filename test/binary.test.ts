// The compiled binary as a node runs it: no environment but what it needs, a foreign working directory, many pods, large messages.
import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { newFolder, parameter, secret, startBinaryLab } from "./binary-lab.ts";

setDefaultTimeout(60_000);
const region = "eu-west-1";

/** What a Bun or Node runtime, an SDK or a shell could pick up from a working directory. Each leaves a mark if it is. */
function hostileFolder(): Disposable & { readonly path: string; readonly mark: string } {
  const folder = newFolder();
  const mark = join(folder.path, "MARK");
  const code = `import { appendFileSync } from "node:fs"; appendFileSync(${JSON.stringify(mark)}, import.meta.url);`;
  const nowhere = "http://127.0.0.1:1";
  const settings = [
    "AWS_REGION=us-east-1",
    "AWS_MAX_ATTEMPTS=junk",
    `AWS_ENDPOINT_URL=${nowhere}`,
    `HTTP_PROXY=${nowhere}`,
    `HTTPS_PROXY=${nowhere}`,
    "NODE_TLS_REJECT_UNAUTHORIZED=0",
    "AWS_ACCESS_KEY_ID=AKIAFROMDOTENV",
    "AWS_SECRET_ACCESS_KEY=fromdotenv",
  ];
  const modules = ["@aws-sdk/client-sts", "@aws-sdk/client-secrets-manager", "@aws-sdk/client-ssm", "@grpc/grpc-js"];
  const files: Readonly<Record<string, string>> = {
    ".env": settings.join("\n"),
    ".env.local": settings.join("\n"),
    ".env.production": settings.join("\n"),
    "bunfig.toml": `preload = ["./preload.ts"]\n[run]\npreload = ["./preload.ts"]\nsmol = true\n`,
    "preload.ts": code,
    "package.json": JSON.stringify({ name: "hostile", type: "commonjs", version: "6.6.6", imports: {} }),
    "tsconfig.json": JSON.stringify({ compilerOptions: { baseUrl: ".", paths: { "*": ["./preload.ts"] } } }),
    ...Object.fromEntries(modules.map((name) => [`node_modules/${name}/index.js`, code])),
    ...Object.fromEntries(modules.map((name) => [`node_modules/${name}/package.json`, '{"main":"index.js"}'])),
  };
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder.path, name)), { recursive: true });
    writeFileSync(join(folder.path, name), text);
  }
  return { ...folder, mark };
}

describe.each([false, true])("driver writes %p", (driverWrites) => {
  const args = [`--driver-writes-secrets=${driverWrites}`];

  test("serves and mounts with no HOME and no PATH, and takes nothing from a hostile working directory", async () => {
    using folder = hostileFolder();
    await using lab = await startBinaryLab({ args, cwd: folder.path });
    const { cloud } = lab.world;
    const version = cloud.putSecret(region, "db", '{"user":"u","pass":"p"}');
    cloud.putParameter(region, "/app/level", "debug", { type: "SecureString" });
    const objects = [secret("db", { jmesPath: [{ path: "pass", objectAlias: "pw" }] }), parameter("/app/level")];
    for (const usePodIdentity of ["false", "true"]) {
      const mounted = await lab.run({ objects, parameters: { usePodIdentity } });
      expect(mounted.contents).toEqual({ db: '{"user":"u","pass":"p"}', pw: "p", _app_level: "debug" });
      expect(mounted.versions).toEqual({ db: version, pw: version, _app_level: "1" });
      expect(mounted.files).toHaveLength(driverWrites ? 3 : 0);
    }
    expect(await lab.version()).toEqual({
      version: "v1alpha1",
      runtimeName: "secrets-store-csi-driver-provider-aws",
      runtimeVersion: "4.0.0",
    });
    expect(existsSync(folder.mark)).toBe(false);
    expect(await lab.stop()).toBe(0);
  });

  test("100 mounts at once: each pod has its own files", async () => {
    await using lab = await startBinaryLab({ args: [...args, "--qps=-1"] });
    const pods = Array.from({ length: 100 }, (_, n) => `pod-${n}`);
    for (const pod of pods) {
      lab.world.addWorkload({ namespace: pod, serviceAccount: pod, pod, role: pod });
      lab.world.cloud.putSecret(region, pod, `value of ${pod}`);
    }
    const mounted = await Promise.all(
      pods.map((pod) => lab.run({ namespace: pod, serviceAccount: pod, pod, objects: [secret(pod)] })),
    );
    expect(mounted.map(({ contents }) => contents)).toEqual(pods.map((pod) => ({ [pod]: `value of ${pod}` })));
    const calls = lab.world.calls("secrets-manager");
    expect([calls.length, calls.every(({ role, ids }) => ids.every((id) => id === role))]).toEqual([100, true]);
  });
});

test("answers over 4 MiB leave whole: their limit is the driver's own", async () => {
  await using lab = await startBinaryLab({ args: ["--driver-writes-secrets=true"] });
  const value = "é".repeat(32 << 10); // the most a secret holds, 64 KiB
  const names = Array.from({ length: 70 }, (_, n) => `big-${n}`);
  for (const name of names) lab.world.cloud.putSecret(region, name, value);
  for (const count of [63, 70]) {
    const mounted = await lab.run({ objects: names.slice(0, count).map((name) => secret(name)) });
    expect(mounted.files).toHaveLength(count);
    expect(Object.values(mounted.contents).every((content) => content === value)).toBe(true);
  }
});

test("a request just under 4 MiB is served; a larger one is refused by the transport, and the next is served", async () => {
  await using lab = await startBinaryLab();
  lab.world.cloud.putSecret(region, "s", "v");
  const filler = (bytes: number): object => ({ objects: [secret("s")], attributes: { filler: "x".repeat(bytes) } });
  const resourceExhausted = 8;
  expect((await lab.run(filler((4 << 20) - 8_192))).contents).toEqual({ s: "v" });
  expect((await lab.failure(filler(4 << 20))).code).toBe(resourceExhausted);
  expect((await lab.run(filler(0))).contents).toEqual({ s: "v" });
});

test("bytes that are no message, methods that no one has, health: answered, and the next mount is served", async () => {
  await using lab = await startBinaryLab();
  lab.world.cloud.putSecret(region, "s", "v");
  const code = (path: string, bytes: Buffer): Promise<number> =>
    lab.raw(path, bytes).then(
      () => 0,
      (error: unknown) => (error as { code: number }).code,
    );
  const unimplemented = 12;
  expect(await code("/v1alpha1.CSIDriverProvider/Mount", Buffer.from([0xff, 0xff, 0xff]))).not.toBe(0);
  expect(await code("/v1alpha1.CSIDriverProvider/Nope", Buffer.alloc(0))).toBe(unimplemented);
  expect(await lab.raw("/grpc.health.v1.Health/Check", Buffer.alloc(0))).toEqual(Buffer.from([0x08, 0x01]));
  expect((await lab.run({ objects: [secret("s")] })).contents).toEqual({ s: "v" });
});
