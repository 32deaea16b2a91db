// Whose rights the compiled binary uses: the pod's and never its own surroundings'; and how it proves itself to Kubernetes in a cluster.
import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { mkdirSync, writeFileSync } from "node:fs";
import { connect, createServer } from "node:net";
import { join } from "node:path";
import { newFolder, parameter, secret, startBinary, startBinaryLab } from "./binary-lab.ts";
import type { Binary, BinaryLab } from "./binary-lab.ts";
import { mintToken } from "./fakes/tokens.ts";
import { startWorld } from "./fakes/world.ts";

setDefaultTimeout(60_000);
const region = "eu-west-1";
const objects = [secret("s"), parameter("p")];
const keyId = "AKIAAMBIENTAMBIENT00";
const key = "AmbientSecretAccessKeyAmbientSecretAccess";

/** An HTTP server that hands out credentials to whoever asks, as container and instance metadata do; counts the requests. */
function startMetadata(): Disposable & { readonly url: string; readonly asked: () => number } {
  let asked = 0;
  const server = Bun.serve({
    port: 0,
    hostname: "127.0.0.1",
    fetch: () => {
      asked += 1;
      const expiration = new Date(Date.now() + 3_600_000).toISOString();
      return Response.json({ AccessKeyId: keyId, SecretAccessKey: key, Token: "ambient", Expiration: expiration });
    },
  });
  return {
    url: server.url.href.replace(/\/$/, ""),
    asked: () => asked,
    [Symbol.dispose]: () => void server.stop(true),
  };
}

/** Leads what comes to a port of ::1 to the same port of 127.0.0.1. */
async function listenToo(port: number): Promise<AsyncDisposable & { readonly port: number }> {
  const server = createServer((socket) => {
    const upstream = connect(port, "127.0.0.1");
    socket.pipe(upstream).pipe(socket);
    upstream.on("error", () => socket.destroy());
    socket.on("error", () => upstream.destroy()).on("close", () => upstream.destroy());
  });
  await new Promise<void>((resolve) => server.listen(port, "::1", resolve));
  return { port, [Symbol.asyncDispose]: () => new Promise((resolve) => server.close(() => resolve())) };
}

/** Every credential source that an AWS SDK knows, all of them willing. */
function ambient(folder: string, metadataUrl: string, roleArn: string): Readonly<Record<string, string>> {
  const write = (path: string, text: string): string => {
    mkdirSync(join(folder, ".aws"), { recursive: true });
    writeFileSync(join(folder, path), text);
    return join(folder, path);
  };
  const keys = `aws_access_key_id = ${keyId}\naws_secret_access_key = ${key}\n`;
  const process = `credential_process = /bin/echo {"Version":1,"AccessKeyId":"${keyId}","SecretAccessKey":"${key}"}\n`;
  return {
    AWS_ACCESS_KEY_ID: keyId,
    AWS_SECRET_ACCESS_KEY: key,
    AWS_SESSION_TOKEN: "ambient",
    AWS_ROLE_ARN: roleArn,
    AWS_ROLE_SESSION_NAME: "ambient",
    AWS_WEB_IDENTITY_TOKEN_FILE: write("token", mintToken({ serviceAccount: "provider", namespace: "kube-system" })),
    AWS_CONTAINER_CREDENTIALS_FULL_URI: `${metadataUrl}/container`,
    AWS_CONTAINER_CREDENTIALS_RELATIVE_URI: "/relative",
    AWS_CONTAINER_AUTHORIZATION_TOKEN: "ambient",
    AWS_EC2_METADATA_SERVICE_ENDPOINT: metadataUrl,
    AWS_SHARED_CREDENTIALS_FILE: write(".aws/credentials", `[default]\n${keys}\n[p]\n${keys}`),
    AWS_CONFIG_FILE: write(".aws/config", `[default]\n${process}\n[profile p]\n${process}role_arn = ${roleArn}\n`),
    AWS_PROFILE: "p",
    HOME: folder,
  };
}

/** A lab among those sources; the last of them, a role for the provider itself, would be given by STS. */
async function startAmbientLab(metadataUrl: string): Promise<BinaryLab> {
  const folder = newFolder();
  const lab = await startBinaryLab({
    env: ambient(folder.path, metadataUrl, "arn:aws:iam::111122223333:role/provider"),
  });
  lab.world.cloud.trust("provider", "kube-system/provider");
  lab.world.cloud.putSecret(region, "s", "v");
  lab.world.cloud.putParameter(region, "p", "v");
  return {
    ...lab,
    [Symbol.asyncDispose]: async () => {
      await lab[Symbol.asyncDispose]();
      folder[Symbol.dispose]();
    },
  };
}

