// --serve-stale-for: whose last values they are, and what is remembered of a mount while others are denied something.
import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { parseMountRequest } from "../src/request/mount-request.ts";
import { parseObjects } from "../src/request/objects.ts";
import { createDenials } from "../src/store/denials.ts";
import { createLastValues } from "../src/store/last-values.ts";
import type { MountMemory } from "../src/store/last-values.ts";
import { finish } from "../src/work.ts";
import { parameter, secret } from "./binary-lab.ts";
import { aMountRequest } from "./build.ts";
import type { FaultAction } from "./fakes/faults.ts";
import { startLab } from "./inprocess.ts";
import type { Lab, LabOptions } from "./inprocess.ts";

setDefaultTimeout(60_000);
const region = "eu-west-1";
const objects = [secret("s")];
const unavailable: FaultAction = { kind: "answer", status: 503, code: "ServiceUnavailable", message: "x" };

async function startFilled(options: LabOptions = {}): Promise<Lab> {
  const args = ["--serve-stale-for=1h", ...(options.args ?? [])];
  const lab = await startLab({ ...options, args, env: { AWS_REGION: region, AWS_MAX_ATTEMPTS: "1", ...options.env } });
  lab.world.cloud.putSecret(region, "s", "1");
  lab.world.cloud.putParameter(region, "/p", "1");
  lab.world.addWorkload({ namespace: "default", serviceAccount: "second", pod: "second-0", role: "second" });
  return lab;
}

/** Mounts `request` again, and has `meanwhile` happen after AWS was asked and before it has answered. */
async function slowly<T>(lab: Lab, mount: () => Promise<T>, meanwhile: () => Promise<unknown>): Promise<T> {
  const before = lab.world.count("secrets-manager");
  const slow = lab.world.faults.inject(
    { service: "secrets-manager", role: "app", times: 1 },
    { kind: "delay", delayMs: 500 },
  );
  const mounting = mount();
  while (lab.world.count("secrets-manager") === before) await Bun.sleep(5);
  await meanwhile();
  slow.remove();
  return mounting;
}

const denied = { objects: [parameter("/p")] };
const another = { ...denied, serviceAccount: "second", pod: "second-0" };

describe("a rotation, while somebody is denied something, then an outage", () => {
  test("another identity: the pod has its new value", async () => {
    await using lab = await startFilled();
    const { targetPath } = await lab.run({ objects });
    lab.world.cloud.putSecret(region, "s", "2");
    lab.world.cloud.deny({ operation: "GetParameters", role: "second" });
    const again = await slowly(
      lab,
      () => lab.run({ objects, targetPath }),
      () => lab.failure(another),
    );
    expect(again.contents).toEqual({ s: "2" });
    lab.world.faults.inject({ service: "secrets-manager" }, unavailable);
    expect((await lab.run({ objects, targetPath })).contents).toEqual({ s: "2" });
  });

  test("another pod of the same identity: it has nothing", async () => {
    await using lab = await startFilled();
    const { targetPath } = await lab.run({ objects });
    lab.world.cloud.putSecret(region, "s", "2");
    lab.world.cloud.deny({ operation: "GetParameters", role: "app" });
    const meanwhile = () => lab.failure({ ...denied, pod: "app-1" });
    await slowly(lab, () => lab.run({ objects, targetPath }), meanwhile);
    lab.world.faults.inject({ service: "secrets-manager" }, unavailable);
    expect((await lab.failure({ objects, targetPath })).details).toContain("ServiceUnavailable");
  });

  test("a value is kept for others of its identity, whoever else is denied", async () => {
    await using lab = await startFilled({ args: ["--secret-cache-ttl=1h"] });
    lab.world.cloud.deny({ operation: "GetParameters", role: "second" });
    await slowly(
      lab,
      () => lab.run({ objects }),
      () => lab.failure(another),
    );
    await lab.run({ objects, pod: "app-1" });
    expect(lab.world.count("secrets-manager")).toBe(1);
  });
});

/** The memory of one pod, whose identity is what `who` says at the moment. */
function remembering() {
  let nowMs = 1_000_000;
  const who = { workload: "A" };
  const last = createLastValues({ maxAgeMs: 3_600_000, exists: async () => true, now: () => (nowMs += 1_000) });
  const request = parseMountRequest(
    aMountRequest({ objects, attributes: { "csi.storage.k8s.io/pod.uid": "uid" }, targetPath: "/pods/uid/mount" }),
  );
  const parsed = finish(parseObjects(request.parameters.objects, { pathTranslation: "", region, failoverRegion: "" }));
  const open = (): MountMemory | undefined => last.open(request, parsed, who);
  const keep = (memory: MountMemory | undefined, text: string): void => {
    for (const object of parsed) memory?.keep(object, { value: Buffer.from(text), version: text });
  };
  const recall = (memory = open()): string | undefined => {
    const [found] = memory?.recall(parsed)?.values ?? [];
    return found !== undefined && "version" in found ? found.version : undefined;
  };
  return { who, last, open, keep, recall };
}

describe("the identity of a mount", () => {
  test("that turns out to be another: nothing is kept under either, nothing older comes back", () => {
    const { who, open, keep, recall } = remembering();
    const first = open();
    keep(first, "of A");
    first?.commit();
    expect(recall()).toBe("of A");
    const second = open();
    who.workload = "B";
    expect(recall(second)).toBeUndefined();
    keep(second, "of B");
    second?.commit();
    expect(recall()).toBeUndefined();
    who.workload = "A";
    expect(recall()).toBeUndefined();
  });

  test("that has no name any more: nothing older comes back", () => {
    const { who, open, keep, recall } = remembering();
    const first = open();
    keep(first, "1");
    first?.commit();
    who.workload = "";
    expect(open()).toBeUndefined();
    who.workload = "A";
    expect(recall()).toBeUndefined();
  });

  test("of two mounts at once the later values stay, whichever ends last", () => {
    const { open, keep, recall } = remembering();
    const [slow, quick] = [open(), open()];
    keep(slow, "1");
    keep(quick, "2");
    quick?.commit();
    slow?.commit();
    expect(recall()).toBe("2");
  });

  test("denied while a mount is under way: what the mount had before is gone too", () => {
    const { last, open, keep, recall } = remembering();
    for (const identity of ["B\n", "A\n"]) {
      const first = open();
      keep(first, "1");
      first?.commit();
      const second = open();
      keep(second, "2");
      last.forget(identity);
      second?.commit();
      expect(recall()).toBe(identity === "A\n" ? undefined : "2");
    }
  });
});

test("the record of denials is bounded: of an identity that was dropped all counts as denied", () => {
  const denials = createDenials();
  denials.add("first");
  const before = denials.count();
  expect([denials.isDeniedSince("first", before), denials.isDeniedSince("first", 0)]).toEqual([false, true]);
  for (let n = 0; n < 1_023; n += 1) denials.add(`other ${n}`);
  expect(denials.isDeniedSince("first", before)).toBe(false);
  denials.add("first");
  denials.add("one more");
  denials.add("and one");
  expect([denials.isDeniedSince("never", before), denials.isDeniedSince("never", denials.count())]).toEqual([
    true,
    false,
  ]);
});
