import { describe, expect, test } from "bun:test";
import { readConfig } from "./config.ts";
import { StartError } from "./start-error.ts";
import type { Config } from "./shape.ts";
import type { Env } from "./start-error.ts";

function read(argv: readonly string[] = [], env: Env = {}): Config {
  const readFile = (): never => {
    throw Object.assign(new Error("ENOENT"), { code: "ENOENT" });
  };
  return readConfig({ argv, env, readFile, version: "4.0.0" });
}

function refusal(argv: readonly string[], env: Env = {}): StartError {
  try {
    read(argv, env);
  } catch (error) {
    if (error instanceof StartError) return error;
    throw error;
  }
  throw new Error("it was accepted");
}

test("without flags and environment the defaults are those of provider 3.x", () => {
  expect(read()).toMatchObject({
    version: "4.0.0",
    providerVolume: "/var/run/secrets-store-csi-providers",
    driverWritesSecrets: false,
    qps: 5,
    burst: 10,
    appId: "secrets-store-csi-driver-provider-aws-4.0.0",
    podIdentityHttpTimeoutMs: undefined,
    podIdentityEndpoints: { ipv4: "http://169.254.170.23", ipv6: "http://[fd00:ec2::23]" },
    kubeconfig: undefined,
    credentialCacheMaxAgeMs: 300_000,
    stsFips: "auto",
    logFormat: "text",
    logLevel: "info",
    notices: [],
  });
});

test("nothing can be changed afterwards", () => {
  expect(Object.isFrozen(read())).toBe(true);
  expect(Object.isFrozen(read().aws)).toBe(true);
});

describe("qps and burst, as client-go takes them", () => {
  test.each([
    [["--qps=0"], 5, 10],
    [["--qps=0", "--burst=0"], 5, 10],
    [["--qps=0", "--burst=3"], 5, 3],
    [["--qps=7"], 7, 10],
    [["--qps=-1"], -1, 10],
    [["--qps=-1", "--burst=0"], -1, 0],
    [["--qps=-1", "--burst=-5"], -1, -5],
  ])("%j", (argv, qps, burst) => {
    expect(read(argv)).toMatchObject({ qps, burst });
  });

  test.each([[["--burst=0"]], [["--burst=-1"]], [["--qps=3", "--burst=0"]], [["--qps=0", "--burst=-1"]]])(
    "%j is fatal",
    (argv) => {
      const { exitCode, text } = refusal(argv);
      expect(exitCode).toBe(255);
      expect(text).toStartWith(
        "Can not initialize kubernetes client. error: burst is required to be greater than 0 when RateLimiter is not set and QPS is set to greater than 0",
      );
    },
  );
});

describe("pod-identity-http-timeout never stops the start", () => {
  test.each([
    ["100ms", 100],
    ["1.5s", 1500],
    ["30s", 30_000],
    ["1ns", 1],
  ])("%s is used", (text, ms) => {
    expect(read([`--pod-identity-http-timeout=${text}`])).toMatchObject({ podIdentityHttpTimeoutMs: ms, notices: [] });
  });

  test.each([
    [
      "junk",
      `failed to parse podIdentityHttpTimeout value 'junk': time: invalid duration "junk", using default SDK value`,
    ],
    [
      "5",
      `failed to parse podIdentityHttpTimeout value '5': time: missing unit in duration "5", using default SDK value`,
    ],
    ["0", "podIdentityHttpTimeout must be positive, got: 0s, using default SDK value"],
    ["-1.5h", "podIdentityHttpTimeout must be positive, got: -1h30m0s, using default SDK value"],
  ])("%s is told and the default used", (value, text) => {
    const { podIdentityHttpTimeoutMs, notices } = read([`--pod-identity-http-timeout=${value}`]);
    expect(podIdentityHttpTimeoutMs).toBeUndefined();
    expect(notices).toEqual([{ level: "error", text }]);
  });

  test.each([
    ["30.000000001s", 30_000],
    ["2m", 120_000],
    ["2562047h", 2 ** 31 - 1],
  ])("%s is used with a warning", (value, ms) => {
    const { podIdentityHttpTimeoutMs, notices } = read([`--pod-identity-http-timeout=${value}`]);
    expect(podIdentityHttpTimeoutMs).toBe(ms);
    expect(notices).toHaveLength(1);
    expect(notices[0]?.level).toBe("warn");
    expect(notices[0]?.text).toContain("is unusually high");
  });
});

