// Fuzz targets for what configures the process: flags, durations, the environment with its proxies, AWS config files.
import * as fc from "fast-check";
import { readConfig } from "../../src/config/config.ts";
import { StartError } from "../../src/config/start-error.ts";
import { DurationError, formatDuration, parseDuration } from "../../src/go/duration.ts";
import { parseFlags } from "../../src/config/flags.ts";
import { FlagError } from "../../src/go/flag.ts";
import { isLocalAddress } from "../../src/go/ip.ts";
import { readProxy } from "../../src/config/proxy.ts";
import { marker, names, parts, pieces, spoiled } from "./arbitraries.ts";
import { assert, assertQuiet, refusedBy, target } from "./target.ts";

const flagNames = parts(
  "provider-volume¦driver-writes-secrets¦qps¦burst¦pod-identity-http-timeout¦pod-identity-endpoints¦credential-cache-max-age¦sts-fips¦log-level¦kubeconfig¦help¦__proto__¦constructor¦v",
);
const flagValues = parts(
  "true¦false¦T¦0x10¦1_000¦1e+06¦-5¦99999999999999999999¦5m¦1.5h¦-1s¦auto¦debug¦http://127.0.0.1:1¦http://[::1]:1,http://169.254.170.23¦http://evil.example¦http://127.0.0.1@evil.example¦http://2130706433¦¦=¦-",
);
const argument = fc.oneof(
  fc
    .tuple(
      fc.constantFrom("-", "--", "", "---"),
      fc.constantFrom(...flagNames),
      fc.constantFrom("", "="),
      fc.oneof(fc.constantFrom(...flagValues), names),
    )
    .map((parts) => parts.join("")),
  fc.constantFrom(...flagValues),
  names,
);

const durations = fc.oneof(
  pieces(
    [
      "0",
      "1",
      "5",
      "9223372036854775807",
      "9223372036854775808",
      ".",
      "-",
      "+",
      "ns",
      "us",
      "µs",
      "μs",
      "ms",
      "s",
      "m",
      "h",
      "d",
      " ",
      "_",
      "e",
      "é",
    ],
    8,
  ),
  spoiled(fc.constantFrom("1h2m3.5s", "500ms", "-1.5h", "2562047h47m16.854775807s", "0")),
);

const hosts = parts(
  "example.com¦secretsmanager.eu-west-1.amazonaws.com¦127.0.0.1¦[::1]¦169.254.170.23¦[fd00:ec2::23]¦[fe80::1]¦localhost¦10.1.2.3¦[2001:db8::1]¦[::ffff:169.254.170.23]",
);
const proxyText = spoiled(
  fc.constantFrom(
    `http://user:${marker}@proxy:3128`,
    "proxy:3128",
    `https://${marker}@proxy`,
    "socks5://proxy",
    "http://[::1]:1",
    "//",
    "http://",
  ),
);
const noProxy = spoiled(
  fc
    .array(
      fc.constantFrom(
        "*",
        "example.com",
        ".example.com",
        "10.0.0.0/8",
        "::/0",
        "[::1]:443",
        "host:80",
        "0.0.0.0/33",
        "fd00::/8",
        "*.x",
        ":1",
        "é.example",
        "1.2.3.4:x",
      ),
      { maxLength: 4 },
    )
    .map((list) => list.join(",")),
);

const profile = pieces(
  [
    "[default]",
    "[profile p]",
    "[p]",
    "[services s]",
    "\n",
    " ",
    "\t",
    "=",
    "#",
    ";",
    "]",
    "region",
    "endpoint_url = ",
    "services = s",
    "ssm =",
    "ca_bundle",
    "use_fips_endpoint",
    "max_attempts",
    `\naws_secret_access_key = ${marker}\n`,
    "true",
    "3",
    '"',
    "'",
    "\0",
    "é",
  ],
  16,
);

export const configTargets = [
  target({
    name: "flags",
    inputs: fc.array(argument, { maxLength: 5 }),
    check: (argv) => {
      const flags = refusedBy(() => parseFlags(argv), [FlagError]);
      if (flags === undefined) return;
      assert(
        Number.isInteger(flags.qps) &&
          typeof flags["driver-writes-secrets"] === "boolean" &&
          flags["credential-cache-max-age"] >= 0,
        "flags have their types",
      );
      for (const url of Object.values(flags["pod-identity-endpoints"]))
        assert(isLocalAddress(new URL(url).hostname), `the agent is on this node: ${url}`);
    },
  }),
  target({
    name: "durations",
    inputs: durations,
    check: (text) => {
      const nanoseconds = refusedBy(() => parseDuration(text), [DurationError]);
      if (nanoseconds === undefined) return;
      assert(nanoseconds >= -(2n ** 63n) && nanoseconds < 2n ** 63n, "a duration has 64 bits");
      assert(
        parseDuration(formatDuration(nanoseconds)) === nanoseconds || nanoseconds === -(2n ** 63n),
        "what is printed is read the same",
      );
    },
  }),
  target({
    name: "proxy settings",
    inputs: fc.record({
      https: proxyText,
      http: proxyText,
      none: noProxy,
      url: fc.tuple(fc.constantFrom("http", "https"), fc.constantFrom(...hosts), fc.constantFrom("", ":80", ":8443")),
    }),
    check: ({ https, http, none, url: [scheme, host, port] }) => {
      const proxyFor = readProxy({ HTTPS_PROXY: https, http_proxy: http, NO_PROXY: none }, assertQuiet);
      const proxy = proxyFor(new URL(`${scheme}://${host}${port}/`));
      assert(proxy === undefined || !(isLocalAddress(host) || host === "localhost"), `${host} is reached directly`);
      if (proxy !== undefined) assert(URL.canParse(proxy), "a proxy is a URL");
    },
  }),
  target({
    name: "start settings (environment, AWS config files)",
    inputs: fc.record({
      profile,
      credentials: profile,
      proxy: proxyText,
      env: fc.dictionary(
        fc.constantFrom(
          "AWS_REGION",
          "AWS_PROFILE",
          "AWS_MAX_ATTEMPTS",
          "AWS_RETRY_MODE",
          "AWS_USE_FIPS_ENDPOINT",
          "AWS_ENDPOINT_URL",
          "AWS_ENDPOINT_URL_STS",
          "NO_PROXY",
          "NODE_OPTIONS",
          "NODE_TLS_REJECT_UNAUTHORIZED",
          "KUBERNETES_SERVICE_HOST",
          "__proto__",
        ),
        fc.oneof(fc.constantFrom("", "true", "3", "standard", "p", "http://127.0.0.1:1", "0"), names),
        { maxKeys: 4 },
      ),
    }),
    check: ({ env, proxy, profile: config, credentials }) => {
      const files = { AWS_CONFIG_FILE: "/config", AWS_SHARED_CREDENTIALS_FILE: "/credentials" };
      const readFile = (path: string): string =>
        path === "/config" ? config : path === "/credentials" ? credentials : "";
      const read = refusedBy(
        () => readConfig({ argv: [], env: { ...env, ...files, HTTPS_PROXY: proxy }, readFile, version: "0.0.0" }),
        [StartError],
        (error) => {
          assertQuiet(error.text);
          assert(error.exitCode === 255, "a bad environment is exit code 255");
        },
      );
      if (read !== undefined) assertQuiet(JSON.stringify(read));
    },
  }),
];
