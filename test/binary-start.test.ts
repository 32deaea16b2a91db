// How the compiled binary starts or does not: flags by Go's rules, texts on stderr, exit codes 0, 2 and 255, what it refuses to run with.
import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { existsSync, lstatSync, readdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { newFolder, runToEnd, secret, startBinaryLab } from "./binary-lab.ts";
import type { Ended } from "./binary-lab.ts";
import { startWorld } from "./fakes/world.ts";

setDefaultTimeout(60_000);
const region = "eu-west-1";
const name = "secrets-store-csi-driver-provider-aws";
const klog = /^[IWEF]\d{4} \d\d:\d\d:\d\d\.\d{6} +\d+ [\w.-]+:\d+\] /;
const notInCluster =
  "Can not get cluster config. error: unable to load in-cluster configuration, KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT must be defined";

/** What stderr holds after the two start lines, which come first whatever the arguments are. */
function afterStartLines({ stderr }: Ended): string {
  const [first = "", second = "", ...rest] = stderr.split("\n");
  expect(first).toMatch(klog);
  expect(first).toEndWith(`] Starting ${name} version 4.0.0`);
  expect(second).toMatch(klog);
  for (const word of ["tokenRequests", "sts.amazonaws.com", "pods.eks.amazonaws.com"]) expect(second).toContain(word);
  return rest.join("\n");
}

describe("flags that end the program", () => {
  const usage = `Usage of ${name}:\n`;
  test.each([
    [["-h"], 0, usage],
    [["-help"], 0, usage],
    [["--help"], 0, usage],
    [["-h=1"], 0, usage],
    [["--nope"], 2, `flag provided but not defined: -nope\n${usage}`],
    [["-v=2"], 2, `flag provided but not defined: -v\n${usage}`],
    [["--Qps=1"], 2, `flag provided but not defined: -Qps\n${usage}`],
    [["--qps"], 2, `flag needs an argument: -qps\n${usage}`],
    [["--qps=1e+06"], 2, `invalid value "1e+06" for flag -qps: parse error\n${usage}`],
    [["--burst=9223372036854775808"], 2, 'invalid value "9223372036854775808" for flag -burst: value out of range\n'],
    [["--driver-writes-secrets=yes"], 2, 'invalid boolean value "yes" for -driver-writes-secrets: parse error\n'],
    [["---qps=1"], 2, `bad flag syntax: ---qps=1\n${usage}`],
    [["-=1"], 2, `bad flag syntax: -=1\n${usage}`],
    [["--driver-writes-secrets", "--nope"], 2, `flag provided but not defined: -nope\n${usage}`],
    [
      ["--pod-identity-endpoints=http://10.0.0.1"],
      2,
      'invalid value "http://10.0.0.1" for flag -pod-identity-endpoints',
    ],
  ] as const)("%j: exit code %d", async (args, code, text) => {
    const ended = await runToEnd(args);
    expect([ended.code, ended.stdout]).toEqual([code, ""]);
    expect(afterStartLines(ended)).toStartWith(text);
  });

  test("the usage text names every flag of provider 3.x", async () => {
    const { stderr } = await runToEnd(["--help"]);
    const flags = ["burst", "driver-writes-secrets", "eks-addon-version", "pod-identity-http-timeout"];
    for (const flag of [...flags, "provider-volume", "qps"]) expect(stderr).toMatch(new RegExp(`^  -${flag}\\b`, "m"));
  });
});

describe("flags that are read to their end and then stop for want of a cluster", () => {
  test.each([
    [["--qps=5", "positional", "--nope"]],
    [["", "--nope"]],
    [["-", "--nope"]],
    [["--", "--nope"]],
    [["--driver-writes-secrets", "false", "--nope"]],
    [["--qps=5", "version"]],
    [["-qps", "0x10", "--burst", "1_000", "--qps=0b1", "-burst=017"]],
    [
      [
        "--provider-volume=/nowhere",
        "--driver-writes-secrets=true",
        "--qps=5",
        "--burst=10",
        "--eks-addon-version=v1",
        "--pod-identity-http-timeout=2s",
      ],
    ],
    [["--qps=-1", "--burst=0"]],
    [["--qps=0", "--burst=0"]],
  ])("%j", async (args) => {
    const ended = await runToEnd(args);
    expect([ended.code, ended.stdout]).toEqual([255, ""]);
    expect(afterStartLines(ended)).toEndWith(`${notInCluster}\n`);
  });

  test.each([{}, { KUBERNETES_SERVICE_HOST: "127.0.0.1" }, { KUBERNETES_SERVICE_PORT: "1" }])(
    "parity 12.1 row 23: with %j no socket is left behind",
    async (env) => {
      using folder = newFolder();
      const ended = await runToEnd([`--provider-volume=${folder.path}`], { env });
      expect(ended.code).toBe(255);
      expect(afterStartLines(ended)).toContain(notInCluster);
      expect(readdirSync(folder.path)).toEqual([]);
    },
  );
});

