// `mount FILE` of the compiled binary: one mount with the caller's own credentials, by the server's code, against the fakes.
import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { newFolder, secret, parameter } from "./binary-lab.ts";
import { objectsYaml } from "./build.ts";
import { startWorld } from "./fakes/world.ts";
import type { World, WorldOptions } from "./fakes/world.ts";
import { binary } from "./provider.ts";

setDefaultTimeout(60_000);
const region = "eu-west-1";

interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the sub-command with an environment that holds nothing but what is given. */
async function mount(args: readonly string[], env: Readonly<Record<string, string>>, input = ""): Promise<Ran> {
  const child = Bun.spawn([binary, "mount", ...args], {
    cwd: "/",
    env,
    stdin: new Blob([input]),
    stdout: "pipe",
    stderr: "pipe",
    timeout: 30_000,
  });
  const [stdout, stderr, code] = await Promise.all([child.stdout.text(), child.stderr.text(), child.exited]);
  return { code, stdout, stderr };
}

/** The environment of somebody who is signed in as a role. */
function signedIn({ cloud, env }: World, role = "developer"): Readonly<Record<string, string>> {
  const { accessKeyId, secretAccessKey, sessionToken } = cloud.openSession(role, "me");
  return {
    ...env,
    AWS_ACCESS_KEY_ID: accessKeyId,
    AWS_SECRET_ACCESS_KEY: secretAccessKey,
    AWS_SESSION_TOKEN: sessionToken,
  };
}

function aClass(name: string, objects: readonly object[], parameters: Readonly<Record<string, string>> = {}): string {
  const given = Object.entries({ region, ...parameters }).map(
    ([key, value]) => `    ${key}: ${JSON.stringify(value)}\n`,
  );
  const text = objectsYaml(objects).replace(/^/gm, "      ");
  return `apiVersion: secrets-store.csi.x-k8s.io/v1
kind: SecretProviderClass
metadata:
  name: ${name}
spec:
  provider: aws
  parameters:
${given.join("")}    objects: |
${text}
`;
}

async function lab(options: WorldOptions = {}) {
  const world = await startWorld(options);
  const folder = newFolder();
  const { cloud } = world;
  const version = cloud.putSecret(region, "app/db", '{"user":"ursula","pass":"hunter22"}');
  cloud.putParameter(region, "/app/level", "verbose");
  const file = (text: string): string => {
    const path = join(folder.path, "class.yaml");
    writeFileSync(path, text);
    return path;
  };
  return {
    world,
    version,
    file,
    to: join(folder.path, "deep", "out"),
    [Symbol.asyncDispose]: async () => {
      await world.close();
      folder[Symbol.dispose]();
    },
  };
}

const objects = [
  secret("app/db", { filePermission: "0400", jmesPath: [{ path: "pass", objectAlias: "pw", filePermission: "0440" }] }),
  parameter("/app/level"),
];
const values = ["ursula", "hunter22", "verbose"];

test("--to writes the files with their modes, and says what it wrote", async () => {
  await using own = await lab();
  const { code, stdout, stderr } = await mount([own.file(aClass("app", objects)), "--to", own.to], signedIn(own.world));
  expect([code, stderr]).toEqual([0, ""]);
  expect(stdout).toBe(
    [
      "MODE  BYTES  VERSION                               FILE",
      `0400  35     ${own.version}  app_db`,
      `0440  8      ${own.version}  pw`,
      "0644  7      1                                     _app_level",
      "",
    ].join("\n"),
  );
  const modeOf = (name: string): number => statSync(join(own.to, name)).mode & 0o7777;
  expect(readdirSync(own.to).toSorted()).toEqual(["_app_level", "app_db", "pw"]);
  expect(["app_db", "pw", "_app_level"].map(modeOf)).toEqual([0o400, 0o440, 0o644]);
  expect(readFileSync(join(own.to, "pw"), "utf8")).toBe("hunter22");
  expect(statSync(own.to).mode & 0o777).toBe(0o700);
  expect(own.world.calls("secrets-manager").map(({ role }) => role)).toEqual(["developer"]);
  expect([own.world.count("sts"), own.world.count("kubernetes"), own.world.count("pod-identity")]).toEqual([0, 0, 0]);
});

test("--dry-run fetches all, writes nothing, and shows no value", async () => {
  await using own = await lab();
  const env = signedIn(own.world);
  const ran = await mount(["-", "--dry-run"], env, aClass("app", objects, { usePodIdentity: "true" }));
  expect([ran.code, ran.stderr]).toEqual([0, ""]);
  expect(ran.stdout).toContain("0440  8 ");
  for (const value of [...values, env["AWS_SECRET_ACCESS_KEY"] ?? "", env["AWS_SESSION_TOKEN"] ?? ""])
    expect(ran.stdout).not.toContain(value);
  expect(own.world.count("secrets-manager")).toBe(1);
});

