// Where the compiled binary's requests go: AWS's own host names (FIPS, dual stack) seen at a proxy, proxies and their exceptions, CA bundles.
import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { parameter, secret, startBinaryLab } from "./binary-lab.ts";
import type { BinaryLab, BinaryLabOptions } from "./binary-lab.ts";
import { startForwardProxy } from "./forward-proxy.ts";
import type { ForwardProxy } from "./forward-proxy.ts";

setDefaultTimeout(60_000);
const region = "eu-west-1";
const objects = [secret("s"), parameter("p")];
const podIdentity = { objects: [secret("s")], parameters: { usePodIdentity: "true" } };
const deadProxy = "http://127.0.0.1:1";
const noEndpoints = { AWS_ENDPOINT_URL_SECRETS_MANAGER: "", AWS_ENDPOINT_URL_SSM: "", AWS_ENDPOINT_URL_STS: "" };
const both = { s: "secret value", p: "parameter value" };

interface ProxiedLab extends AsyncDisposable {
  readonly lab: BinaryLab;
  readonly proxy: ForwardProxy;
}

/** AWS under its own names, over TLS, through a proxy that leads to the fakes; hosts of `unreachable` are refused there. */
async function startProxiedLab(options: BinaryLabOptions & { unreachable?: RegExp } = {}): Promise<ProxiedLab> {
  const { unreachable, ...rest } = options;
  let lab: BinaryLab | undefined;
  const proxy = await startForwardProxy((host) => {
    if (lab === undefined || unreachable?.test(host) === true) return undefined;
    const { secretsManager, ssm, sts } = lab.world;
    return { secretsmanager: secretsManager, ssm, sts }[/^[a-z]+/.exec(host)?.[0] ?? ""]?.port;
  });
  const env = { ...noEndpoints, HTTPS_PROXY: proxy.url, AWS_MAX_ATTEMPTS: "1", ...options.env };
  const started = (lab = await startBinaryLab({ tls: true, ...rest, env }));
  lab.world.cloud.putSecret(region, "s", both.s);
  lab.world.cloud.putParameter(region, "p", both.p);
  return {
    lab: started,
    proxy,
    [Symbol.asyncDispose]: async () => {
      await started[Symbol.asyncDispose]();
      await proxy[Symbol.asyncDispose]();
    },
  };
}

/** Whom the proxy was asked for. */
const hosts = ({ tunnels }: ForwardProxy): string[] => [...new Set(tunnels())].toSorted();

