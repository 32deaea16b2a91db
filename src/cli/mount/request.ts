// What `mount` hands to the mount in place of kubelet and driver, and what it prints of the answer: never a value.
import { createBudget } from "../../budget.ts";
import { contextOfNoMount } from "../../context.ts";
import type { MountContext } from "../../mount.ts";
import { parseMountRequest } from "../../request/mount-request.ts";
import type { ParsedRequest } from "../../request/mount-request.ts";
import type { ObjectVersion } from "../../request/messages.ts";
import { quiet } from "../check/safe-text.ts";
import { finish } from "../../work.ts";
import type { ProviderClass } from "./read-class.ts";

/** A file of the mount, without what is in it. */
export interface MountedFile {
  readonly path: string;
  /** 0..0o777 */
  readonly mode: number;
  readonly sizeBytes: number;
}

/** The driver's default, 0644, as it writes it. */
const permission = "420";

/** The request of a pod without a name and with no token of any audience. */
export function mountRequest({ parameters }: ProviderClass, targetPath: string): ParsedRequest {
  const attributes = { ...Object.fromEntries(parameters), "csi.storage.k8s.io/serviceAccount.tokens": "{}" };
  const message = { secrets: "", targetPath, permission, currentObjectVersions: [] };
  return parseMountRequest({ ...message, attributes: JSON.stringify(attributes) });
}

/** Runs everything in one go: nobody else waits. Of the events only warnings are taken. */
export function contextOf(signal: AbortSignal, warning: (text: string) => void): MountContext {
  return {
    ...contextOfNoMount(signal, (event) => {
      if (event.kind === "warning") warning(event.text);
    }),
    budget: createBudget(),
    run: async (work) => finish(work),
    complete: async (work) => finish(work),
  };
}

/** One line a file: mode, size, version, name. */
export function tableOf(files: readonly MountedFile[], versions: readonly ObjectVersion[]): string {
  const versionOf = new Map(versions.map(({ id, version }) => [id, version]));
  const rows = files.map(({ path, mode, sizeBytes }) => [
    `0${mode.toString(8).padStart(3, "0")}`,
    String(sizeBytes),
    quiet(versionOf.get(path) ?? ""),
    quiet(path),
  ]);
  const all = [["MODE", "BYTES", "VERSION", "FILE"], ...rows];
  const widths = [0, 1, 2].map((at) => Math.max(...all.map((row) => (row[at] ?? "").length)));
  return all.map((row) => `${row.map((cell, at) => cell.padEnd(widths[at] ?? 0)).join("  ")}\n`).join("");
}
