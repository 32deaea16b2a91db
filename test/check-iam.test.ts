// The policy of `check --iam` against the fakes' own permission check: with it the mount works, with less it does not. Trust policies; counts of calls.
import { describe, expect, test } from "bun:test";
import { answer } from "../src/cli/check/answers.ts";
import { PolicyError } from "../src/cli/check/resources.ts";
import type { Policy } from "../src/cli/check/iam.ts";
import { options as table } from "../src/cli/check/check-options.ts";
import type { CheckOptions } from "../src/cli/check/check-options.ts";
import { runCheck } from "../src/cli/check/check-files.ts";
import { readCommandLine } from "../src/cli/command-line.ts";
import { startLab } from "./inprocess.ts";

const [region, other, account] = ["eu-west-1", "eu-central-1", "111122223333"];

function options(...args: readonly string[]): CheckOptions {
  const line = readCommandLine(table, args);
  if (line.kind !== "run") throw new Error(`misuse: ${JSON.stringify(line)}`);
  return line.values;
}

function manifest(objects: string, parameters: Readonly<Record<string, string>> = {}): string {
  const text = JSON.stringify({ region, ...parameters, objects });
  return `{apiVersion: secrets-store.csi.x-k8s.io/v1, kind: SecretProviderClass, metadata: {name: app, namespace: prod}, spec: {provider: aws, parameters: ${text}}}\n`;
}

function ask(text: string, ...args: readonly string[]): unknown {
  const given = options(...args);
  const run = runCheck([{ name: "f", text }], given);
  expect(run.findings.filter(({ severity }) => severity === "error")).toEqual([]);
  return JSON.parse(answer(run, given).text);
}

const iam = (text: string, ...args: readonly string[]): Policy =>
  ask(text, "--iam", `--account=${account}`, ...args) as Policy;

const everything = `
- {objectName: app/db, objectType: secretsmanager}
- {objectName: app/other, objectType: secretsmanager}
- {objectName: app/pinned, objectType: secretsmanager, objectVersionLabel: AWSPREVIOUS}
- {objectName: /app/a, objectType: ssmparameter}
- {objectName: plain, objectType: ssmparameter, objectVersion: 1}
- {objectName: "arn:aws:ssm:eu-west-1:${account}:parameter/by/arn", objectAlias: by-arn, objectType: ssmparameter}
- {objectType: ssmparameter, objectSelector: {path: /svc/, recursive: true}}
- {objectType: ssmparameter, objectSelector: {path: /flat}}
- {objectType: secretsmanager, objectSelector: {namePrefix: team/}}
- {objectType: secretsmanager, objectSelector: {tags: {env: prod}}}
`;

/** The same where the ARN has a counterpart in the other region. */
const replicated = everything.replace(
  "objectAlias: by-arn,",
  "objectAlias: by-arn, failoverObject: {objectName: /by/name},",
);
const objectsFor = (parameters: Readonly<Record<string, string>>): string =>
  parameters["failoverRegion"] === undefined ? everything : replicated;

async function startFull(args: readonly string[] = []) {
  const lab = await startLab({ args });
  const { cloud } = lab.world;
  for (const one of [region, other]) {
    for (const name of ["app/db", "app/other", "team/x", "team/y"]) cloud.putSecret(one, name, "v");
    cloud.putSecret(one, "app/pinned", "old");
    cloud.putSecret(one, "app/pinned", "new");
    cloud.putSecret(one, "tagged", "v", { tags: { env: "prod" } });
    cloud.putSecret(one, "not-mounted", "v");
    for (const name of ["/app/a", "plain", "/by/arn", "/by/name", "/svc/a", "/svc/deep/b", "/flat/c"])
      cloud.putParameter(one, name, "v", { type: "String" });
  }
  return lab;
}

