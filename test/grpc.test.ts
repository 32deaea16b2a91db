// The socket's protocol with a real client: concurrency, cancel, deadline, sizes, unknown methods, status codes, drain, overlap.
import { describe, expect, test } from "bun:test";
import { existsSync, lstatSync } from "node:fs";
import { join } from "node:path";
import { startLab } from "./inprocess.ts";

const region = "eu-west-1";
const one = { objects: [{ objectName: "s", objectType: "secretsmanager" }] };
const unimplemented = 12;
const resourceExhausted = 8;
const unknown = 2;
const cancelled = 1;

describe("protocol", () => {
  test("Version, whatever is asked", async () => {
    await using lab = await startLab();
    expect(await lab.version()).toEqual({
      version: "v1alpha1",
      runtimeName: "secrets-store-csi-driver-provider-aws",
      runtimeVersion: "4.0.0",
    });
    expect((await lab.raw("/v1alpha1.CSIDriverProvider/Version", Buffer.alloc(0))).length).toBeGreaterThan(0);
  });

  test("an unknown method or service is unimplemented", async () => {
    await using lab = await startLab();
    for (const path of ["/v1alpha1.CSIDriverProvider/Unmount", "/other.Service/Do"]) {
      expect(await lab.raw(path, Buffer.alloc(0)).catch((e: unknown) => e)).toMatchObject({ code: unimplemented });
    }
  });

  test("bytes that are no message fail that call alone", async () => {
    await using lab = await startLab();
    lab.world.cloud.putSecret(region, "s", "v");
    for (const bytes of ["ff", "0aff", "0a05616263", "08"]) {
      const error: unknown = await lab
        .raw("/v1alpha1.CSIDriverProvider/Mount", Buffer.from(bytes, "hex"))
        .catch((e: unknown) => e);
      expect(error).toMatchObject({ code: expect.any(Number) });
    }
    expect((await lab.run(one)).contents).toEqual({ s: "v" });
  });

  test("a request over 4 MiB is refused by the transport, an answer over 4 MiB is sent", async () => {
    await using lab = await startLab({ args: ["--driver-writes-secrets=true"] });
    const big = await lab.failure({ attributes: { filler: "x".repeat(4 << 20) } });
    expect(big.code).toBe(resourceExhausted);
    const names = Array.from({ length: 80 }, (_, n) => `s${n}`);
    names.forEach((name) => lab.world.cloud.putSecret(region, name, "x".repeat(60_000)));
    const mounted = await lab.run({
      objects: names.map((objectName) => ({ objectName, objectType: "secretsmanager" })),
    });
    expect(mounted.files.reduce((sum, { contents }) => sum + contents.length, 0)).toBe(80 * 60_000);
  });

  test("many mounts at once on one connection", async () => {
    await using lab = await startLab();
    lab.world.cloud.putSecret(region, "s", "v");
    const mounted = await Promise.all(Array.from({ length: 200 }, () => lab.run(one)));
    expect(mounted.every(({ contents }) => contents["s"] === "v")).toBe(true);
  });

  test("health says serving", async () => {
    await using lab = await startLab();
    expect((await lab.raw("/grpc.health.v1.Health/Check", Buffer.alloc(0))).toString("hex")).toBe("0801");
  });
});

