// The built image as a container of crun (CRUN is its program) with the chart's securityContext: read-only root, no capability, no new privileges,
// containers-common's seccomp profile. And which capabilities which volumes need, for the chart to rest on.
import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Binary } from "../binary-lab.ts";
import { crunRunner } from "./container.ts";
import { mountBoth, putObjects, startImageLab } from "./image-lab.ts";
import type { ImageLab } from "./image-lab.ts";

setDefaultTimeout(120_000);
const values = join(import.meta.dir, "../../charts/secrets-store-csi-driver-provider-aws/values.yaml");
const volumes = {
  "a tmpfs as the driver makes it": "mode=1777",
  "root's, 0755": "mode=0755",
  "root's with an fsGroup": "mode=2770,uid=0,gid=2000",
  "another's with an fsGroup": "mode=2770,uid=1000,gid=2000",
  "another's, open to all": "mode=0777,uid=1000,gid=2000",
};
const roots = Object.keys(volumes).slice(0, 3);

interface SecurityContext {
  readonly allowPrivilegeEscalation: boolean;
  readonly readOnlyRootFilesystem: boolean;
  readonly capabilities: { readonly drop: readonly string[] };
}

function startContainer(capabilities: readonly string[]): Promise<ImageLab> {
  const seccompProfile = "/usr/share/containers/seccomp.json";
  return startImageLab(0, [], (place) =>
    crunRunner(process.env["CRUN"] ?? "crun", {
      ...place,
      uid: 0,
      capabilities,
      seccompProfile,
      folder: join(place.work, "bundle"),
    }),
  );
}

function processIn({ pid }: Binary): string {
  const child = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim();
  return `/proc/${child}`;
}

test("mounts with the chart's securityContext", async () => {
  const chart = Bun.YAML.parse(readFileSync(values, "utf8")) as { securityContext: SecurityContext };
  const { capabilities, ...rest } = chart.securityContext;
  // What the bundle has too.
  expect(rest).toMatchObject({ allowPrivilegeEscalation: false, readOnlyRootFilesystem: true });
  expect(capabilities).toEqual({ drop: ["ALL"] });

  await using lab = await startContainer([]);
  const { provider, world } = lab;
  const inside = processIn(provider);
  const status = readFileSync(`${inside}/status`, "utf8");
  const fields = Object.fromEntries(status.split("\n").map((line) => line.split(":\t") as [string, string]));
  const none = "0".repeat(16);
  expect(fields).toMatchObject({ NoNewPrivs: "1", Seccomp: "2", CapEff: none, CapPrm: none, CapBnd: none });
  expect(fields["NSpid"]).toEndWith("\t1");
  for (const path of ["tmp/x", "x"]) expect(() => writeFileSync(`${inside}/root/${path}`, "")).toThrow("EROFS");

  const { objects, contents } = putObjects(world);
  for (const [index, name] of roots.entries()) {
    const targetPath = lab.mountVolume(`volume-${index}`, volumes[name as keyof typeof volumes]);
    const mounted = await mountBoth(provider, objects, targetPath); // eslint-disable-line eslint/no-await-in-loop
    for (const { contents: found } of mounted) expect([name, found]).toEqual([name, contents]);
    for (const file of readdirSync(targetPath)) expect(statSync(join(targetPath, file)).mode & 0o777).toBe(0o644);
  }
  expect(await provider.stop()).toBe(0);
});

/** What a volume needs to be mounted and mounted again, the same for files that their owner may not read. */
const needs: Readonly<Record<string, readonly string[]>> = {
  "a tmpfs as the driver makes it": [],
  "root's, 0755": [],
  "root's with an fsGroup": [],
  // The directory's time is another's to set. Neither kubelet nor the driver makes such a volume.
  "another's, open to all": ["CAP_FOWNER"],
  "another's with an fsGroup": ["CAP_DAC_OVERRIDE", "CAP_FOWNER"],
};

describe("capabilities that a volume needs", () => {
  test.each([[[]], [["CAP_DAC_OVERRIDE"]], [["CAP_FOWNER"]], [["CAP_DAC_OVERRIDE", "CAP_FOWNER"]]])(
    "with %p",
    async (capabilities: readonly string[]) => {
      await using lab = await startContainer(capabilities);
      const { objects } = putObjects(lab.world);
      const outcomes: string[] = [];
      const expected: string[] = [];
      for (const [index, name] of Object.keys(needs).entries()) {
        for (const permission of ["420", "32"]) {
          const targetPath = lab.mountVolume(`volume-${index}-${permission}`, volumes[name as keyof typeof volumes]);
          const mount = (): Promise<string> =>
            lab.provider.run({ objects, targetPath, permission }).then(
              () => "mounted",
              () => "failed",
            );
          await mount(); // eslint-disable-line eslint/no-await-in-loop
          outcomes.push(`${name}, ${permission}: ${await mount()}`); // eslint-disable-line eslint/no-await-in-loop
          const isEnough = needs[name]?.every((one) => capabilities.includes(one)) === true;
          expected.push(`${name}, ${permission}: ${isEnough ? "mounted" : "failed"}`);
        }
      }
      expect(outcomes).toEqual(expected);
      expect(await lab.provider.stop()).toBe(0);
    },
  );
});
