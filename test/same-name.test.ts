// One class with an object by name and one of another account by ARN, whose name is the same: each file has its own value, however AWS orders its answer.
import { expect, test } from "bun:test";
import type { FaultAction } from "./fakes/faults.ts";
import { startLab } from "./inprocess.ts";

const region = "eu-west-1";
const foreign = "444455556666";
const json = (body: object): FaultAction => ({
  kind: "raw",
  contentType: "application/x-amz-json-1.1",
  body: JSON.stringify(body),
});

test.each([
  ["/shop/url", "/shop/url"],
  ["url", "/url"],
])("parameter %s", async (name, path) => {
  await using lab = await startLab({ env: { AWS_REGION: region } });
  const arn = `arn:aws:ssm:${region}:${foreign}:parameter${path}`;
  const own = lab.world.cloud.parameterArn(region, name);
  lab.world.cloud.putParameter(region, name, "own");
  lab.world.cloud.putParameter(region, "/other", "other");
  const Parameters = [
    { Name: name, ARN: arn, Value: "foreign 1", Version: 1, Selector: ":1" },
    { Name: name, ARN: arn, Value: "foreign", Version: 2 },
    { Name: name, ARN: own, Value: "own", Version: 1 },
    { Name: "/other", ARN: lab.world.cloud.parameterArn(region, "/other"), Value: "other", Version: 1 },
  ];
  lab.world.faults.inject({ operation: "GetParameters", id: "arn:*" }, json({ Parameters, InvalidParameters: [] }));
  const object = (objectName: string, objectAlias: string, more: object = {}): object => ({
    objectName,
    objectAlias,
    objectType: "ssmparameter",
    ...more,
  });
  const objects = [
    object(name, "own"),
    object(arn, "foreign"),
    object(arn, "foreign-1", { objectVersion: "1" }),
    object("/other", "other"),
  ];
  const expected = { own: "own", foreign: "foreign", "foreign-1": "foreign 1", other: "other" };
  for (const some of [objects, objects.toReversed()])
    expect((await lab.run({ objects: some })).contents).toEqual(expected);
  expect(lab.world.count("ssm")).toBe(4);
});

test.each([
  ["/shop/url:3", {}, "", { objectVersion: "3" }],
  ["/shop/url", { objectVersion: "3" }, ":3", {}],
  ["/shop/url:3", {}, ":3", {}],
  ["/shop/url:live", {}, "", { objectVersionLabel: "live" }],
])("parameter %s with %j, and the ARN%s with %j", async (name, more, end, ofArn) => {
  await using lab = await startLab({ env: { AWS_REGION: region } });
  const arn = `arn:aws:ssm:${region}:${foreign}:parameter/shop/url`;
  const Selector = name.includes("live") ? ":live" : ":3";
  const answer = (ARN: string, Value: string): object => ({ Name: "/shop/url", ARN, Value, Version: 3, Selector });
  const own = answer(lab.world.cloud.parameterArn(region, "/shop/url"), "own");
  const other = answer(arn, "foreign");
  lab.world.faults.inject({ operation: "GetParameters", id: "/shop/*" }, json({ Parameters: [own] }));
  lab.world.faults.inject({ operation: "GetParameters", id: "arn:*" }, json({ Parameters: [other, own] }));
  const objects = [
    { objectName: name, objectAlias: "own", objectType: "ssmparameter", ...more },
    { objectName: `${arn}${end}`, objectAlias: "foreign", objectType: "ssmparameter", ...ofArn },
  ];
  for (const some of [objects, objects.toReversed()])
    expect((await lab.run({ objects: some })).contents).toEqual({ own: "own", foreign: "foreign" });
  expect(lab.world.count("ssm")).toBe(4);
});

test("an invalid name in one of the two calls is told, and may be optional", async () => {
  await using lab = await startLab({ env: { AWS_REGION: region } });
  const arn = lab.world.cloud.parameterArn(region, "/shop/url");
  lab.world.cloud.putParameter(region, "/other", "other");
  const object = (objectName: string, objectAlias: string, optional: boolean): object => ({
    objectName,
    objectAlias,
    objectType: "ssmparameter",
    optional,
  });
  const objects = (optional: boolean): object[] => [
    object("/other", "o", false),
    object("/shop/url", "own", true),
    object(arn, "by-arn", optional),
  ];
  expect((await lab.run({ objects: objects(true) })).contents).toEqual({ o: "other" });
  expect((await lab.failure({ objects: objects(false) })).details).toContain(`invalid parameters: ${arn}`);
});

test.each(["-AbCdEf", ""])("secret in a batch, by an ARN that ends in %j", async (end) => {
  await using lab = await startLab({ args: ["--batch-secrets"], env: { AWS_REGION: region } });
  const arn = `arn:aws:secretsmanager:${region}:${foreign}:secret:shop`;
  for (const name of ["shop", "other"]) lab.world.cloud.putSecret(region, name, `own ${name}`);
  const secret = { Name: "shop", ARN: `${arn}-AbCdEf`, SecretString: "foreign", VersionId: "v" };
  const others = ["shop", "other"].map((Name) => ({
    Name,
    ARN: lab.world.cloud.secretArn(region, Name),
    SecretString: `own ${Name}`,
    VersionId: "v",
  }));
  lab.world.faults.inject(
    { operation: "BatchGetSecretValue", id: "arn:*" },
    json({ SecretValues: [secret, ...others], Errors: [] }),
  );
  lab.world.faults.inject({ operation: "GetSecretValue", id: "arn:*" }, json(secret));
  const objects = ["shop", `${arn}${end}`, "other"].map((objectName, n) => ({
    objectName,
    objectAlias: `f${n}`,
    objectType: "secretsmanager",
  }));
  expect((await lab.run({ objects })).contents).toEqual({ f0: "own shop", f1: "foreign", f2: "own other" });
  expect(lab.world.count("secrets-manager", "BatchGetSecretValue")).toBe(1);
});
