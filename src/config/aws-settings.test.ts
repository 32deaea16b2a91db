import { expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { rootCertificates } from "node:tls";
import { readAws } from "./aws-settings.ts";
import { StartError } from "./start-error.ts";
import type { Env } from "./start-error.ts";

const certificate = rootCertificates[0] ?? "";

function read(env: Env, contents: Record<string, string> = {}) {
  const warnings: string[] = [];
  const readFile = (path: string): string => {
    const text = contents[path];
    return text ?? readFileSync(`/nonexistent/${path}`, "utf8"); // the system's own error
  };
  return { ...readAws(env, readFile, (text) => warnings.push(text)), warnings };
}

function refusal(env: Env, contents?: Record<string, string>): string {
  try {
    read(env, contents);
  } catch (error) {
    if (error instanceof StartError && error.exitCode === 255) return error.text;
    throw error;
  }
  throw new Error("it was accepted");
}

test("an empty environment gives the defaults of the SDK", () => {
  expect(read({})).toMatchObject({
    region: undefined,
    useFipsEndpoint: false,
    useDualstackEndpoint: false,
    endpoints: {},
    maxAttempts: 3,
    retryMode: "standard",
    caBundle: undefined,
    warnings: [],
  });
});

test.each([
  ["AWS_REGION", "eu-west-1", "region", "eu-west-1"],
  ["AWS_REGION", " x ", "region", " x "],
  ["AWS_REGION", "", "region", undefined],
  ["AWS_DEFAULT_REGION", "eu-west-1", "region", undefined],
  ["AWS_USE_FIPS_ENDPOINT", "true", "useFipsEndpoint", true],
  ["AWS_USE_FIPS_ENDPOINT", "TrUe", "useFipsEndpoint", true],
  ["AWS_USE_FIPS_ENDPOINT", "FALSE", "useFipsEndpoint", false],
  ["AWS_USE_FIPS_ENDPOINT", "", "useFipsEndpoint", false],
  ["AWS_USE_DUALSTACK_ENDPOINT", "True", "useDualstackEndpoint", true],
  ["AWS_MAX_ATTEMPTS", "5", "maxAttempts", 5],
  ["AWS_MAX_ATTEMPTS", "+5", "maxAttempts", 5],
  ["AWS_MAX_ATTEMPTS", "0", "maxAttempts", 3],
  ["AWS_MAX_ATTEMPTS", "-0", "maxAttempts", 3],
  ["AWS_MAX_ATTEMPTS", "-1", "maxAttempts", Number.MAX_SAFE_INTEGER],
  ["AWS_MAX_ATTEMPTS", "", "maxAttempts", 3],
  ["AWS_RETRY_MODE", "adaptive", "retryMode", "adaptive"],
  ["AWS_RETRY_MODE", "", "retryMode", "standard"],
])("%s=%s: %s is %p", (name, value, key, expected) => {
  expect(read({ [name]: value })).toHaveProperty(key, expected);
});

test("attempts without limit are warned of, a limit is not", () => {
  const warning = "AWS_MAX_ATTEMPTS is negative: failing calls to AWS are repeated until the mount's deadline";
  expect(read({ AWS_MAX_ATTEMPTS: "-3" }).warnings).toEqual([warning]);
  for (const value of ["0", "-0", "1"]) expect(read({ AWS_MAX_ATTEMPTS: value }).warnings).toEqual([]);
});

test.each([
  ["AWS_USE_FIPS_ENDPOINT", "yes", "invalid value for AWS_USE_FIPS_ENDPOINT=yes, need true, false"],
  ["AWS_USE_FIPS_ENDPOINT", "1", "invalid value for AWS_USE_FIPS_ENDPOINT=1, need true, false"],
  ["AWS_USE_FIPS_ENDPOINT", " true", "invalid value for AWS_USE_FIPS_ENDPOINT= true, need true, false"],
  ["AWS_USE_DUALSTACK_ENDPOINT", "on", "invalid value for AWS_USE_DUALSTACK_ENDPOINT=on, need true, false"],
  [
    "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS",
    "x",
    "invalid value for AWS_IGNORE_CONFIGURED_ENDPOINT_URLS=x, need true, false",
  ],
  ["AWS_MAX_ATTEMPTS", "junk", "invalid value for AWS_MAX_ATTEMPTS=junk, need a whole number"],
  ["AWS_MAX_ATTEMPTS", "1.5", "invalid value for AWS_MAX_ATTEMPTS=1.5, need a whole number"],
  ["AWS_MAX_ATTEMPTS", "0x5", "invalid value for AWS_MAX_ATTEMPTS=0x5, need a whole number"],
  ["AWS_RETRY_MODE", "junk", "invalid value for AWS_RETRY_MODE=junk, need standard, adaptive"],
  ["AWS_RETRY_MODE", "Standard", "invalid value for AWS_RETRY_MODE=Standard, need standard, adaptive"],
  ["AWS_RETRY_MODE", "legacy", "invalid value for AWS_RETRY_MODE=legacy, need standard, adaptive"],
  ["AWS_CA_BUNDLE", "/absent.pem", "failed to read the CA bundle of AWS_CA_BUNDLE, /absent.pem: ENOENT"],
])("refuses to start with %s=%s", (name, value, text) => {
  expect(refusal({ [name]: value })).toBe(text);
});

test.each([["not a url"], ["ftp://x"], ["/path"], ["example.com:443"], ["https://user:hunter2@x"]])(
  "refuses the endpoint %s without quoting it",
  (url) => {
    const text = refusal({ AWS_ENDPOINT_URL_SSM: url });
    expect(text).toBe(
      "invalid value for AWS_ENDPOINT_URL_SSM, need an absolute http or https URL without user and password",
    );
  },
);

const [general, sm, ssm, sts] = ["http://general", "http://sm", "http://ssm", "http://sts"];
test.each([
  [{ AWS_ENDPOINT_URL: general }, { secretsManager: general, ssm: general }],
  [
    { AWS_ENDPOINT_URL: general, AWS_ENDPOINT_URL_SSM: ssm },
    { secretsManager: general, ssm },
  ],
  [{ AWS_ENDPOINT_URL_SECRETS_MANAGER: sm }, { secretsManager: sm }],
  [
    { AWS_ENDPOINT_URL_SECRETS_MANAGER: "", AWS_ENDPOINT_URL: general },
    { secretsManager: general, ssm: general },
  ],
  [{ AWS_ENDPOINT_URL_STS: sts }, { sts }],
  [{ AWS_ENDPOINT_URL: general, AWS_ENDPOINT_URL_STS: sts, AWS_IGNORE_CONFIGURED_ENDPOINT_URLS: "TRUE" }, {}],
  [{ AWS_ENDPOINT_URL: "junk", AWS_IGNORE_CONFIGURED_ENDPOINT_URLS: "true" }, {}],
  [
    { AWS_ENDPOINT_URL: general, AWS_IGNORE_CONFIGURED_ENDPOINT_URLS: "false" },
    { secretsManager: general, ssm: general },
  ],
])("%j gives the endpoints %j", (env, endpoints) => {
  expect(read(env).endpoints).toEqual(endpoints);
});

const profile = (lines: string): Record<string, string> => ({ "/c": `[profile p]\n${lines}` });
const named = { AWS_PROFILE: "p", AWS_CONFIG_FILE: "/c" };

test("the profile is asked where the environment is silent", () => {
  const contents = {
    ...profile(
      "use_fips_endpoint=true\nuse_dualstack_endpoint=TRUE\nmax_attempts=9\nretry_mode=adaptive\nca_bundle=/ca\nendpoint_url=http://general\nservices=s\nregion=xx\n[services s]\nssm =\n  endpoint_url = http://ssm\nsts =\n  endpoint_url = http://sts",
    ),
    "/ca": certificate,
  };
  expect(read(named, contents)).toMatchObject({
    region: undefined,
    useFipsEndpoint: true,
    useDualstackEndpoint: true,
    maxAttempts: 9,
    retryMode: "adaptive",
    caBundle: certificate,
    endpoints: { secretsManager: general, ssm },
  });
  expect(read(named, contents).endpoints).not.toHaveProperty("sts");
});

test("the environment wins over the profile", () => {
  const contents = profile("use_fips_endpoint=true\nmax_attempts=9\nretry_mode=adaptive\nendpoint_url=http://general");
  const env = {
    ...named,
    AWS_USE_FIPS_ENDPOINT: "false",
    AWS_MAX_ATTEMPTS: "2",
    AWS_RETRY_MODE: "standard",
    AWS_ENDPOINT_URL: sm,
  };
  expect(read(env, contents)).toMatchObject({
    useFipsEndpoint: false,
    maxAttempts: 2,
    retryMode: "standard",
    endpoints: { secretsManager: sm, ssm: sm },
  });
});

test("a switch of a profile that is no boolean is false, as in Go, and told", () => {
  expect(read(named, profile("use_fips_endpoint = yes"))).toMatchObject({
    useFipsEndpoint: false,
    warnings: ["use_fips_endpoint of the AWS profile is neither true nor false: taken for false"],
  });
});

test.each([
  ["max_attempts = junk", "invalid value for max_attempts of the AWS profile=junk, need a whole number"],
  ["retry_mode = junk", "invalid value for retry_mode of the AWS profile=junk, need standard, adaptive"],
  ["ca_bundle = /absent", "failed to read the CA bundle of ca_bundle of the AWS profile, /absent: ENOENT"],
])("a profile with %s refuses the start", (line, text) => {
  expect(refusal(named, profile(line))).toBe(text);
});

test("a CA bundle must hold a certificate", () => {
  const broken = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
  for (const text of ["", "junk", broken]) {
    expect(refusal({ AWS_CA_BUNDLE: "/ca" }, { "/ca": text })).toBe(
      "failed to load the CA bundle of AWS_CA_BUNDLE, /ca: no certificate in PEM form",
    );
  }
  const text = `comment\n${broken}${certificate}`;
  expect(read({ AWS_CA_BUNDLE: "/ca" }, { "/ca": text }).caBundle).toBe(text);
});

test("no variable that names credentials changes anything", () => {
  const env = {
    AWS_ACCESS_KEY_ID: "AKIDEXAMPLE",
    AWS_SECRET_ACCESS_KEY: "hunter2",
    AWS_SESSION_TOKEN: "hunter2",
    AWS_ROLE_ARN: "arn:aws:iam::1:role/x",
    AWS_WEB_IDENTITY_TOKEN_FILE: "/absent",
    AWS_ROLE_SESSION_NAME: "hunter2",
    AWS_CONTAINER_CREDENTIALS_FULL_URI: "http://169.254.170.23/v1/credentials",
    AWS_SDK_UA_APP_ID: "hunter2",
  };
  expect(JSON.stringify(read(env))).toBe(JSON.stringify(read({})));
});
