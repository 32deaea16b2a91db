// objectAlias or objectName + pathTranslation -> the file's path inside the mount. Names come from a pod's namespace: nothing here may lead out of it.
import { bounds } from "../budget.ts";
import { cutBytes } from "../text/cut.ts";
import type { FieldPath } from "../errors.ts";
import { refuse, sizeFault } from "./fault.ts";
import type { Report } from "./fault.ts";
import type { PathTranslation } from "./parameters.ts";

/** Linux NAME_MAX and the driver's limit for a path (k8s.io/kubernetes/pkg/volume/util/atomic_writer.go), in bytes. */
const segmentBytesMax = 255;
const pathBytesMax = 4096;
/** Of a name in an error: an event holds a kilobyte, and says first what is wrong. */
const shownBytesMax = 100;

/**
 * With translation every `/` becomes its character; without, leading slashes go and inner ones stay. A leading slash never stays. What is too long for
 * a path is cut to 4,097 characters, which are too long too.
 */
export function filePath(name: string, translation: PathTranslation): string {
  if (translation === "off" || translation.character === "/")
    return name.replace(/^\/+/, "").slice(0, pathBytesMax + 1);
  return name.slice(0, pathBytesMax + 1).replaceAll("/", translation.character);
}

/** The reference's own check, with its own wording in parity 7.3: `..` as a whole segment next to a slash. */
export function leavesMount(path: string): boolean {
  return /\/\.\.\/|^\.\.\/|\/\.\.$/.test(path);
}

/** Why no file can have this path, in either write mode; undefined when one can. */
export function faultOfPath(path: string): string | undefined {
  if (path === "") return "it is empty";
  if (isLonger(path, pathBytesMax)) return `it is longer than ${pathBytesMax} bytes`;
  const segments = path.split("/");
  if (segments.some((segment) => segment === "" || segment === "." || segment === "..")) {
    return "each part between slashes must be a name, not empty, . or ..";
  }
  if (path.includes("\0")) return "it holds a NUL character";
  const isLong = segments.some((segment) => isLonger(segment, segmentBytesMax));
  return isLong ? `it is longer than ${segmentBytesMax} bytes` : undefined;
}

/** Reports a path of more folders inside one another than a mount may have. `what` stands for it in the text. */
export function checkFolders(path: string, what: string, at: FieldPath, report: Report = refuse): void {
  let folders = 0;
  for (let slash = path.indexOf("/"); slash !== -1; slash = path.indexOf("/", slash + 1)) folders += 1;
  if (folders <= bounds.folders) return;
  const message = `the file of ${cutBytes(what, shownBytesMax)} is in more than ${bounds.folders} folders`;
  report(sizeFault(message, "Choose a shorter keyPrefix or objectAlias, or leave pathTranslation on.", at));
}

/** Both of the above: why a name that was found at AWS can be no file; undefined when it can. */
export function fileNameFault(path: string): string | undefined {
  return leavesMount(path) ? "path can not contain ../" : faultOfPath(path);
}

/** In UTF-8, where a UTF-16 unit takes at most three bytes. */
function isLonger(text: string, bytesMax: number): boolean {
  return text.length * 3 > bytesMax && new TextEncoder().encode(text).length > bytesMax;
}
