import { expect, test } from "bun:test";
import { readProfile } from "./aws-profile.ts";
import { StartError } from "./start-error.ts";

/** A reader of files that are given, and a note of what was read. */
function files(contents: Record<string, string>) {
  const read: string[] = [];
  const readFile = (path: string): string => {
    read.push(path);
    const text = contents[path];
    if (text === undefined) throw Object.assign(new Error("ENOENT"), { code: "ENOENT" });
    return text;
  };
  return { read, readFile };
}

const config = `
[default]
max_attempts = 7
[profile team]
services = lab
use_fips_endpoint = true
aws_access_key_id = AKIDEXAMPLE
endpoint_url = http://general.example
[services lab]
secrets_manager =
  endpoint_url = http://sm.example
ssm =
  endpoint_url = http://ssm.example
`;

test("reads nothing when neither a profile nor a file is named", () => {
  const { read, readFile } = files({ "/root/.aws/config": config });
  expect(readProfile({ HOME: "/root", AWS_PROFILE: "", AWS_CONFIG_FILE: "" }, readFile).settings.size).toBe(0);
  expect(read).toEqual([]);
});

test("finds a profile's settings and services in the usual file", () => {
  const { read, readFile } = files({ "/root/.aws/config": config });
  const { settings, services } = readProfile({ HOME: "/root", AWS_PROFILE: "team" }, readFile);
  expect(Object.fromEntries(settings)).toEqual({
    services: "lab",
    use_fips_endpoint: "true",
    endpoint_url: "http://general.example",
  });
  expect(Object.fromEntries(services)).toEqual({
    "secrets_manager.endpoint_url": "http://sm.example",
    "ssm.endpoint_url": "http://ssm.example",
  });
  expect(read).toEqual(["/root/.aws/config", "/root/.aws/credentials"]);
});

test("no credential leaves the files", () => {
  const secret = "hunter2";
  const keys = [
    "aws_access_key_id",
    "aws_secret_access_key",
    "aws_session_token",
    "role_arn",
    "web_identity_token_file",
  ];
  const text = ["[profile p]", "[p]", "[default]"].flatMap((head) => [
    head,
    ...keys.map((key) => `${key} = ${secret}`),
  ]);
  const { readFile } = files({ "/c": text.join("\n"), "/s": text.join("\n") });
  for (const AWS_PROFILE of ["p", "default"]) {
    const { settings } = readProfile(
      { AWS_PROFILE, AWS_CONFIG_FILE: "/c", AWS_SHARED_CREDENTIALS_FILE: "/s" },
      readFile,
    );
    expect(settings.size).toBe(0);
  }
});

test.each<[Record<string, string>]>([
  [{ AWS_PROFILE: "nobody" }],
  [{ AWS_DEFAULT_PROFILE: "nobody" }],
  [{ AWS_PROFILE: "nobody", AWS_CONFIG_FILE: "/root/.aws/config" }],
  [{ AWS_PROFILE: "team", AWS_CONFIG_FILE: "/absent" }],
  [{ AWS_PROFILE: "lab" }],
  [{ AWS_PROFILE: "__proto__" }],
])("a named but missing profile refuses the start: %j", (env) => {
  const { readFile } = files({ "/root/.aws/config": config });
  let error: unknown;
  try {
    readProfile({ HOME: "/root", ...env }, readFile);
  } catch (caught) {
    error = caught;
  }
  expect(error).toBeInstanceOf(StartError);
  const name = env["AWS_PROFILE"] ?? env["AWS_DEFAULT_PROFILE"] ?? "";
  expect(error).toMatchObject({
    exitCode: 255,
    text: expect.stringContaining(`failed to get shared config profile, ${name}`),
  });
});

test("without a named profile a missing default is fine, and files that can't be read count as empty", () => {
  expect(readProfile({ AWS_CONFIG_FILE: "/absent" }, files({}).readFile).settings.size).toBe(0);
});

test("AWS_PROFILE wins over AWS_DEFAULT_PROFILE, and ~ is HOME", () => {
  const { readFile } = files({ "/h/c": "[profile a]\nmax_attempts=1\n[profile b]\nmax_attempts=2" });
  const env = { HOME: "/h", AWS_PROFILE: "b", AWS_DEFAULT_PROFILE: "a", AWS_CONFIG_FILE: "~/c" };
  expect(readProfile(env, readFile).settings.get("max_attempts")).toBe("2");
});

// The answers are those of aws-sdk-go-v2/config v1.33.18.
test.each<[text: string, settings: Record<string, string>]>([
  ["[profile p]\nmax_attempts=3\n", { max_attempts: "3" }],
  ["[profile p]\r\nmax_attempts = 3\r\nretry_mode = adaptive\r\n", { max_attempts: "3", retry_mode: "adaptive" }],
  ["[ profile   p ]\nmax_attempts=3", { max_attempts: "3" }],
  ["[profile\tp]\nmax_attempts=3", { max_attempts: "3" }],
  [
    "# c\n; c\n[profile p] ; c\nmax_attempts = 3 # c\nendpoint_url = a#b ;c",
    { max_attempts: "3", endpoint_url: "a#b" },
  ],
  ["max_attempts = 9\n[profile p]\nmax_attempts = 3\nmax_attempts = 4", { max_attempts: "4" }],
  [
    "[profile p]\nmax_attempts=3\n[profile q]\nmax_attempts=5\n[profile p]\nretry_mode=standard",
    { max_attempts: "3", retry_mode: "standard" },
  ],
  ["[p]\nmax_attempts = 3\n[profile p]\nretry_mode = standard", { retry_mode: "standard" }],
  ["[profile p]\nendpoint_url = http://a/?b=c", { endpoint_url: "http://a/?b=c" }],
  ["[profile p]\ns3 =\n  endpoint_url = http://s3\n  max_attempts = 9\nmax_attempts = 3", { max_attempts: "3" }],
  ["[profile p]\nMAX_ATTEMPTS = 3", { max_attempts: "3" }],
  ["[profile p]\n  max_attempts = 3", { max_attempts: "3" }],
  ['[profile p] # c\nretry_mode="adaptive"', { retry_mode: "adaptive" }],
  ["[profile p]\nca_bundle = /x\nca_bundle", { ca_bundle: "/x" }],
])("%j is read as Go reads it", (text, settings) => {
  const { readFile } = files({ "/c": text });
  expect(Object.fromEntries(readProfile({ AWS_PROFILE: "p", AWS_CONFIG_FILE: "/c" }, readFile).settings)).toEqual(
    settings,
  );
});

test.each([["[p]\nmax_attempts = 3"], ["[Profile p]\nmax_attempts = 3"], ["max_attempts = 3"], [""]])(
  "%j holds no profile p in a config file",
  (text) => {
    const { readFile } = files({ "/c": text });
    expect(() => readProfile({ AWS_PROFILE: "p", AWS_CONFIG_FILE: "/c" }, readFile)).toThrow(StartError);
  },
);