describe("with the printed policy and nothing else, a mount works without one refusal", () => {
  test.each([
    ["one region", {}, []],
    ["one region, in batches", { batch: "true" }, []],
    ["two regions", { failoverRegion: other }, []],
    ["two regions, in batches, DescribeSecret too", { failoverRegion: other, batch: "true" }, ["--older-driver"]],
  ] as [string, Readonly<Record<string, string>>, string[]][])("%s", async (_name, parameters, args) => {
    await using lab = await startFull();
    const policy = iam(manifest(objectsFor(parameters), parameters), ...args);
    expect(JSON.stringify(policy)).not.toContain("ACCOUNT_ID");
    lab.world.cloud.restrict("app", policy);
    const { contents } = await lab.run({ objects: objectsFor(parameters), parameters: { region, ...parameters } });
    expect(Object.keys(contents)).toHaveLength(12);
    expect(lab.logged()).not.toContain("AccessDenied");
  });

  test("an optional secret may be absent", async () => {
    await using lab = await startFull();
    const objects =
      "[{objectName: app/db, objectType: secretsmanager}, {objectName: none, objectType: secretsmanager, optional: true}]";
    lab.world.cloud.restrict("app", iam(manifest(objects)));
    const { contents } = await lab.run({ objects, parameters: { region } });
    expect(Object.keys(contents)).toEqual(["app_db"]);
    const { details } = await lab.failure({ objects: objects.replaceAll("none", "other"), parameters: { region } });
    expect(details).toContain("AccessDeniedException");
  });

  test("it allows nothing else", async () => {
    await using lab = await startFull();
    lab.world.cloud.restrict("app", iam(manifest(everything)));
    for (const object of [
      { objectName: "not-mounted", objectType: "secretsmanager" },
      { objectName: "app/db2", objectType: "secretsmanager" },
      { objectName: "/app/b", objectType: "ssmparameter" },
      { objectName: "/by/name", objectType: "ssmparameter" },
    ]) {
      const { details } = await lab.failure({ objects: [object], parameters: { region } });
      expect(details).toContain("AccessDeniedException");
    }
    const { details } = await lab.failure({
      objects: [{ objectName: "app/db", objectType: "secretsmanager" }],
      parameters: { region: other },
    });
    expect(details).toContain("AccessDeniedException");
  });
});

test("no statement and no resource of it can be left out", async () => {
  await using lab = await startFull();
  const { cloud } = lab.world;
  const policy = iam(manifest(everything));
  const pieces = policy.Statement.flatMap((statement, at) =>
    [statement.Resource ?? []].flat().map((resource) => ({ at, resource })),
  );
  expect(pieces.length).toBeGreaterThan(10);
  const needless: string[] = [];
  for (const { at, resource } of pieces) {
    const Statement = policy.Statement.map((statement, i) =>
      i === at
        ? { ...statement, Resource: [statement.Resource ?? []].flat().filter((one) => one !== resource) }
        : statement,
    );
    cloud.restrict("app", { Statement });
    const outcome = await lab.run({ objects: everything, parameters: { region } }).then(
      () => "works",
      () => "fails",
    );
    if (outcome === "works") needless.push(resource);
  }
  // Of the path and what is below it AWS asks for one or the other, as the path is written; the fake asks for the one that is written.
  expect(
    needless.every((resource) => /:parameter\/(?:svc|flat)(?:\/\*)?$/.test(resource)),
    needless.join(),
  ).toBe(true);
});

