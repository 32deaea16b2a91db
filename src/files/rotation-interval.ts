// The driver throttles rotation by the mount directory's modification time, but its own writer leaves that alone when nothing has changed
// (driver 1.6.0, pkg/util/fileutil/atomic_writer.go): after the first interval every republish would fetch again. This sets the time anew.
import { readdir, utimes } from "node:fs/promises";
import { join } from "node:path";
import type { Pace } from "../sharing/pace.ts";
import type { Work } from "../work.ts";
import { readMounted } from "./mounted.ts";
import type { MountFile } from "./plan/mount-file.ts";

/** Moves the time of a directory whose files are just these, contents and modes; leaves any other alone. Never fails. */
export async function renewIfUnchanged(
  files: readonly MountFile[],
  targetPath: string,
  complete: Pace["complete"],
): Promise<void> {
  try {
    if (files.length === 0 || !(await holdsJust(files, targetPath, complete))) return;
    const now = new Date();
    await utimes(targetPath, now, now);
  } catch {
    // No such directory, or not ours to read: a first mount, or one without the kubelet's folder. The driver goes on as without us.
  }
}

async function holdsJust(
  files: readonly MountFile[],
  targetPath: string,
  complete: Pace["complete"],
): Promise<boolean> {
  for (const { path, mode, contents } of files) {
    const mounted = await readMounted(targetPath, path);
    if (mounted === undefined || mounted.mode !== mode || !Buffer.from(mounted.contents).equals(contents)) return false;
  }
  const namesIn = await complete(foldersOf(files));
  for (const [folder, expected] of namesIn) {
    // The driver's writer links `name -> ..data/name` for each first element of a path, and takes away what is no longer there.
    const inside = folder === "" ? await readTop(targetPath) : await readdir(join(targetPath, "..data", folder));
    if (inside.length !== expected.size || inside.some((name) => !expected.has(name))) return false;
  }
  return true;
}

async function readTop(targetPath: string): Promise<readonly string[]> {
  return (await readdir(targetPath)).filter((name) => !name.startsWith(".."));
}

/** What each directory must hold; the target itself is the empty name. */
function* foldersOf(files: readonly MountFile[]): Work<ReadonlyMap<string, ReadonlySet<string>>> {
  const namesIn = new Map<string, Set<string>>();
  for (const { path } of files) {
    yield;
    let folder = "";
    for (const name of path.split("/")) {
      const names = namesIn.get(folder) ?? new Set();
      namesIn.set(folder, names.add(name));
      folder = folder === "" ? name : `${folder}/${name}`;
    }
  }
  return namesIn;
}