describe("pod-identity-endpoints", () => {
  test.each([
    ["http://127.0.0.1:8080", "http://127.0.0.1:8080", "http://127.0.0.1:8080"],
    ["http://127.0.0.1:1,http://[::1]:2", "http://127.0.0.1:1", "http://[::1]:2"],
    ["http://169.254.170.23/ , http://[fd00:ec2::23]/", "http://169.254.170.23", "http://[fd00:ec2::23]"],
    ["https://[fe80::1]", "https://[fe80::1]", "https://[fe80::1]"],
    ["http://2130706433/", "http://127.0.0.1", "http://127.0.0.1"],
  ])("%s", (value, ipv4, ipv6) => {
    expect(read([`--pod-identity-endpoints=${value}`]).podIdentityEndpoints).toEqual({ ipv4, ipv6 });
  });

  test.each(
    ["", ",", "http://127.0.0.1,", "http://127.0.0.1,http://127.0.0.1,http://127.0.0.1", "127.0.0.1", "http://10.0.0.1"]
      .concat([
        "http://localhost",
        "http://example.com",
        "http://127.0.0.1.example.com",
        "http://127.0.0.1@example.com",
      ])
      .concat([
        "http://x:y@127.0.0.1",
        "http://127.0.0.1/path",
        "http://127.0.0.1/?q",
        "http://127.0.0.1/#f",
        "ftp://127.0.0.1",
      ])
      .concat(["http://127.0.0.1,http://8.8.8.8", "http://[fd00:ec2::254]", "http://0.0.0.0", "http://[::]"])
      .map((value) => [value]),
  )("refuses %j", (value) => {
    const { exitCode, text } = refusal([`--pod-identity-endpoints=${value}`]);
    expect(exitCode).toBe(2);
    expect(text).toStartWith(`invalid value "${value}" for flag -pod-identity-endpoints: must be `);
  });
});

test.each([
  ["--log-format=xml", "-log-format: must be one of text, json"],
  ["--log-level=trace", "-log-level: must be one of debug, info, warn, error"],
  ["--sts-fips=true", "-sts-fips: must be one of auto, required, off"],
  ["--credential-cache-max-age=-1s", "-credential-cache-max-age: must not be negative"],
  ["--credential-cache-max-age=5", "-credential-cache-max-age: parse error"],
])("%s stops the start like a flag that does not parse", (flag, text) => {
  const error = refusal([flag]);
  expect(error.exitCode).toBe(2);
  const lines = error.text.split("\n");
  expect(lines[0]).toEndWith(text);
  expect(lines[1]).toBe("Usage of secrets-store-csi-driver-provider-aws:");
});

test.each([["-h"], ["-help"], ["--help"]])("%s shows the usage and ends well", (flag) => {
  const { exitCode, text } = refusal([flag], { NODE_OPTIONS: "--x" });
  expect(exitCode).toBe(0);
  expect(text).toStartWith("Usage of ");
  expect(text).toContain("  -provider-volume string\n");
});

test("new flags take effect", () => {
  const argv = [
    "--kubeconfig=/k",
    "--credential-cache-max-age=0",
    "--sts-fips=off",
    "--log-format=json",
    "--log-level",
    "debug",
  ];
  expect(read(argv)).toMatchObject({
    kubeconfig: "/k",
    credentialCacheMaxAgeMs: 0,
    stsFips: "off",
    logFormat: "json",
    logLevel: "debug",
  });
});

test.each([
  ["v3.1.1-eksbuild.1", "v3.1.1-eksbuild.1"],
  ["a b/c(d)é😀\n", "a-b-c-d----"],
  ["!#$%&'*+-.^_`|~09azAZ", "!#$%&'*+-.^_`|~09azAZ"],
  ["x".repeat(100), "x".repeat(100)],
])("the app id of add-on version %j", (version, shown) => {
  expect(read(["--eks-addon-version", version]).appId).toBe(`secrets-store-csi-driver-provider-aws-${shown}`);
});

test("the environment can stop the start, and warns", () => {
  expect(refusal([], { NODE_TLS_REJECT_UNAUTHORIZED: "0" }).exitCode).toBe(255);
  expect(refusal([], { AWS_PROFILE: "x" }).text).toContain("failed to get shared config profile, x");
  expect(refusal([], { AWS_CA_BUNDLE: "/x" }).exitCode).toBe(255);
  expect(read([], { HTTPS_PROXY: "socks5://p" }).notices).toEqual([
    { level: "warn", text: "HTTPS_PROXY is not an http or https proxy: requests through it will fail" },
  ]);
});

test("flags are judged before the environment, as their exit code is the one that charts know", () => {
  expect(refusal(["--nope"], { NODE_OPTIONS: "--x" }).exitCode).toBe(2);
});

test.each([
  [["--no\u001b[31mpe\nx"], {}, "flag provided but not defined: -no\\u001b[31mpe\\nx\nUsage of "],
  [["--=\u001b[31m\n"], {}, "bad flag syntax: --=\\u001b[31m\\n\nUsage of "],
  [
    [],
    { AWS_CA_BUNDLE: "/ca\u001b[2J\n.pem" },
    "failed to read the CA bundle of AWS_CA_BUNDLE, /ca\\u001b[2J\\n.pem: ENOENT",
  ],
  [[], { AWS_PROFILE: "p\u001b[2J\r\nx" }, "failed to get shared config profile, p\\u001b[2J\\r\\nx. "],
] as [string[], Env, string][])("no character acts on the terminal of who starts it: %j %j", (argv, env, text) => {
  const shown = refusal(argv, env).shown();
  expect(shown).toStartWith(text);
  expect(shown).not.toMatch(/[^\n\t\P{Cc}]/u);
});

test("the usage text keeps its lines and tabs", () => {
  const { text, ...error } = refusal(["--help"]);
  expect(refusal(["--help"]).shown()).toBe(text);
  expect([error.exitCode, text.includes("\n    \t")]).toEqual([0, true]);
});