describe("assumed roles", () => {
  const reader = `arn:aws:iam::${account}:role/reader`;
  const settings = `arn:aws:iam::${account}:role/settings`;
  const objects = `
- {objectName: app/db, objectType: secretsmanager}
- {objectName: app/other, objectType: secretsmanager}
- {objectName: /app/a, objectType: ssmparameter, assumeRoleArn: "${settings}"}
- {objectName: plain, objectType: ssmparameter}
`;

  test.each([
    ["some objects", {}, "false"],
    ["all objects, in batches, two regions", { assumeRoleArn: reader, batch: "true", failoverRegion: other }, "false"],
    ["all objects, with Pod Identity", { assumeRoleArn: reader }, "true"],
  ] as [string, Readonly<Record<string, string>>, string][])(
    "of %s: a policy for each role is enough",
    async (_name, more, usePodIdentity) => {
      await using lab = await startFull();
      const { cloud } = lab.world;
      const parameters = { ...more, usePodIdentity };
      for (const role of ["reader", "settings"]) cloud.trustRole(role, "app");
      const text = manifest(objects, parameters);
      const own = iam(text);
      const assumed = own.Statement.find(({ Sid }) => Sid === "AssumeRoles");
      expect(assumed?.Resource).toEqual(more["assumeRoleArn"] === undefined ? settings : [reader, settings]);
      expect(assumed?.Action).toEqual(
        usePodIdentity === "true" ? ["sts:AssumeRole", "sts:TagSession"] : "sts:AssumeRole",
      );
      cloud.restrict("app", own);
      for (const role of [reader, settings].filter((arn) => JSON.stringify(assumed).includes(arn)))
        cloud.restrict(role.split("/")[1] ?? "", iam(text, `--role=${role}`));
      const { contents } = await lab.run({ objects, parameters: { region, ...parameters } });
      expect(Object.keys(contents)).toHaveLength(4);
      expect(lab.logged()).not.toContain("AccessDenied");
    },
  );

  test("a role has no more than its objects; one that is not assumed has nothing", () => {
    const text = manifest(objects);
    expect(iam(text, `--role=${settings}`).Statement).toEqual([
      {
        Sid: "ReadParameters",
        Effect: "Allow",
        Action: "ssm:GetParameters",
        Resource: `arn:aws:ssm:eu-west-1:${account}:parameter/app/a`,
      },
    ]);
    expect(() => iam(text, `--role=${reader}`)).toThrow("no object is read with");
    expect(() => iam(manifest(objects, { assumeRoleArn: `arn:aws:iam::${account}:role/*/x` }))).toThrow(PolicyError);
  });

  test("the account of a role is that of its objects, and the notes name the roles", () => {
    const foreign = "arn:aws:iam::444455556666:role/reader";
    const given = options("--iam", `--account=${account}`);
    const run = runCheck([{ name: "f", text: manifest(objects, { assumeRoleArn: foreign }) }], given);
    const { notes } = answer(run, given);
    expect(notes).toContain(`The rights of ${foreign}: --iam --role ${foreign}.`);
    expect(answer(run, { ...given, role: foreign }).text).toContain(
      "arn:aws:ssm:eu-west-1:444455556666:parameter/plain",
    );
  });
});

describe("names", () => {
  const resources = (objects: string, ...args: readonly string[]): unknown =>
    iam(manifest(objects), ...args).Statement.flatMap(({ Resource = [] }) => Resource);

  test.each([
    [
      "[{objectName: a, objectType: secretsmanager}]",
      [],
      [`arn:aws:secretsmanager:eu-west-1:${account}:secret:a-??????`],
    ],
    [
      "[{objectName: a, objectType: secretsmanager}]",
      ["--partition=aws-cn"],
      [`arn:aws-cn:secretsmanager:eu-west-1:${account}:secret:a-??????`],
    ],
    [
      "[{objectName: 'rds!db-1', objectType: secretsmanager}]",
      [],
      [`arn:aws:secretsmanager:eu-west-1:${account}:secret:rds!db-1-??????`],
    ],
    ["[{objectName: a, objectType: ssmparameter}]", [], [`arn:aws:ssm:eu-west-1:${account}:parameter/a`]],
    [
      "[{objectName: 'arn:aws:ssm:eu-west-1:444455556666:parameter/a/b'}]",
      [],
      ["arn:aws:ssm:eu-west-1:444455556666:parameter/a/b"],
    ],
  ])("%s %j", (objects, args, expected) => {
    expect(resources(objects, ...args)).toEqual(expected);
  });

  test("what is not known has a name that can be replaced", () => {
    const text = manifest("[{objectName: a, objectType: secretsmanager}]").replace(`"region":"${region}",`, "");
    const given = options("--iam");
    const { text: printed, notes } = answer(runCheck([{ name: "f", text }], given), given);
    expect(printed).toContain("arn:aws:secretsmanager:REGION:ACCOUNT_ID:secret:a-??????");
    expect(notes[0]).toBe("Replace REGION, ACCOUNT_ID, or give --region, --account.");
  });

  test.each(["*", "a*", "secret-??????", "${aws:username}", "a b"])("no class can widen the policy: %s", (name) => {
    for (const objectType of ["secretsmanager", "ssmparameter"]) {
      const object = JSON.stringify([{ objectName: name, objectType }]);
      expect(() => iam(manifest(object))).toThrow(PolicyError);
    }
    const arn = JSON.stringify([{ objectName: `arn:aws:secretsmanager:eu-west-1:${account}:secret:${name}` }]);
    expect(() => iam(manifest(arn))).toThrow(PolicyError);
  });

  test("--kms-key", () => {
    const key = `arn:aws:kms:eu-west-1:${account}:key/1234-abcd`;
    const policy = iam(manifest("[{objectName: a, objectType: secretsmanager}]"), `--kms-key=${key}`);
    expect(policy.Statement.at(-1)).toEqual({ Sid: "Decrypt", Effect: "Allow", Action: "kms:Decrypt", Resource: key });
  });
});

