// The driver throttles rotation by the mount directory's modification time, but its own writer leaves that alone when nothing has changed
// (driver 1.6.0, pkg/util/fileutil/atomic_writer.go): after the first interval every republish would fetch again. This sets the time anew.
import { readdir, utimes } from "node:fs/promises";
import { join } from "node:path";
import { readMounted } from "./mounted.ts";
import type { MountFile } from "./plan.ts";

/** Moves the time of a directory whose files are just these, contents and modes; leaves any other alone. Never fails. */
export async function renewIfUnchanged(files: readonly MountFile[], targetPath: string): Promise<void> {
  try {
    if (files.length === 0 || !(await holdsJust(files, targetPath))) return;
    const now = new Date();
    await utimes(targetPath, now, now);
  } catch {
    // No such directory, or not ours to read: a first mount, or one without the kubelet's folder. The driver goes on as without us.
  }
}

async function holdsJust(files: readonly MountFile[], targetPath: string): Promise<boolean> {
  for (const { path, mode, contents } of files) {
    const mounted = await readMounted(targetPath, path);
    if (mounted === undefined || mounted.mode !== mode || !Buffer.from(mounted.contents).equals(contents)) return false;
  }
  // The driver's writer links `name -> ..data/name` for each first element of a path, and takes away what is no longer there.
  const paths = files.map(({ path }) => path);
  const firsts = new Set(paths.map((path) => path.split("/")[0]));
  const present = (await readdir(targetPath)).filter((name) => !name.startsWith(".."));
  if (present.length !== firsts.size || present.some((name) => !firsts.has(name))) return false;
  const folders = new Set(
    paths.flatMap((path) => path.split("/").map((_, depth, names) => names.slice(0, depth).join("/"))),
  );
  folders.delete("");
  for (const folder of folders) {
    const expected = new Set(
      paths.filter((path) => path.startsWith(`${folder}/`)).map((path) => path.slice(folder.length + 1).split("/")[0]),
    );
    const inside = await readdir(join(targetPath, "..data", folder));
    if (inside.length !== expected.size || inside.some((name) => !expected.has(name))) return false;
  }
  return true;
}
