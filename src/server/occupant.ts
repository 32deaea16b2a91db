// Who serves at the path of a socket. Asked before the path is taken over, and while another process has it.
import { accessSync, constants, statSync } from "node:fs";
import { connect } from "node:net";
import { askVersion } from "./alive.ts";

const answerMs = 1_000;
/** Longest name or version that is logged, UTF-16 units. */
const nameMax = 64;

/**
 * Whether a process accepts connections at the path. The kernel refuses at once where a killed process has left its socket. A socket without
 * permission counts as served: two providers of different users would take the path from each other otherwise.
 */
export function isServed(path: string): Promise<boolean> {
  try {
    if (!statSync(path).isSocket()) return Promise.resolve(false);
    accessSync(path, constants.W_OK);
  } catch (error) {
    return Promise.resolve(error instanceof Error && "code" in error && error.code === "EACCES");
  }
  return new Promise((resolve) => {
    const socket = connect(path);
    const end = (found: boolean): void => {
      socket.destroy();
      resolve(found);
    };
    socket.on("connect", () => end(true));
    socket.on("error", () => end(false));
  });
}

/** Name and version of the process that serves at the path, from its answer to Version, for which it has one second. Untrusted text. */
export async function nameOf(path: string): Promise<string> {
  try {
    const { runtimeName, runtimeVersion } = await askVersion(path, answerMs);
    if (runtimeName !== "") return `${runtimeName.slice(0, nameMax)} ${runtimeVersion.slice(0, nameMax)}`;
  } catch {
    // No answer, or none of a provider.
  }
  return "an unknown process (no valid answer to a Version call)";
}