test.each(["version", "--version"])(
  "`%s` is a sub-command as the exact first argument: stdout, nothing else",
  async (word) => {
    const ended = await runToEnd([word, "--nope"]);
    expect([ended.code, ended.stderr]).toEqual([0, ""]);
    expect(ended.stdout).toMatch(new RegExp(`^${name} 4\\.0\\.0 \\(\\w+, bun [\\d.]+, linux-\\w+\\)\n$`));
  },
);

describe("a first argument that is a word and no command is an error, and never starts a server", () => {
  test.each([
    [["chekc"], "chekc: ", "Did you mean check?"],
    [["verison", "--nope"], "verison: ", "Did you mean version?"],
    [["HELP"], "HELP: ", "Did you mean help?"],
    [["mout", "class.yaml"], "mout: ", "Did you mean mount?"],
    [["status"], "status: ", undefined],
    [["serve", "version"], "serve: ", undefined],
    [["a\nb\u001b[2J"], "a\\nb\\u001b[2J: ", undefined],
    [["x".repeat(200)], `${"x".repeat(64)}: `, undefined],
    [["help", "chekc"], "chekc: ", "Did you mean check?"],
  ] as const)("%j", async ([...args], word, near) => {
    await using lab = await startBinaryLab();
    const before = lstatSync(lab.socket).ino;
    const ended = await runToEnd([...args, `--provider-volume=${dirname(lab.socket)}`], { env: lab.world.env });
    expect([ended.code, ended.stdout]).toEqual([2, ""]);
    expect(ended.stderr).toStartWith(`${word}not a command (check, mount, help, version).`);
    expect(ended.stderr).toContain(" To serve, give flags only.\n");
    if (near === undefined) expect(ended.stderr).not.toContain("Did you mean");
    else expect(ended.stderr).toContain(near);
    expect(ended.stderr.length).toBeLessThan(300);
    expect([lstatSync(lab.socket).ino, readdirSync(dirname(lab.socket))]).toEqual([before, ["aws.sock"]]);
  });
});

test("`help` prints the usage text of --help to stdout, `help COMMAND` that of the command; exit code 0", async () => {
  const flags = await runToEnd(["--help"]);
  for (const args of [["help"], ["help", "help"], ["help", "--help"]]) {
    const ended = await runToEnd(args);
    expect([ended.code, ended.stderr, ended.stdout]).toEqual([0, "", afterStartLines(flags)]);
  }
  for (const command of ["check", "mount"]) {
    const ended = await runToEnd(["help", command]);
    expect(ended).toEqual(await runToEnd([command, "--help"]));
    expect(ended.stdout).toStartWith(`Usage: ${name} ${command} `);
  }
});

describe("a directory that can't hold the socket is named with the system's error: exit code 255", () => {
  test.each([
    ["missing", "ENOENT"],
    ["file", "ENOTDIR"],
  ])("%s: %s, and nothing is printed past the log", async (entry, error) => {
    await using world = await startWorld();
    writeFileSync(join(world.folder, "file"), "");
    const path = join(world.folder, entry);
    const ended = await runToEnd([`--provider-volume=${path}`, ...world.args], { env: { GRPC_VERBOSITY: "ERROR" } });
    expect(ended.code).toBe(255);
    const text = afterStartLines(ended);
    for (const line of text.trimEnd().split("\n")) expect(line).toMatch(klog);
    expect(text).toContain(`] Failed to listen on unix socket. error: ${error}: `);
    expect(text).toContain(join(path, "aws.sock"));
    expect(existsSync(join(world.folder, "missing"))).toBe(false);
  });
});

test("grpc-js prints nothing past the log, whatever the environment asks of it", async () => {
  await using lab = await startBinaryLab({ env: { GRPC_VERBOSITY: "DEBUG", GRPC_TRACE: "all" } });
  lab.world.cloud.putSecret(region, "s", "v");
  expect((await lab.run({ objects: [secret("s")] })).contents).toEqual({ s: "v" });
  for (const line of lab.output().trimEnd().split("\n")) expect(line).toMatch(klog);
});