test("a failure has the server's text and exit code 1; nothing is written, nothing shown of the credentials", async () => {
  await using own = await lab();
  own.world.cloud.deny({ role: "developer", id: "app/db" });
  const env = signedIn(own.world);
  const { code, stdout, stderr } = await mount([own.file(aClass("app", objects)), "--to", own.to], env);
  expect([code, stdout]).toEqual([1, ""]);
  expect(stderr).toStartWith(
    "error: Failed to fetch secret from all regions. Verify secret exists and required permissions are granted for: app/db: eu-west-1: operation error Secrets Manager: GetSecretValue",
  );
  expect(stderr).toContain("AccessDeniedException: User: ");
  expect(existsSync(join(own.to, ".."))).toBe(false); // the directories that it made are gone
  for (const name of ["AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"]) expect(stderr).not.toContain(env[name] ?? "");
});

test("an interrupt ends it, and nothing is written", async () => {
  await using own = await lab();
  own.world.faults.inject({ service: "secrets-manager" }, { kind: "hang" });
  const child = Bun.spawn([binary, "mount", own.file(aClass("app", objects)), "--to", own.to], {
    cwd: "/",
    env: signedIn(own.world),
    stdin: "ignore",
    stdout: "pipe",
    stderr: "pipe",
  });
  while (own.world.count("secrets-manager") === 0) await Bun.sleep(5);
  child.kill("SIGINT");
  const [stderr, code] = await Promise.all([child.stderr.text(), child.exited]);
  expect([code, stderr]).toEqual([1, expect.stringContaining("no answer yet: interrupted: nothing is written")]);
  expect(existsSync(own.to)).toBe(false);
});

describe("--dry-run fails what a mount would fail", () => {
  test.each([
    [
      "a file that is a folder of another",
      [secret("app/db", { objectAlias: "x" }), parameter("/app/level", { objectAlias: "x/y" })],
      "failed to write ./x/y: ENOTDIR: x is a file of the same mount",
    ],
    ["no objects", [], 'objects lists nothing: the driver fails such a mount with "missing object versions"'],
  ])("%s", async (_what, list, text) => {
    await using own = await lab();
    const written = aClass("app", list, { pathTranslation: "False" });
    for (const where of [["--dry-run"], ["--to", own.to]]) {
      const ran = await mount(["-", ...where], signedIn(own.world), written);
      expect([ran.code, ran.stdout]).toEqual([1, ""]);
      expect(ran.stderr).toContain(where[0] === "--to" ? text.replace("./", `${own.to}/`) : text);
      expect(existsSync(own.to)).toBe(false);
    }
  });
});

test("what to do is said to the caller, not to a pod", async () => {
  await using own = await lab();
  const env = signedIn(own.world);
  const ran = await mount(["-", "--dry-run"], { ...env, NODE_OPTIONS: "--x" }, aClass("app", objects));
  expect([ran.code, ran.stderr]).toEqual([2, expect.stringContaining("NODE_OPTIONS")]);
  expect(ran.stderr).toEndWith("Unset it.\n");
});