describe("a pod without rights of its own borrows none", () => {
  const irsa = { usePodIdentity: "false" };
  const podIdentity = { usePodIdentity: "true" };
  test.each([
    ["STS refuses", irsa, (lab: BinaryLab) => lab.world.cloud.distrust("app", "default/app"), {}],
    ["STS is down", irsa, (lab: BinaryLab) => lab.world.sts.down(), {}],
    [
      "the service account has no role",
      irsa,
      (lab: BinaryLab) => lab.world.kubernetes.putServiceAccount("default", "app", {}),
      {},
    ],
    ["there is no token", irsa, () => undefined, { tokens: null }],
    ["the token is for another audience", irsa, () => undefined, { tokens: '{"other":{"token":"t"}}' }],
    ["the agent has no association", podIdentity, () => undefined, { serviceAccount: "nobody" }],
    [
      "the agent is down",
      podIdentity,
      (lab: BinaryLab) => Promise.all([lab.world.podIdentity.ipv4.down(), lab.world.podIdentity.ipv6.down()]),
      {},
    ],
  ] as const)("%s", async (_name, parameters, prepare, request) => {
    using metadata = startMetadata();
    await using lab = await startAmbientLab(metadata.url);
    await prepare(lab);
    const { code, details } = await lab.failure({ objects, parameters, ...request });
    expect(code).toBe(2);
    expect([lab.world.count("secrets-manager"), lab.world.count("ssm"), metadata.asked()]).toEqual([0, 0, 0]);
    expect(lab.world.calls("sts").flatMap(({ ids }) => ids)).not.toContain(lab.world.cloud.roleArn("provider"));
    for (const text of [details, lab.output()]) for (const leaked of [keyId, key]) expect(text).not.toContain(leaked);
  });

  test("a pod with rights uses them beside all of these sources", async () => {
    using metadata = startMetadata();
    await using lab = await startAmbientLab(metadata.url);
    for (const parameters of [irsa, podIdentity]) {
      expect((await lab.run({ objects, parameters })).contents).toEqual({ s: "v", p: "v" });
    }
    for (const service of ["secrets-manager", "ssm"] as const) {
      expect(lab.world.calls(service).map(({ role }) => role)).toEqual(["app", "app"]);
      for (const { headers } of lab.world.calls(service)) expect(JSON.stringify(headers)).not.toContain(keyId);
    }
    expect(metadata.asked()).toBe(0);
  });
});

describe("in a cluster", () => {
  // The place of the service account's files is fixed: a mount namespace puts ours there for the binary alone.
  const serviceAccountFolder = "/var/run/secrets/kubernetes.io/serviceaccount";
  const inNamespace = (folder: string): string[] => {
    const steps = [
      "PATH=/usr/sbin:/usr/bin:/sbin:/bin",
      "mount -t tmpfs tmpfs /run",
      `mkdir -p ${serviceAccountFolder}`,
      `mount --bind "$0" ${serviceAccountFolder}`,
      'exec "$@"',
    ];
    return [Bun.which("unshare") ?? "unshare", "--mount", "/bin/sh", "-c", steps.join(" && "), folder];
  };
  const canBind =
    process.getuid?.() === 0 &&
    Bun.which("unshare") !== null &&
    Bun.spawnSync([...inNamespace("/"), "/bin/true"]).success;
  const title = "the cluster's private CA, the bearer token and its rotation";
  const refused = "without a token no start: exit code 255";
  for (const name of canBind ? [] : [title, refused]) {
    console.log(`NOT RUN test/binary-identity.test.ts: ${name}: needs root and a mount namespace`);
  }

  test.skipIf(!canBind).each(["127.0.0.1", "::1"])(`${title}: host %s`, async (host) => {
    await using world = await startWorld({ tls: true });
    world.cloud.putSecret(region, "s", "v");
    await using relay = await listenToo(world.kubernetes.port);
    const folder = world.kubernetes.writeInClusterFolder(join(world.folder, "serviceaccount"));
    const cluster = { KUBERNETES_SERVICE_HOST: host, KUBERNETES_SERVICE_PORT: String(relay.port) };
    await using provider = await startBinary({
      runner: inNamespace(folder),
      args: world.args.filter((arg) => !arg.startsWith("--kubeconfig=")),
      env: { ...world.env, ...cluster },
    });
    expect(world.count("kubernetes")).toBe(0); // none at start
    expect((await provider.run({ objects: [secret("s")] })).contents).toEqual({ s: "v" });
    expect(world.calls("kubernetes").map(({ status }) => status)).toEqual([200, 200, 200]);

    const next = world.kubernetes.rotateToken(true);
    world.addWorkload({ namespace: "default", serviceAccount: "second", pod: "second-0", role: "second" });
    world.resetCalls();
    const second = await provider.run({ serviceAccount: "second", pod: "second-0", objects: [secret("s")] });
    expect(second.contents).toEqual({ s: "v" });
    const calls = world.calls("kubernetes", "serviceaccounts");
    expect(calls.at(-1)?.headers["authorization"]).toBe(`Bearer ${next}`);
    expect(await provider.stop()).toBe(0);
  });

  test.skipIf(!canBind)(refused, async () => {
    await using world = await startWorld();
    const empty = join(world.folder, "empty");
    mkdirSync(empty);
    const cluster = { KUBERNETES_SERVICE_HOST: "127.0.0.1", KUBERNETES_SERVICE_PORT: String(world.kubernetes.port) };
    const started = startBinary({ runner: inNamespace(empty), env: { ...world.env, ...cluster } });
    const serving = async (provider: Binary): Promise<string> => {
      await provider[Symbol.asyncDispose]();
      return "it serves";
    };
    expect(await started.then(serving, String)).toMatch(/Can not get cluster config\. error: .*token/);
  });
});
