// Attacks by what a service answers, on the compiled binary with the container's memory: compressed answers, contradicting lengths.
import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { secret } from "../binary-lab.ts";
import type { Service } from "../fakes/calls.ts";
import type { FaultMatch } from "../fakes/faults.ts";
import { lineOf, startAttackLab } from "./attack.ts";
import { bombs } from "./bombs.ts";
import type { HostileMount } from "./attack.ts";
import { expectUnharmed } from "./unharmed.ts";

setDefaultTimeout(400_000);

const objects = [secret("z")];
const parameters = [{ objectName: "/z", objectType: "ssmparameter" }];

/** How the attacker alone comes to meet such an answer. Each bomb has a pod of its own. */
const services: readonly (readonly [Service, (pod: number) => FaultMatch, HostileMount])[] = [
  ["secrets-manager", () => ({ role: "evil" }), { objects }],
  ["ssm", () => ({ role: "evil" }), { objects: parameters }],
  ["sts", () => ({ id: "*:role/evil" }), { objects }],
  ["pod-identity", (pod) => ({ id: `evil/evil-${pod}` }), { objects, parameters: { usePodIdentity: "true" } }],
  ["kubernetes", (pod) => ({ id: `evil/evil-${pod}` }), { objects }],
];

describe("an answer that is packed, or whose lengths contradict, is an error", () => {
  test.each(services)("7 from %s", async (service, match, mount) => {
    await using lab = await startAttackLab({ limits: { milliCpu: 0, memoryMiB: 100 }, args: ["--qps=-1"] });
    const all = [...bombs()];
    for (const [name, bytes] of all) {
      const report = await lab.run({
        steps: [{ do: "fault", match: { service, ...match(0) }, action: { kind: "wire", bytes } }],
        mounts: [mount],
        deadlineMs: 60_000,
      });
      console.log(lineOf(`7 ${service}: ${name}`, report));
      expectUnharmed(report);
      expect(report.outcomes, name).not.toContain("ok");
    }
  });
});