describe("whose credentials", () => {
  test("--role-arn: the caller assumes it first", async () => {
    await using own = await lab();
    own.world.cloud.trustRole("reader", "developer");
    own.world.cloud.trust("reader");
    const args = [own.file(aClass("app", objects)), "--dry-run", "--role-arn", own.world.cloud.roleArn("reader")];
    const ran = await mount(args, signedIn(own.world));
    expect([ran.code, ran.stderr]).toEqual([0, ""]);
    expect(own.world.calls("secrets-manager").map(({ role }) => role)).toEqual(["reader"]);
    const refused = await mount(args, signedIn(own.world, "stranger"));
    expect(refused.code).toBe(1);
    expect(refused.stderr).toContain(
      "no AWS credentials: User: arn:aws:sts::111122223333:assumed-role/stranger/me is not authorized",
    );
  });

  test("a private CA counts for the role's STS as for the stores", async () => {
    await using own = await lab({ tls: true });
    own.world.cloud.trustRole("reader", "developer");
    const args = [own.file(aClass("app", objects)), "--dry-run", "--role-arn", own.world.cloud.roleArn("reader")];
    const env = signedIn(own.world);
    expect(await mount(args, env)).toMatchObject({ code: 0, stderr: "" });
    const { AWS_CA_BUNDLE: _, ...without } = env;
    expect((await mount(args, without)).stderr).toMatch(/no AWS credentials: .*certificate/);
  });

  test("--profile, its region too; HOME need not be set", async () => {
    await using own = await lab();
    const {
      AWS_ACCESS_KEY_ID: id,
      AWS_SECRET_ACCESS_KEY: key,
      AWS_SESSION_TOKEN: token,
    } = signedIn(own.world, "of-profile");
    const config = own.file(
      `[profile work]\nregion = ${region}\naws_access_key_id = ${id}\naws_secret_access_key = ${key}\naws_session_token = ${token}\n`,
    );
    const env = { ...own.world.env, AWS_CONFIG_FILE: config, AWS_SHARED_CREDENTIALS_FILE: "/none" };
    const text = aClass("app", objects).replace(`    region: "${region}"\n`, "");
    const ran = await mount(["-", "--dry-run", "--profile=work"], env, text);
    expect([ran.code, ran.stderr]).toEqual([0, ""]);
    expect(own.world.calls("secrets-manager").map(({ role }) => role)).toEqual(["of-profile"]);
    const other = await mount(["-", "--dry-run", "--profile=nobody"], env, text);
    expect([other.code, other.stderr]).toEqual([
      2,
      expect.stringContaining("failed to get shared config profile, nobody. Correct --profile, or the files of "),
    ]);
  });

  test("a profile that signs in by SSO, and one whose keys come from a program", async () => {
    await using own = await lab();
    const { accessKeyId, secretAccessKey, sessionToken } = own.world.cloud.openSession("by-sso", "me");
    const asked: string[] = [];
    const portal = Bun.serve({
      port: 0,
      hostname: "127.0.0.1",
      fetch: (request) => {
        const url = new URL(request.url);
        asked.push(`${request.method} ${url.pathname}${url.search} ${request.headers.get("x-amz-sso_bearer_token")}`);
        const expiration = Date.now() + 3_600_000;
        return Response.json({ roleCredentials: { accessKeyId, secretAccessKey, sessionToken, expiration } });
      },
    });
    const home = join(own.world.folder, "home");
    mkdirSync(join(home, ".aws/sso/cache"), { recursive: true });
    const cache = new Bun.CryptoHasher("sha1").update("work").digest("hex");
    const expiresAt = new Date(Date.now() + 3_600_000).toISOString();
    writeFileSync(
      join(home, `.aws/sso/cache/${cache}.json`),
      JSON.stringify({ accessToken: "token-of-sso", expiresAt }),
    );
    const printed = JSON.stringify({
      Version: 1,
      AccessKeyId: accessKeyId,
      SecretAccessKey: secretAccessKey,
      SessionToken: sessionToken,
    });
    writeFileSync(join(home, "keys.json"), printed);
    writeFileSync(
      join(home, ".aws/config"),
      `[profile sso]\nsso_session = work\nsso_account_id = 111122223333\nsso_role_name = reader\nregion = ${region}\n` +
        `[sso-session work]\nsso_region = ${region}\nsso_start_url = https://example.awsapps.com/start\n` +
        `[profile program]\ncredential_process = /bin/cat ${home}/keys.json\n`,
    );
    const env = {
      ...own.world.env,
      HOME: home,
      PATH: "/bin:/usr/bin",
      AWS_ENDPOINT_URL_SSO: `http://127.0.0.1:${portal.port}`,
    };
    try {
      for (const profile of ["sso", "program"]) {
        const ran = await mount(["-", "--dry-run", "--profile", profile], env, aClass("app", objects));
        expect([ran.code, ran.stderr]).toEqual([0, ""]);
      }
    } finally {
      await portal.stop(true);
    }
    expect(asked).toEqual(["GET /federation/credentials?role_name=reader&account_id=111122223333 token-of-sso"]);
    expect(own.world.calls("secrets-manager").map(({ role }) => role)).toEqual(["by-sso", "by-sso"]);
  });

  test("--profile is the only source: where it fails, nothing else is asked, and the cause is told", async () => {
    await using own = await lab();
    const keys = own.world.cloud.openSession("of-container", "me");
    let asked = 0;
    const container = Bun.serve({
      port: 0,
      hostname: "127.0.0.1",
      fetch: () => {
        asked += 1;
        const { accessKeyId: AccessKeyId, secretAccessKey: SecretAccessKey, sessionToken: Token } = keys;
        return Response.json({ AccessKeyId, SecretAccessKey, Token, Expiration: "2999-01-01T00:00:00Z" });
      },
    });
    const config = own.file(
      "[profile broken]\ncredential_process = /bin/sh -c 'echo vault is sealed >&2; exit 3'\n[profile bare]\nregion = eu-west-1\n",
    );
    const env = {
      ...signedIn(own.world),
      PATH: "/bin:/usr/bin",
      AWS_CONFIG_FILE: config,
      AWS_SHARED_CREDENTIALS_FILE: "/none",
      AWS_CONTAINER_CREDENTIALS_FULL_URI: `http://127.0.0.1:${container.port}/`,
    };
    try {
      for (const [profile, cause] of [
        ["broken", "vault is sealed"],
        ["bare", "Could not resolve credentials using profile: [bare]"],
      ] as const) {
        const { code, stdout, stderr } = await mount(
          ["-", "--dry-run", "--profile", profile],
          env,
          aClass("a", objects),
        );
        expect([code, stdout]).toEqual([1, ""]);
        expect(stderr).toContain(`no AWS credentials of profile ${profile}: `);
        expect(stderr).toContain(cause);
        expect(stderr).not.toContain("Say --profile");
        expect(stderr).not.toContain("@aws-sdk/");
      }
    } finally {
      await container.stop(true);
    }
    expect([asked, own.world.count("secrets-manager")]).toEqual([0, 0]);
  });

  test("none at all, and none of the instance's without being asked for", async () => {
    await using own = await lab();
    const env = { ...own.world.env, AWS_EC2_METADATA_DISABLED: "true" };
    const { code, stderr } = await mount(["-", "--dry-run"], env, aClass("app", objects));
    expect(code).toBe(1);
    expect(stderr).toContain("no AWS credentials: ");
    expect(stderr).toContain("The same for /app/level.");
    expect(stderr).toContain("Say --profile");
  });
});