describe("parity 12.1 row 8: the hosts of AWS, STS included", () => {
  const fips = { AWS_USE_FIPS_ENDPOINT: "true" };
  const dualStack = { AWS_USE_DUALSTACK_ENDPOINT: "true" };
  const stores = ["secretsmanager-fips.eu-west-1.amazonaws.com:443", "ssm-fips.eu-west-1.amazonaws.com:443"];
  test.each([
    [
      "ordinary",
      {},
      [],
      "secretsmanager.eu-west-1.amazonaws.com ssm.eu-west-1.amazonaws.com sts.eu-west-1.amazonaws.com",
    ],
    ["dual stack", dualStack, [], "secretsmanager.eu-west-1.amazonaws.com ssm.eu-west-1.api.aws sts.eu-west-1.api.aws"],
    [
      "FIPS",
      fips,
      [],
      "secretsmanager-fips.eu-west-1.amazonaws.com ssm-fips.eu-west-1.amazonaws.com sts-fips.eu-west-1.amazonaws.com",
    ],
    [
      "FIPS and dual stack",
      { ...fips, ...dualStack },
      [],
      "secretsmanager-fips.eu-west-1.amazonaws.com ssm-fips.eu-west-1.api.aws sts-fips.eu-west-1.api.aws",
    ],
    [
      "FIPS, STS without",
      fips,
      ["--sts-fips=off"],
      "secretsmanager-fips.eu-west-1.amazonaws.com ssm-fips.eu-west-1.amazonaws.com sts.eu-west-1.amazonaws.com",
    ],
    [
      "STS required, FIPS off",
      {},
      ["--sts-fips=required"],
      "secretsmanager.eu-west-1.amazonaws.com ssm.eu-west-1.amazonaws.com sts.eu-west-1.amazonaws.com",
    ],
  ])("%s", async (_name, env, args, expected) => {
    await using started = await startProxiedLab({ env, args });
    expect((await started.lab.run({ objects })).contents).toEqual(both);
    expect(hosts(started.proxy)).toEqual(expected.split(" ").map((host) => `${host}:443`));
  });

  test("auto: where the FIPS endpoint of STS can't be reached, the ordinary one serves, with a warning", async () => {
    await using started = await startProxiedLab({ env: fips, unreachable: /^sts-fips\./ });
    expect((await started.lab.run({ objects })).contents).toEqual(both);
    const sts = ["sts-fips.eu-west-1.amazonaws.com:443", "sts.eu-west-1.amazonaws.com:443"];
    expect(hosts(started.proxy)).toEqual([...stores, ...sts]);
    expect(started.lab.output()).toMatch(/^W.*the FIPS endpoint of STS in eu-west-1 can't be reached/m);
  });

  test("required: it is never left", async () => {
    await using started = await startProxiedLab({
      env: fips,
      args: ["--sts-fips=required"],
      unreachable: /^sts-fips\./,
    });
    expect((await started.lab.failure({ objects })).details).toContain("sts-fips.eu-west-1.amazonaws.com");
    expect(hosts(started.proxy)).toEqual(["sts-fips.eu-west-1.amazonaws.com:443"]);
  });

  test("an answer of the FIPS endpoint, a refusal too, is an answer: no fallback", async () => {
    await using started = await startProxiedLab({ env: fips });
    started.lab.world.cloud.distrust("app", "default/app");
    expect((await started.lab.failure({ objects })).details).toContain("AccessDenied");
    expect(hosts(started.proxy)).toEqual(["sts-fips.eu-west-1.amazonaws.com:443"]);
  });

  test("a failover region has its own hosts", async () => {
    await using started = await startProxiedLab();
    await started.lab.failure({ objects, parameters: { region: "us-west-2", failoverRegion: "us-east-1" } });
    expect(hosts(started.proxy)).toEqual(["sts.us-east-1.amazonaws.com:443", "sts.us-west-2.amazonaws.com:443"]);
  });
});

describe("CA bundles", () => {
  test("parity 12.1 row 8: AWS_CA_BUNDLE counts for STS, Secrets Manager and SSM", async () => {
    await using lab = await startBinaryLab({ tls: true });
    lab.world.cloud.putSecret(region, "s", both.s);
    lab.world.cloud.putParameter(region, "p", both.p);
    expect((await lab.run({ objects })).contents).toEqual(both);
    expect([lab.world.count("sts"), lab.world.count("secrets-manager"), lab.world.count("ssm")]).toEqual([1, 1, 1]);
  });

  test("without it AWS is not believed, and no token leaves", async () => {
    await using lab = await startBinaryLab({ tls: true, env: { AWS_CA_BUNDLE: "" } });
    const { details } = await lab.failure({ objects });
    expect(details).toContain("certificate signed by an unknown authority");
    expect(lab.world.count("sts")).toBe(0);
  });

  test("SSL_CERT_FILE counts for AWS, not for Kubernetes", async () => {
    await using lab = await startBinaryLab({ tls: true, env: { AWS_CA_BUNDLE: "" } });
    const file = `${lab.world.folder}/aws-ca.pem`;
    await using second = await startBinaryLab({ env: { ...lab.world.env, AWS_CA_BUNDLE: "", SSL_CERT_FILE: file } });
    lab.world.cloud.putSecret(region, "s", both.s);
    lab.world.cloud.putParameter(region, "p", both.p);
    expect((await second.run({ objects })).contents).toEqual(both);
  });
});

describe("proxies", () => {
  // 0.0.0.0 leads to this machine, yet by Go's rules it is no loopback address: what goes there goes through a proxy.
  const outside = ({ world }: BinaryLab): string => world.ssm.url.replace("127.0.0.1", "0.0.0.0");

  test("HTTP_PROXY carries plain HTTP requests, lower case too", async () => {
    await using fakes = await startBinaryLab();
    fakes.world.cloud.putParameter(region, "p", both.p);
    const ssm = { AWS_ENDPOINT_URL_SSM: "http://ssm.internal:8080" };
    for (const name of ["HTTP_PROXY", "http_proxy"]) {
      await using proxy = await startForwardProxy(() => fakes.world.ssm.port);
      await using lab = await startBinaryLab({ env: { ...fakes.world.env, ...ssm, [name]: proxy.url } });
      expect((await lab.run({ objects: [parameter("p")] })).contents).toEqual({ p: both.p });
      expect(proxy.requests()).toEqual(["http://ssm.internal:8080/"]);
    }
  });

  test.each([
    ["a proxy that is dead fails the call, by name", "", false],
    ["an address of NO_PROXY goes directly", "10.0.0.0/8,0.0.0.0", true],
    ["a network of NO_PROXY goes directly", "0.0.0.0/8", true],
    ["NO_PROXY of another host changes nothing", "example.com", false],
  ])("%s", async (_name, noProxy, succeeds) => {
    await using fakes = await startBinaryLab();
    fakes.world.cloud.putParameter(region, "p", both.p);
    const env = { ...fakes.world.env, AWS_ENDPOINT_URL_SSM: outside(fakes), AWS_MAX_ATTEMPTS: "1" };
    const proxies = { HTTP_PROXY: deadProxy, HTTPS_PROXY: deadProxy, NO_PROXY: noProxy };
    await using lab = await startBinaryLab({ env: { ...env, ...proxies } });
    if (succeeds) expect((await lab.run({ objects: [parameter("p")] })).contents).toEqual({ p: both.p });
    else expect((await lab.failure({ objects: [parameter("p")] })).details).toContain("(through proxy 127.0.0.1:1)");
  });

  test.each(["HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"])(
    "the Pod Identity agent on loopback is not asked through %s",
    async (name) => {
      await using lab = await startBinaryLab({ env: { [name]: deadProxy } });
      lab.world.cloud.putSecret(region, "s", both.s);
      expect((await lab.run(podIdentity)).contents).toEqual({ s: both.s });
    },
  );

  // In a network namespace of its own the binary reaches nothing: no request of this test leaves the machine.
  const alone = [Bun.which("unshare") ?? "unshare", "--net", ...(process.getuid?.() === 0 ? [] : ["--map-root-user"])];
  const canBeAlone = Bun.which("unshare") !== null && Bun.spawnSync([...alone, "/bin/true"]).success;
  const title = "parity 12.1 row 20: nor are its link-local addresses";
  if (!canBeAlone)
    console.log(`NOT RUN test/binary-network.test.ts: ${title}: needs the right to make a network namespace`);
  test.skipIf(!canBeAlone)(title, async () => {
    const proxies = { HTTP_PROXY: deadProxy, HTTPS_PROXY: deadProxy, NO_PROXY: "" };
    await using lab = await startBinaryLab({
      runner: alone,
      args: ["--pod-identity-endpoints=http://169.254.170.23,http://[fd00:ec2::23]"],
      env: { ...proxies, AWS_REGION: region, AWS_MAX_ATTEMPTS: "1" },
    });
    const { details } = await lab.failure(podIdentity);
    expect(details).toMatch(/169\.254\.170\.23: .*\[fd00:ec2::23\]: /);
    expect(details).not.toContain("through proxy");
  });
});