describe("time", () => {
  test("parity 12.1 row 19: a mount that runs out of time ends as UNKNOWN before the caller's deadline, naming what it waited for", async () => {
    await using lab = await startLab();
    lab.world.cloud.putSecret(region, "s", "v");
    lab.world.faults.inject({ service: "secrets-manager" }, { kind: "hang" });
    const { code, details } = await lab.failure(one, { deadlineMs: 1_500 });
    expect(code).toBe(unknown);
    expect(details).toContain("Failed to fetch secret from all regions.");
    expect(details).toContain(
      "operation error Secrets Manager: GetSecretValue, no answer yet: the mount was given up shortly before its caller's deadline",
    );
  });

  test.each(["kubernetes", "sts"] as const)("parity 12.1 row 19: the same when %s hangs", async (service) => {
    await using lab = await startLab();
    lab.world.cloud.putSecret(region, "s", "v");
    lab.world.faults.inject({ service }, { kind: "hang" });
    const { code, details } = await lab.failure(one, { deadlineMs: 1_500 });
    expect([code, details]).toEqual([unknown, expect.stringContaining("the mount was given up shortly before")]);
    lab.world.faults.clear();
    expect((await lab.run(one)).contents).toEqual({ s: "v" });
  });

  test("a call that the caller gives up stops its AWS calls", async () => {
    await using lab = await startLab();
    lab.world.cloud.putSecret(region, "s", "v");
    lab.world.faults.inject({ service: "secrets-manager" }, { kind: "hang" });
    const controller = new AbortController();
    const failed = lab.failure(one, { signal: controller.signal });
    while (lab.world.inFlight("secrets-manager") === 0) await Bun.sleep(5);
    controller.abort();
    expect((await failed).code).toBe(cancelled); // the client's own word: it did not wait
    while (lab.world.inFlight("secrets-manager") > 0) await Bun.sleep(5);
    expect(lab.logged()).toContain("the caller gave the mount up");
  });

  test("one that hangs does not hold up the others", async () => {
    await using lab = await startLab();
    lab.world.cloud.putSecret(region, "s", "v");
    lab.world.cloud.putSecret(region, "stuck", "v");
    lab.world.faults.inject({ service: "secrets-manager", id: "stuck" }, { kind: "hang" });
    const stuck = lab.failure(
      { objects: [{ objectName: "stuck", objectType: "secretsmanager" }] },
      { deadlineMs: 2_000 },
    );
    expect((await lab.run(one)).contents).toEqual({ s: "v" });
    expect((await stuck).code).toBe(unknown);
  });
});

describe("stopping", () => {
  test("running mounts finish, then the socket goes", async () => {
    await using lab = await startLab();
    lab.world.cloud.putSecret(region, "s", "v");
    lab.world.faults.inject({ service: "secrets-manager" }, { kind: "delay", delayMs: 300 });
    const running = Array.from({ length: 8 }, () => lab.run(one));
    while (lab.world.inFlight("secrets-manager") === 0) await Bun.sleep(5);
    await lab.stop();
    expect((await Promise.all(running)).map(({ contents }) => contents["s"])).toEqual(
      Array.from({ length: 8 }, () => "v"),
    );
    expect(existsSync(lab.socket)).toBe(false);
  });

  test("parity 12.1 row 14: a mount that hangs is failed when the drain limit is over", async () => {
    await using lab = await startLab({ drainMs: 300 });
    lab.world.cloud.putSecret(region, "s", "v");
    lab.world.faults.inject({ service: "secrets-manager" }, { kind: "hang" });
    const failed = lab.failure(one);
    while (lab.world.inFlight("secrets-manager") === 0) await Bun.sleep(5);
    await lab.stop();
    const { code, details } = await failed;
    expect([code, details]).toEqual([unknown, expect.stringContaining("the provider is stopping")]);
  });

  test("parity 12.1 row 15: a successor's socket stays", async () => {
    await using lab = await startLab();
    const { serve } = await import("../src/server/serve.ts");
    const { createLog } = await import("../src/telemetry/log.ts");
    const options = {
      mount: async () => ({ objectVersions: [], files: [] }),
      log: createLog({ format: "text", level: "error", write: () => undefined }),
      version: "9.9.9",
      driverWrites: false,
      socketDirectory: join(lab.socket, ".."),
    };
    const before = lstatSync(lab.socket).ino;
    const successor = await serve(options);
    expect(lstatSync(lab.socket).ino).not.toBe(before);
    await lab.stop();
    expect(lstatSync(lab.socket).isSocket()).toBe(true);
    await successor.close();
    expect(existsSync(lab.socket)).toBe(false);
  });
});
