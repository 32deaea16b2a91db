// `tokenFile` of a kubeconfig's user, which client-node passes over. As client-go: a path beside the kubeconfig's own, stronger than `token`, read anew
// as the file changes, and where it can't be read the last token holds.
import { readFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { parseYaml } from "../go/yaml.ts";
import type { YamlValue } from "../go/yaml.ts";
import { YamlError } from "../go/yaml/error.ts";

/** The bearer token of a user, as it is now. @throws Error when it was never there */
export type ReadToken = () => string;

/** Makes the reader of a user's tokenFile, and reads it once; undefined = the user has none. @throws Error when it can't be read, and there is no `token` */
export function openTokenFile(
  kubeconfig: string,
  user: { name?: string; token?: string } | null,
): ReadToken | undefined {
  const written = tokenFileOf(readFileSync(kubeconfig, "utf8"), user?.name ?? "");
  if (written === "") return undefined;
  const path = resolve(dirname(kubeconfig), written);
  let last = user?.token ?? "";
  const read: ReadToken = () => {
    try {
      last = readFileSync(path, "utf8").trim() || last;
    } catch (error) {
      if (last === "") throw new Error(`tokenFile ${path} can not be read`, { cause: error });
    }
    if (last === "") throw new Error(`tokenFile ${path} is empty`);
    return last;
  };
  read();
  return read;
}

function tokenFileOf(text: string, userName: string): string {
  try {
    const users = field(parseYaml(text), "users");
    const all: readonly YamlValue[] = Array.isArray(users) ? users : [];
    const own = all.find((one) => field(one, "name") === userName);
    const written = field(field(own, "user"), "tokenFile");
    return typeof written === "string" ? written : "";
  } catch (error) {
    if (error instanceof YamlError) return ""; // client-node's reader has taken it
    throw error;
  }
}

function field(value: YamlValue | undefined, name: string): YamlValue | undefined {
  return value instanceof Map ? (value as ReadonlyMap<string, YamlValue>).get(name) : undefined;
}