test("the region: the class's, else --region, else AWS_REGION", async () => {
  await using own = await lab();
  const text = aClass("app", objects).replace(`    region: "${region}"\n`, "");
  const env = signedIn(own.world);
  expect((await mount(["-", "--dry-run", `--region=${region}`], { ...env, AWS_REGION: "us-east-1" }, text)).code).toBe(
    0,
  );
  expect((await mount(["-", "--dry-run"], { ...env, AWS_REGION: region }, text)).code).toBe(0);
  expect(new Set(own.world.calls("secrets-manager").map((call) => call.region))).toEqual(new Set([region]));
  const none = await mount(["-", "--dry-run"], env, text);
  expect([none.code, none.stderr]).toEqual([
    1,
    expect.stringContaining("there is no node: give a region. Say --region, or "),
  ]);
  expect(none.stderr).not.toContain("chart");
});

describe("which class, and misuse", () => {
  const two = `${aClass("one", [secret("app/db")])}---\n${aClass("two", [parameter("/app/level")])}`;

  test("--class picks one of several", async () => {
    await using own = await lab();
    const ran = await mount(["-", "--dry-run", "--class", "two"], signedIn(own.world), two);
    expect([ran.code, ran.stdout.trimEnd().split("\n").length]).toEqual([0, 2]);
    expect(own.world.count("secrets-manager")).toBe(0);
  });

  test.each([
    ["several classes", ["-", "--dry-run"], two, 'several classes: say --class, one of "one", "two"'],
    ["no such class", ["-", "--dry-run", "--class=x"], two, 'no class "x"; there are "one", "two"'],
    ["no class", ["-", "--dry-run"], "kind: Pod\n", "no SecretProviderClass of provider aws"],
    ["no YAML", ["-", "--dry-run"], "a: [\n", "not readable as YAML"],
    [
      "a number",
      ["-", "--dry-run"],
      aClass("a", []).replace('"eu-west-1"', "7"),
      "spec.parameters.region must be a text",
    ],
    ["no file", ["--dry-run"], "", "one FILE is needed"],
    ["neither --to nor --dry-run", ["-"], two, "one of --to and --dry-run is needed"],
    ["both", ["-", "--dry-run", "--to=/x"], two, "--to and --dry-run can not be used together"],
    ["a file that is not there", ["/none", "--dry-run"], "", "/none: no such file or directory"],
    ["an unknown option", ["-", "--nope"], two, "flag provided but not defined: -nope"],
  ])("%s: exit code 2", async (_what, args, input, text) => {
    const ran = await mount(args, {}, input);
    expect([ran.code, ran.stdout]).toEqual([2, ""]);
    expect(ran.stderr).toContain(text);
    expect(existsSync("/x")).toBe(false);
  });

  test("--help", async () => {
    const { code, stdout } = await mount(["--help"], {});
    expect(code).toBe(0);
    for (const option of ["--to", "--dry-run", "--class", "--profile", "--role-arn", "--region"])
      expect(stdout).toContain(`  ${option}`);
  });
});
