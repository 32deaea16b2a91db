import { describe, expect, test } from "bun:test";
import { ProviderError } from "../errors.ts";
import { parseObjects } from "./objects.ts";
import { finish } from "../work.ts";

const context = { pathTranslation: "", region: "eu-west-1", failoverRegion: "eu-central-1" };
const first =
  "- {objectName: first, objectType: secretsmanager, objectAlias: f, jmesPath: [{path: a, objectAlias: j}]}\n";

describe("a fault names the field to correct", () => {
  test.each([
    ["~", []],
    ["a: 1", []],
    ["{objectName: [a]}", ["objectName"]],
    ["{jmesPath: [a]}", ["jmesPath", 0]],
    ["{failoverObject: {objectName: {}}}", ["failoverObject", "objectName"]],
    ["{x: .inf}", ["x"]],
    ["{objectAlias: a}", ["objectName"]],
    ["{objectName: a}", ["objectName"]],
    ["{objectName: a, objectType: ssm}", ["objectType"]],
    ["{objectName: 'arn:aws:ssm:eu-west-1:1:parameter/a', objectType: secretsmanager}", ["objectType"]],
    ["{objectName: 'arn:aws:ssm:us-east-1:1:parameter/a'}", ["objectName"]],
    ["{objectName: a, objectType: ssmparameter, objectVersion: 1, objectVersionLabel: b}", ["objectVersionLabel"]],
    ["{objectName: .., objectType: ssmparameter}", ["objectName"]],
    ["{objectName: a, objectAlias: .., objectType: ssmparameter}", ["objectAlias"]],
    ["{objectName: a, objectType: ssmparameter, filePermission: 0644}", ["filePermission"]],
    ["{objectName: a, objectType: ssmparameter, jmesPath: [{path: a, objectAlias: b}, {}]}", ["jmesPath", 1, "path"]],
    ["{objectName: a, objectType: ssmparameter, jmesPath: [{path: a}]}", ["jmesPath", 0, "objectAlias"]],
    [
      "{objectName: a, objectType: ssmparameter, jmesPath: [{path: a, objectAlias: b, filePermission: x}]}",
      ["jmesPath", 0, "filePermission"],
    ],
    ["{objectName: a, objectType: ssmparameter, failoverObject: {objectName: b}}", ["failoverObject"]],
    [
      "{objectName: a, objectType: ssmparameter, objectAlias: x, failoverObject: {objectName: 'arn:a'}}",
      ["failoverObject", "objectName"],
    ],
    [
      "{objectName: a, objectType: ssmparameter, objectAlias: x, objectVersion: 1, failoverObject: {objectName: b}}",
      ["failoverObject", "objectVersion"],
    ],
    ["{objectName: first, objectType: secretsmanager, objectAlias: f}", ["objectName"]],
    ["{objectName: a, objectType: secretsmanager, objectAlias: f}", ["objectAlias"]],
    [
      "{objectName: a, objectType: secretsmanager, jmesPath: [{path: a, objectAlias: j}]}",
      ["jmesPath", 0, "objectAlias"],
    ],
  ])("%s", (item, at) => {
    const isList = item === "a: 1";
    expect(faultOf(isList ? item : `${first}- ${item}\n`).at).toEqual(["objects", ...(isList ? [] : [1, ...at])]);
  });
});

function faultOf(text: string): ProviderError {
  try {
    finish(parseObjects(text, context));
  } catch (error) {
    if (error instanceof ProviderError) return error;
    throw error;
  }
  throw new Error("there is no fault");
}