describe("trust policies", () => {
  const pod = `---\n{apiVersion: v1, kind: Pod, metadata: {name: p, namespace: prod}, spec: {serviceAccountName: app, volumes: [{csi: {driver: secrets-store.csi.k8s.io, readOnly: true, volumeAttributes: {secretProviderClass: app}}}]}}\n`;
  const text = `${manifest("[{objectName: a, objectType: secretsmanager}]")}${pod}`;
  const host = "oidc.eks.eu-west-1.amazonaws.com/id/0123";

  test("IRSA: the service account of the pods in the input", () => {
    expect(ask(text, "--trust=irsa", `--issuer=https://${host}`, `--account=${account}`)).toEqual({
      Version: "2012-10-17",
      Statement: [
        {
          Effect: "Allow",
          Principal: { Federated: `arn:aws:iam::${account}:oidc-provider/${host}` },
          Action: "sts:AssumeRoleWithWebIdentity",
          Condition: {
            StringEquals: { [`${host}:aud`]: "sts.amazonaws.com", [`${host}:sub`]: "system:serviceaccount:prod:app" },
          },
        },
      ],
    });
  });

  test("Pod Identity; with --iam both", () => {
    const both = ask(text, "--trust=pod-identity", "--cluster=blue", "--iam") as { trust: Policy; permissions: Policy };
    expect(both.permissions).toEqual(ask(text, "--iam") as Policy);
    expect(both.trust.Statement[0]).toEqual({
      Effect: "Allow",
      Principal: { Service: "pods.eks.amazonaws.com" },
      Action: ["sts:AssumeRole", "sts:TagSession"],
      Condition: {
        StringEquals: {
          "aws:RequestTag/kubernetes-namespace": "prod",
          "aws:RequestTag/kubernetes-service-account": "app",
          "aws:RequestTag/eks-cluster-name": "blue",
        },
      },
    });
  });

  test.each([
    ["irsa", "true", ["Pod Identity", "pod-identity"]],
    ["pod-identity", "false", ["IRSA", "irsa"]],
    ["irsa", "", undefined],
    ["pod-identity", "t", undefined],
  ])("--trust=%s of a class with usePodIdentity %j", (trust, usePodIdentity, other) => {
    const own = manifest("[{objectName: a, objectType: secretsmanager}]", { usePodIdentity });
    const given = options(`--trust=${trust}`);
    const { notes } = answer(runCheck([{ name: "f", text: `${own}---\n${own}` }], given), given);
    expect(notes.filter((note) => note.startsWith("warning: "))).toEqual(
      other === undefined
        ? []
        : [
            `warning: SecretProviderClass prod/app and 1 more: with ${other[0]}, which this trust policy does not allow; see --trust=${other[1]}.`,
          ],
    );
  });

  test("several service accounts have to be told apart; names that are none are refused", () => {
    const two = `${text}${pod.replace("serviceAccountName: app", "serviceAccountName: other")}`;
    expect(() => ask(two, "--trust=irsa")).toThrow("prod/app, prod/other");
    expect(JSON.stringify(ask(two, "--trust=irsa", "--service-account=other"))).toContain(
      "system:serviceaccount:prod:other",
    );
    expect(() => ask(text, "--trust=irsa", "--service-account=*")).toThrow(PolicyError);
    expect(() => ask(text, "--trust=irsa", "--namespace=a:b")).toThrow(PolicyError);
    expect(() => ask(text, "--trust=irsa", '--issuer=https://a"b')).toThrow(PolicyError);
    expect(() => ask(text, "--trust=pod-identity", "--cluster=*")).toThrow(PolicyError);
  });
});

