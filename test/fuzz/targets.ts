// All fuzz targets, for the test and for `bun run fuzz`.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { answerTargets } from "./answers.ts";
import { marker } from "./arbitraries.ts";
import { checkTargets } from "./check.ts";
import { configTargets } from "./config.ts";
import { featureTargets } from "./features.ts";
import { kubernetesTargets } from "./kubernetes.ts";
import { objectTargets } from "./objects.ts";
import { requestTargets } from "./requests.ts";
import type { AnyTarget } from "./target.ts";

/** Of every run, unless another seed is asked for. */
export const usualSeed = 20_261_124;

export const targets: readonly AnyTarget[] = [
  ...requestTargets,
  ...objectTargets,
  ...featureTargets,
  ...checkTargets,
  ...configTargets,
  ...answerTargets,
  ...kubernetesTargets(writeKubeconfig()),
];

/** A cluster that nobody asks; its bearer token is the marker. The file is read once. */
function writeKubeconfig(): string {
  const folder = mkdtempSync(join(tmpdir(), "fuzz-"));
  process.on("exit", () => rmSync(folder, { recursive: true, force: true }));
  const path = join(folder, "kubeconfig");
  const named = (kind: string, content: object): object[] => [{ name: "fuzz", [kind]: content }];
  writeFileSync(
    path,
    JSON.stringify({
      apiVersion: "v1",
      kind: "Config",
      clusters: named("cluster", { server: "https://127.0.0.1:1" }),
      users: named("user", { token: marker }),
      contexts: named("context", { cluster: "fuzz", user: "fuzz" }),
      "current-context": "fuzz",
    }),
  );
  return path;
}
