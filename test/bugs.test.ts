// A bug in one mount: whatever is thrown there, the caller gets the fixed text, the log the place and not the words, and every other mount goes on.
import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createLog } from "../src/telemetry/log.ts";
import type { Mount } from "../src/mount.ts";
import { serve } from "../src/server/serve.ts";
import { httpOf, newFolder, secret, startBinaryLab } from "./binary-lab.ts";
import { aMountRequest } from "./build.ts";
import { connectProvider } from "./client.ts";

setDefaultTimeout(60_000);
const unknown = 2;
const fixedText = "internal error of the provider: see its log";
const marker = "MARKER-of-a-library's-own-words";

/** Without an end. */
function deeper(): number {
  return 1 + deeper();
}
const throwing = (..._after: unknown[]): never => {
  throw new Error(marker);
};
/** Throws at each touch, `instanceof` too. */
const untouchable: unknown = new Proxy(
  {},
  { get: throwing, has: throwing, getPrototypeOf: throwing, ownKeys: throwing, getOwnPropertyDescriptor: throwing },
);
const withGetters = new Error("x");
for (const name of ["name", "message", "stack", "cause"]) Object.defineProperty(withGetters, name, { get: throwing });
const named = Object.assign(new Error(marker), { name: `${marker} in a name` });

/** What no code should do, and some library does. */
const rejectsWith = (reason: unknown) => (): Promise<never> => {
  const { promise, reject } = Promise.withResolvers<never>();
  reject(reason);
  return promise;
};

const bugs: readonly (readonly [what: string, mount: () => Promise<never>])[] = [
  ["throws synchronously", () => throwing()],
  ["rejects with an error", async () => throwing()],
  ["rejects with nothing", rejectsWith(undefined)],
  ["rejects with null", rejectsWith(null)],
  ["rejects with a text", rejectsWith(marker)],
  ["rejects with a number", rejectsWith(7)],
  ["rejects with a symbol", rejectsWith(Symbol(marker))],
  ["rejects with an object without prototype", rejectsWith(Object.create(null))],
  ["rejects with an error whose parts throw", rejectsWith(withGetters)],
  ["rejects with what throws at each touch", rejectsWith(untouchable)],
  ["rejects with an error whose name speaks", rejectsWith(named)],
  ["runs out of stack", async () => throwing(deeper())],
];

/** A server whose mounts do as their target path says. */
async function startBuggy() {
  const folder = mkdtempSync(join(tmpdir(), "bugs-"));
  let logged = "";
  const log = createLog({ format: "text", level: "debug", write: (line) => (logged += line) });
  const mount: Mount = (request) => {
    const bug = bugs.find(([what]) => request.targetPath.endsWith(what));
    return bug === undefined ? Promise.resolve({ objectVersions: [{ id: "a", version: "1" }], files: [] }) : bug[1]();
  };
  const options = { mount, log, version: "0.0.0", driverWrites: false, socketDirectory: folder };
  const serving = await serve(options);
  const client = connectProvider(serving.address);
  return {
    client,
    logged: () => logged,
    [Symbol.asyncDispose]: async () => {
      await serving.close();
      client.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

describe("a mount that", () => {
  test.each(bugs)("%s", async (what) => {
    await using server = await startBuggy();
    const { client } = server;
    const others = Array.from({ length: 5 }, () => client.mount(aMountRequest({ targetPath: "/well" })));
    const error: unknown = await client.mount(aMountRequest({ targetPath: `/${what}` })).catch((e: unknown) => e);
    expect(error).toMatchObject({ code: unknown, details: fixedText });
    expect((await Promise.all(others)).map(({ objectVersions }) => objectVersions.length)).toEqual([1, 1, 1, 1, 1]);
    expect((await client.mount(aMountRequest({ targetPath: "/well" }))).objectVersions).toHaveLength(1);
    expect(server.logged()).toContain("internal error (");
    expect(server.logged()).not.toContain(marker);
  });
});

test("more bugs than there are turns: every turn comes back", async () => {
  await using server = await startBuggy();
  const { client } = server;
  const failed = Array.from({ length: 100 }, (_, at) =>
    client.mount(aMountRequest({ targetPath: `/${bugs[at % bugs.length]?.[0]}` })).catch((e: unknown) => e),
  );
  for (const error of await Promise.all(failed)) expect(error).toMatchObject({ code: unknown, details: fixedText });
  expect((await client.mount(aMountRequest({ targetPath: "/well" }))).objectVersions).toHaveLength(1);
});

/** Puts code into the compiled binary the way design 3.5 says cannot be closed, and hides how: a signal then throws outside of any mount. */
const preload = `delete process.env.BUN_OPTIONS;
const fail = () => { throw new RangeError(${JSON.stringify(marker)}); };
process.on("SIGUSR2", () => {
  setTimeout(fail, 0);
  Promise.reject(undefined);
  void (async () => fail())();
  queueMicrotask(() => { throw ${JSON.stringify(marker)}; });
});`;

test("what is thrown outside of any mount is logged without its words, and the binary serves on", async () => {
  using folder = newFolder();
  const file = join(folder.path, "preload.js");
  writeFileSync(file, preload);
  await using lab = await startBinaryLab({
    args: ["--http-addr=127.0.0.1:0"],
    env: { BUN_OPTIONS: `--preload=${file}` },
  });
  lab.world.cloud.putSecret("eu-west-1", "s", "v");
  const one = { objects: [secret("s")] };
  lab.world.faults.inject({ service: "secrets-manager" }, { kind: "delay", delayMs: 300 });
  const running = [lab.run(one), lab.run(one)];
  while (lab.world.inFlight("secrets-manager") === 0) await Bun.sleep(5);
  lab.kill("SIGUSR2");
  for (const text of ["uncaught RangeError", "uncaught string", "unhandled RangeError", "unhandled undefined"]) {
    await lab.logs(`] ${text}: a bug of the provider; it goes on`);
  }
  const suspects = /it goes on mounts="[0-9a-f]{4}-1 default\/app-0, [0-9a-f]{4}-2 default\/app-0"/g;
  expect(lab.output().match(suspects)).toHaveLength(4);
  const metrics = await (await fetch(`${await httpOf(lab)}metrics`)).text();
  expect(metrics).toContain('secrets_store_csi_provider_aws_bugs_total{place="uncaught_exception"} 2\n');
  expect(metrics).toContain('secrets_store_csi_provider_aws_bugs_total{place="unhandled_rejection"} 2\n');
  expect((await Promise.all(running)).map(({ contents }) => contents)).toEqual([{ s: "v" }, { s: "v" }]);
  const alone = lab.run(one);
  while (lab.world.inFlight("secrets-manager") === 0) await Bun.sleep(5);
  lab.kill("SIGUSR2"); // with one mount under way, its pod is named
  await lab.logs('it goes on mount="');
  expect(lab.output()).toMatch(
    /it goes on mount="[0-9a-f]{4}-3" pod="app-0" namespace="default" serviceAccount="app" stack=/,
  );
  expect((await alone).contents).toEqual({ s: "v" });
  expect(await lab.stop()).toBe(0);
  expect(lab.output()).not.toContain(marker);
});