describe("--calls", () => {
  const counts = (objects: string, parameters: Readonly<Record<string, string>>, ...args: readonly string[]) =>
    (
      ask(manifest(objects, parameters), "--calls", "--output=json", ...args) as {
        counts: { operation: string; perMount: number; perMonth: number; perMonth3x: number }[];
      }
    ).counts.map(
      ({ operation, ...numbers }) => [operation, numbers.perMount, numbers.perMonth, numbers.perMonth3x] as const,
    );
  const secrets = JSON.stringify(
    Array.from({ length: 21 }, (_, i) => ({ objectName: `s${i}`, objectType: "secretsmanager" })),
  );
  const month = 30 * 24 * 30; // intervals of two minutes

  test("a mount of each pod, one more in each interval; 3.x exchanges each time", () => {
    expect(counts("[{objectName: a, objectType: secretsmanager}]", {}, "--pods=10")).toEqual([
      ["GetSecretValue", 1, 10 * (1 + month), 10 * (1 + month)],
      // Kept for 5 minutes, renewed by the mount after that: each third mount.
      ["STS AssumeRoleWithWebIdentity", 1, (10 * month) / 3, 10 * (1 + month)],
    ]);
  });
  test("batches, failover, parameters by ten, Pod Identity, no rotation", () => {
    const parameters = { batch: "true", failoverRegion: other, usePodIdentity: "true" };
    const eleven = Array.from({ length: 11 }, (_, i) => ({ objectName: `p${i}`, objectType: "ssmparameter" }));
    const objects = JSON.stringify([...(JSON.parse(secrets) as object[]), ...eleven]);
    expect(counts(objects, parameters, "--rotation-interval=0", "--pods=3")).toEqual([
      ["GetSecretValue", 0, 0, 126], // 3.x has no batches
      ["BatchGetSecretValue", 4, 12, 0],
      ["GetParameters", 4, 12, 12],
      ["Pod Identity agent", 2, 6, 6],
    ]);
  });
  test("pods of one node share their credentials, but for Pod Identity", () => {
    const [, exchange] = counts("[{objectName: a, objectType: secretsmanager}]", {}, "--pods=1000", "--nodes=10");
    expect(exchange?.[2]).toBe((10 * 30 * 24 * 60) / 5);
    const podIdentity = counts(
      "[{objectName: a, objectType: secretsmanager}]",
      { usePodIdentity: "true" },
      "--pods=1000",
      "--nodes=10",
    );
    expect(podIdentity[1]?.slice(0, 3)).toEqual(["Pod Identity agent", 1, (1000 * month) / 3]);
  });

  test("values that are kept are read again with the first mount after their time; pods of one node share them", async () => {
    const single = "[{objectName: app/db, objectType: secretsmanager}]";
    const kept = ["--pods=20", "--nodes=2", "--secret-cache-ttl=1m"];
    expect(counts(single, {}, ...kept)[0]).toEqual(["GetSecretValue", 1, 2 + 2 * 30 * 24 * 60, 20 * (1 + month)]);
    expect(counts(single, { usePodIdentity: "true" }, ...kept)[0]?.[2]).toBe(20 * (1 + month));
    await using lab = await startFull(["--secret-cache-ttl=1m"]);
    for (const pod of ["a", "b", "c"]) await lab.run({ pod, objects: single, parameters: { region } });
    const [counted] = counts(single, {}, "--pods=3", "--nodes=1", "--secret-cache-ttl=1m", "--rotation-interval=0");
    expect(lab.world.calls("secrets-manager")).toHaveLength(counted?.[2] ?? 0);
  });

  test("more secrets than one batch holds: so many calls does a mount make", async () => {
    await using lab = await startFull();
    for (let i = 0; i < 21; i++) lab.world.cloud.putSecret(region, `s${i}`, "v");
    await lab.run({ objects: secrets, parameters: { region, batch: "true" } });
    const made = lab.world.calls("secrets-manager").map(({ operation }) => operation);
    const [counted] = counts(secrets, { batch: "true" }).slice(1);
    expect(counted?.[0]).toBe("BatchGetSecretValue");
    expect(made).toEqual(Array.from({ length: counted?.[1] ?? 0 }, () => "BatchGetSecretValue"));
  });

  test("one secret is no batch, and needs no right to batches", () => {
    const single = "[{objectName: a, objectType: secretsmanager}]";
    expect(counts(single, { batch: "true" })[0]?.[0]).toBe("GetSecretValue");
    expect(JSON.stringify(iam(manifest(single, { batch: "true" })))).not.toContain("Batch");
  });

  test("the calls of a mount are those that a mount makes", async () => {
    const assumeRoleArn = `arn:aws:iam::${account}:role/reader`;
    const cases: Readonly<Record<string, string>>[] = [
      {},
      { failoverRegion: other },
      { batch: "true" },
      { assumeRoleArn, failoverRegion: other },
    ];
    for (const parameters of cases) {
      await using lab = await startFull();
      lab.world.cloud.trustRole("reader", "app");
      await lab.run({ objects: objectsFor(parameters), parameters: { region, ...parameters } });
      const made = new Map<string, number>();
      for (const service of ["secrets-manager", "ssm", "sts"] as const)
        for (const { operation } of lab.world.calls(service)) made.set(operation, (made.get(operation) ?? 0) + 1);
      expect([...made.keys()].toSorted()).toEqual(
        counts(objectsFor(parameters), parameters)
          .map(([operation]) => operation.replace("STS ", ""))
          .toSorted(),
      );
      for (const [operation, perMount] of counts(objectsFor(parameters), parameters))
        expect([operation, made.get(operation.replace("STS ", "")) ?? 0]).toEqual([operation, perMount]);
    }
  });
});