describe("settings that are refused: exit code 255", () => {
  test.each([
    [
      {},
      ["--qps=5", "--burst=0"],
      "Can not initialize kubernetes client. error: burst is required to be greater than 0",
    ],
    [
      {},
      ["--qps=1", "--burst=-1"],
      "Can not initialize kubernetes client. error: burst is required to be greater than 0",
    ],
    [{ AWS_USE_FIPS_ENDPOINT: "yes" }, [], "AWS_USE_FIPS_ENDPOINT=yes, need true, false"],
    [{ AWS_USE_DUALSTACK_ENDPOINT: "1" }, [], "AWS_USE_DUALSTACK_ENDPOINT=1, need true, false"],
    [{ AWS_MAX_ATTEMPTS: "junk" }, [], "AWS_MAX_ATTEMPTS"],
    [{ AWS_RETRY_MODE: "legacy" }, [], "AWS_RETRY_MODE"],
    [{ AWS_CA_BUNDLE: "/nowhere/ca.pem" }, [], "AWS_CA_BUNDLE"],
    [{ AWS_PROFILE: "gone" }, [], "failed to get shared config profile, gone"],
    [{ AWS_ENDPOINT_URL_STS: "sts.internal" }, [], "AWS_ENDPOINT_URL_STS"],
  ] as const)("%j %j", async (env, args, text) => {
    await using world = await startWorld();
    using folder = newFolder();
    const ended = await runToEnd([`--provider-volume=${folder.path}`, ...world.args, ...args], { env });
    expect(ended.code).toBe(255);
    expect(afterStartLines(ended)).toContain(text);
    expect(readdirSync(folder.path)).toEqual([]);
  });

  test.each([
    ["NODE_TLS_REJECT_UNAUTHORIZED", "0"],
    ["BUN_CONFIG_VERBOSE_FETCH", "1"],
    ["BUN_CONFIG_VERBOSE_FETCH", "curl"],
    ["NODE_OPTIONS", "--no-warnings"],
  ])("%s=%s is named", async (variable, value) => {
    await using world = await startWorld();
    using folder = newFolder();
    const args = [`--provider-volume=${folder.path}`, ...world.args];
    const ended = await runToEnd(args, { env: { ...world.env, [variable]: value } });
    expect(ended.code).toBe(255);
    expect(ended.stderr).toContain(`the environment variable ${variable} `);
    expect(readdirSync(folder.path)).toEqual([]);
  });
});

test("a flag for a boolean takes no second word: `--driver-writes-secrets false` is true", async () => {
  await using lab = await startBinaryLab({ args: ["--driver-writes-secrets", "false", "--nope"] });
  lab.world.cloud.putSecret(region, "s", "v");
  expect((await lab.run({ objects: [secret("s")] })).files).toHaveLength(1);
  expect(lab.output()).toContain("Driver is configured to write secrets");
});

test("the last of repeated flags counts", async () => {
  await using lab = await startBinaryLab({ args: ["--driver-writes-secrets", "--driver-writes-secrets=f"] });
  lab.world.cloud.putSecret(region, "s", "v");
  expect((await lab.run({ objects: [secret("s")] })).files).toEqual([]);
  expect(lab.output()).toContain("Provider is configured to write secrets");
});

test.each([
  ["5 seconds", "failed to parse podIdentityHttpTimeout value '5 seconds': "],
  ["1d", "failed to parse podIdentityHttpTimeout value '1d': "],
  ["-1s", "podIdentityHttpTimeout must be positive, got: -1s, using default SDK value"],
  ["0", "podIdentityHttpTimeout must be positive, got: 0s, using default SDK value"],
  ["31s", "value 31s is unusually high"],
])("pod-identity-http-timeout=%s is told and starts anyway", async (value, text) => {
  await using lab = await startBinaryLab({ args: [`--pod-identity-http-timeout=${value}`] });
  lab.world.cloud.putSecret(region, "s", "v");
  expect(lab.output()).toContain(text);
  const parameters = { usePodIdentity: "true" };
  expect((await lab.run({ objects: [secret("s")], parameters })).contents).toEqual({ s: "v" });
});

test("a file that is no kubeconfig is a reason not to start", async () => {
  using folder = newFolder();
  const broken = join(folder.path, "broken");
  writeFileSync(broken, "no: kubeconfig");
  const ended = await runToEnd([`--provider-volume=${folder.path}`, `--kubeconfig=${broken}`]);
  expect([ended.code, afterStartLines(ended)]).toEqual([255, expect.stringContaining("Can not get cluster config.")]);
});
