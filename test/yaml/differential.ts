// Ours against the Go provider's reader (test/tools/yaml-oracle, a small Go program around sigs.k8s.io/yaml), text by text.
import { join } from "node:path";
import { ProviderError } from "../../src/errors.ts";
import { refuse } from "../../src/request/fault.ts";
import { readObjects } from "../../src/request/objects.ts";
import { finish } from "../../src/work.ts";

export interface Difference {
  readonly what: "refused here" | "other values" | "taken here";
  readonly text: string;
  readonly go: string;
  readonly ours: string;
}

const refused = "refused";

interface Answer {
  readonly objects: readonly (Record<string, unknown> | null)[] | null;
  readonly error: string;
}

/** Builds the Go program into a folder. */
export function buildOracle(go: string, folder: string): string {
  const program = join(folder, "yaml-oracle");
  const { exitCode, stderr } = Bun.spawnSync([go, "build", "-o", program, "."], {
    cwd: join(import.meta.dir, "../tools/yaml-oracle"),
  });
  if (exitCode !== 0) throw new Error(`the Go program is not built: ${stderr.toString()}`);
  return program;
}

/** What Go makes of each text: the program reads JSON lines and writes JSON lines. */
export async function askGo(program: string, texts: readonly string[]): Promise<readonly Answer[]> {
  const run = Bun.spawn([program], { stdin: "pipe", stdout: "pipe", stderr: "inherit" });
  const answers = new Response(run.stdout).text();
  for (let i = 0; i < texts.length; i += 1000) {
    void run.stdin.write(
      texts
        .slice(i, i + 1000)
        .map((text) => `${JSON.stringify(text)}\n`)
        .join(""),
    );
    await run.stdin.flush();
  }
  await run.stdin.end();
  const lines = (await answers).split("\n").filter((line) => line !== "");
  if ((await run.exited) !== 0 || lines.length !== texts.length)
    throw new Error("the Go program did not answer each text");
  return lines.map((line) => JSON.parse(line) as Answer);
}

/** The texts that the two read differently. */
export async function differences(program: string, texts: readonly string[]): Promise<Difference[]> {
  const answers = await askGo(program, texts);
  return texts.flatMap((text, i): Difference[] => {
    const { objects = null, error = "" } = answers[i] ?? {};
    const go = error === "" ? canonical(objects ?? []) : refused;
    const ours = oursOf(text);
    if (go === ours.value) return [];
    const what = ours.value === refused ? "refused here" : go === refused ? "taken here" : "other values";
    return [{ what, text, go: error || go, ours: ours.error || ours.value }];
  });
}

/** The fields of a text as we read them, or "refused". */
export function oursOf(text: string): { readonly value: string; readonly error: string } {
  try {
    const objects = finish(readObjects(text, refuse)) as readonly unknown[];
    return { value: canonical(objects as readonly (Record<string, unknown> | null)[]), error: "" };
  } catch (error) {
    if (error instanceof ProviderError) return { value: refused, error: error.message };
    throw error;
  }
}

const textFields = ["objectName", "objectAlias", "objectType", "objectVersion", "objectVersionLabel", "filePermission"];

/** The fields that the Go provider knows, in one order. */
export function canonical(objects: readonly (Record<string, unknown> | null)[]): string {
  return JSON.stringify(
    objects.map((object) => {
      if (object === null) return null;
      const failover = pick(object["failoverObject"], ["objectName", "objectVersion", "objectVersionLabel"]);
      const paths = (object["jmesPath"] ?? []) as readonly unknown[];
      return [
        pick(object, textFields),
        paths.map((entry) => pick(entry, ["path", "objectAlias", "filePermission"])),
        failover,
      ];
    }),
  );
}

function pick(from: unknown, names: readonly string[]): Record<string, unknown> {
  return Object.fromEntries(names.map((name) => [name, (from as Record<string, unknown>)[name]]));
}