describe("AWS's public parameters", () => {
  const ami = "/aws/service/eks/optimized-ami/1.33/amazon-linux-2023/x86_64/standard/recommended/image_id";

  test.each([
    ["by name", `- {objectName: ${ami}, objectType: ssmparameter, objectAlias: ami}`, `parameter${ami}`],
    ["by ARN", `- {objectName: "arn:aws:ssm:${region}::parameter${ami}", objectAlias: ami}`, `parameter${ami}`],
    [
      "in a version",
      `- {objectName: ${ami}, objectType: ssmparameter, objectAlias: ami, objectVersion: 3}`,
      `parameter${ami}`,
    ],
  ])("%s: the resource has no account, with or without --account", (_how, objects, resource) => {
    for (const args of [[], [`--account=${account}`]]) {
      expect(ask(manifest(objects), "--iam", ...args)).toMatchObject({
        Statement: [{ Sid: "ReadParameters", Resource: `arn:aws:ssm:${region}::${resource}` }],
      });
    }
  });

  test("by path", () => {
    const objects = "- {objectType: ssmparameter, objectSelector: {path: /aws/service/global-infrastructure}}";
    expect(iam(manifest(objects)).Statement[0]?.Resource).toEqual([
      `arn:aws:ssm:${region}::parameter/aws/service/global-infrastructure`,
      `arn:aws:ssm:${region}::parameter/aws/service/global-infrastructure/*`,
    ]);
  });

  test("other regions and partitions; a name that only begins alike is the account's own", () => {
    const objects = `- {objectName: ${ami}, objectType: ssmparameter, objectAlias: ami}\n- {objectName: /aws/services, objectType: ssmparameter}`;
    expect(iam(manifest(objects, { region: "cn-north-1" })).Statement[0]?.Resource).toEqual([
      `arn:aws-cn:ssm:cn-north-1::parameter${ami}`,
      `arn:aws-cn:ssm:cn-north-1:${account}:parameter/aws/services`,
    ]);
  });

  test("with the policy the mount works", async () => {
    await using lab = await startLab();
    const objects = `- {objectName: ${ami}, objectType: ssmparameter, objectAlias: ami}`;
    lab.world.cloud.putParameter(region, ami, "ami-1", { type: "String" });
    lab.world.cloud.restrict("app", iam(manifest(objects)));
    expect((await lab.run({ objects })).contents).toEqual({ ami: "ami-1" });
  });
});
