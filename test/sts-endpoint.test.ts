// Which endpoint of STS serves, by AWS's own host names at a proxy: FIPS, dual-stack, ordinary; what is done where one can't be reached.
import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { secret } from "./binary-lab.ts";
import type { FaultAction } from "./fakes/faults.ts";
import { startForwardProxy } from "./forward-proxy.ts";
import { startLab } from "./inprocess.ts";
import type { Lab } from "./inprocess.ts";

setDefaultTimeout(60_000);
const region = "eu-west-1";
const [fips, dualFips] = [`sts-fips.${region}.amazonaws.com`, `sts-fips.${region}.api.aws`];
const [ordinary, dual] = [`sts.${region}.amazonaws.com`, `sts.${region}.api.aws`];
const request = { objects: [secret("s")] };

interface Started extends AsyncDisposable {
  readonly lab: Lab;
  /** Hosts of STS that were asked for since the last look, in order. */
  readonly asked: () => string[];
  readonly down: Set<string>;
}

/** A provider whose credentials last one mount, behind a proxy that does not reach the hosts in `down`. */
async function start(env: Record<string, string>, args: string[], ...down: readonly string[]): Promise<Started> {
  const refused = new Set(down);
  let lab: Lab | undefined;
  let seen = 0;
  const proxy = await startForwardProxy((host) => (refused.has(host) ? undefined : lab?.world.sts.port));
  const away = { AWS_ENDPOINT_URL_STS: "", HTTPS_PROXY: proxy.url, NO_PROXY: "127.0.0.1,localhost" };
  const started = (lab = await startLab({
    tls: true,
    args: ["--credential-cache-max-age=0", ...args],
    env: { AWS_REGION: region, AWS_MAX_ATTEMPTS: "1", ...away, ...env },
  }));
  lab.world.cloud.putSecret(region, "s", "v");
  return {
    lab: started,
    down: refused,
    asked: () => {
      const hosts = proxy.tunnels().slice(seen);
      seen += hosts.length;
      return hosts.map((host) => host.replace(/:443$/, ""));
    },
    [Symbol.asyncDispose]: async () => {
      await started[Symbol.asyncDispose]();
      await proxy[Symbol.asyncDispose]();
    },
  };
}

const refusal = { kind: "answer", status: 400, code: "", message: "no" } as const;
const useFips = { AWS_USE_FIPS_ENDPOINT: "true" };
const useDual = { AWS_USE_DUALSTACK_ENDPOINT: "true" };

test("the dual-stack host can't be reached: the ordinary one serves, with a warning, and is asked first from then on", async () => {
  await using started = await start(useDual, [], dual);
  expect((await started.lab.run(request)).contents).toEqual({ s: "v" });
  expect(started.asked()).toEqual([dual, ordinary]);
  started.down.clear();
  expect((await started.lab.run(request)).contents).toEqual({ s: "v" });
  expect(started.asked().filter((host) => host !== ordinary)).toEqual([]); // a connection may be used again
  const warnings = started.lab
    .logged()
    .match(/the dual-stack endpoint of STS in eu-west-1 can't be reached .*; using the ordinary one/g);
  expect(warnings).toHaveLength(1);
});

test("an answer of the dual-stack host is an answer: no fallback", async () => {
  await using started = await start(useDual, []);
  started.lab.world.cloud.distrust("app", "default/app");
  expect((await started.lab.failure(request)).details).toContain("AccessDenied");
  expect(new Set(started.asked())).toEqual(new Set([dual]));
});

describe("what answers at the dual-stack host is not STS: the ordinary one serves, and is asked first from then on", () => {
  const html = { kind: "raw", contentType: "text/html", body: "<html>Blocked</html>" } as const;
  test.each([
    ["HTML 403", { ...html, status: 403 }],
    ["HTML 200", { ...html, status: 200 }],
    ["HTML 503", { ...html, status: 503 }],
    ["302", { ...html, status: 302, body: "" }],
    ["empty 404", { ...html, status: 404, body: "" }],
    ["empty 200", { ...html, status: 200, body: "" }],
  ] as [string, FaultAction][])("%s", async (_what, answer) => {
    await using started = await start(useDual, []);
    const { faults } = started.lab.world;
    faults.inject({ service: "sts", times: 1 }, answer);
    expect((await started.lab.run(request)).contents).toEqual({ s: "v" });
    expect(started.asked()).toEqual([dual, ordinary]);
    faults.inject({ service: "sts", times: 1 }, { ...refusal, code: "AccessDenied" });
    await started.lab.failure(request);
    expect(started.asked().filter((host) => host !== ordinary)).toEqual([]);
    expect(started.lab.logged()).toContain("answer could not be read); using the ordinary one");
  });

  test("at the ordinary host as well: its answer is told, and the next mount tries all of them", async () => {
    await using started = await start(useDual, []);
    started.lab.world.faults.inject({ service: "sts", times: 2 }, { ...html, status: 403 });
    expect((await started.lab.failure(request)).details).toContain("StatusCode: 403, the answer could not be read");
    expect(started.asked()).toEqual([dual, ordinary]);
    expect((await started.lab.run(request)).contents).toEqual({ s: "v" });
    expect(started.asked().filter((host) => host !== dual)).toEqual([]);
  });

  test.each(["ServiceUnavailable", "Throttling", "InvalidIdentityToken", "ExpiredTokenException"])(
    "what STS itself says stands: %s",
    async (code) => {
      await using started = await start(useDual, []);
      const status = code === "ServiceUnavailable" ? 503 : 400;
      started.lab.world.faults.inject({ service: "sts" }, { ...refusal, status, code });
      expect((await started.lab.failure(request)).details).toContain(code);
      expect(new Set(started.asked())).toEqual(new Set([dual]));
    },
  );

  test("a page at the FIPS host stands", async () => {
    await using started = await start(useFips, []);
    started.lab.world.faults.inject({ service: "sts", times: 1 }, { ...html, status: 403 });
    await started.lab.failure(request);
    expect(started.asked()).toEqual([fips]);
  });
});

describe("all hosts that settings allow, in order", () => {
  test.each([
    ["dual stack", useDual, [], [dual, ordinary]],
    ["FIPS", useFips, [], [fips, ordinary]],
    ["FIPS required", useFips, ["--sts-fips=required"], [fips]],
    ["FIPS and dual stack", { ...useFips, ...useDual }, [], [dualFips, fips, dual, ordinary]],
    ["FIPS required and dual stack", { ...useFips, ...useDual }, ["--sts-fips=required"], [dualFips, fips]],
    ["FIPS off and dual stack", { ...useFips, ...useDual }, ["--sts-fips=off"], [dual, ordinary]],
  ] as [string, Record<string, string>, string[], string[]][])("%s", async (_what, env, args, hosts) => {
    await using started = await start(env, args, fips, dualFips, ordinary, dual);
    expect((await started.lab.failure(request)).details).toContain(hosts.at(-1) ?? "");
    expect([...new Set(started.asked())]).toEqual(hosts);
    // What was out of reach with all the others is no reason to pass it over.
    started.down.clear();
    expect((await started.lab.run(request)).contents).toEqual({ s: "v" });
    expect([...new Set(started.asked())]).toEqual(hosts.slice(0, 1));
  });
});
