// Values of the chart for the pod and for people: volumes and the CA bundle, and what an install prints (NOTES.txt).
import { describe, expect, test } from "bun:test";
import { containerOf, goldenCases, notesOf, podOf, render, rendered } from "../chart/chart.ts";

const oldDefaults = goldenCases["reuse-values"];

describe("caBundle", () => {
  test.each([
    [{ configMap: "proxy-ca", key: "bundle.pem" }, { configMap: { name: "proxy-ca" } }, "bundle.pem"],
    [{ configMap: "proxy-ca" }, { configMap: { name: "proxy-ca" } }, "ca.crt"],
    [{ secret: "proxy-ca" }, { secret: { secretName: "proxy-ca" } }, "ca.crt"],
  ])("%j mounts the file and names it in AWS_CA_BUNDLE", (caBundle, source, key) => {
    for (const options of [{ set: { caBundle } }, { ...oldDefaults, set: { caBundle } }]) {
      const objects = rendered(options);
      const [kind, from] = Object.entries(source)[0] ?? [];
      const items = [{ key, path: "ca.crt" }];
      expect(podOf(objects).volumes).toContainEqual({ name: "ca-bundle", [String(kind)]: { ...from, items } });
      expect(containerOf(objects).volumeMounts).toContainEqual({
        name: "ca-bundle",
        mountPath: "/etc/aws-ca-bundle",
        readOnly: true,
      });
      expect(containerOf(objects).env).toEqual([{ name: "AWS_CA_BUNDLE", value: "/etc/aws-ca-bundle/ca.crt" }]);
    }
  });

  test.each([
    [{ caBundle: { configMap: "a", secret: "b" } }, "set one of them"],
    [{ caBundle: { key: "a" } }, "set caBundle.configMap or caBundle.secret"],
    [
      { caBundle: { configMap: "a" }, extraEnv: [{ name: "AWS_CA_BUNDLE", value: "/a" }] },
      "extraEnv sets AWS_CA_BUNDLE",
    ],
    [{ "caBundle.config": "a" }, "config"],
  ])("%j is refused", (set, text) => expect(render({ set }).errors).toContain(text));

  test("unset renders nothing", () => {
    for (const set of [{}, { caBundle: null }, { caBundle: { configMap: "" } }])
      expect(render({ set }).text).not.toMatch(/ca-bundle|AWS_CA_BUNDLE/);
  });
});

test("extraVolumes and extraVolumeMounts come after the chart's own", () => {
  const extraVolumes = [{ name: "roots", configMap: { name: "roots" } }];
  const extraVolumeMounts = [{ name: "roots", mountPath: "/etc/roots", readOnly: true }];
  for (const options of [{}, oldDefaults]) {
    const objects = rendered({ ...options, set: { extraVolumes, extraVolumeMounts } });
    expect(podOf(objects).volumes?.slice(2)).toEqual(extraVolumes);
    expect(containerOf(objects).volumeMounts?.slice(2)).toEqual(extraVolumeMounts);
  }
});

describe("NOTES list top-level values that have no effect", () => {
  const line = (set: Record<string, unknown>): string =>
    /^Top-level values (not known, no effect: .*)$/m.exec(notesOf({ set }))?.[1] ?? "";

  test.each([
    ["logLvel", " (logLevel?)"],
    ["loglevel", " (logLevel?)"],
    ["batchSecret", " (batchSecrets?)"],
    ["toleration", " (tolerations?)"],
    ["exrtaEnv", " (extraEnv?)"],
    ["hhttp", " (http?)"],
    ["en", ""],
    ["somethingOfTheParent", ""],
  ])("%s", (key, near) => expect(line({ [key]: 1 })).toBe(`not known, no effect: ${key}${near}`));

  test("all of them, in order", () =>
    expect(line({ zone: "a", logLvel: "debug", myOwn: { a: 1 } })).toBe(
      "not known, no effect: logLvel (logLevel?), myOwn, zone",
    ));

  test("none with the defaults, those of 3.1.1 and what Helm adds", () => {
    expect(line({ global: { imageRegistry: "x" } })).toBe("");
    expect(notesOf({ ...oldDefaults, isUpgrade: true })).not.toContain("not known");
  });
});
