// The shared AWS config files: one profile's settings, never its credentials.
// Not the SDK's loader: that keeps the text of both files, credentials included, for the life of the process, and takes an unreadable file for an empty one without a word.
import { StartError, podWords } from "./start-error.ts";
import type { Env, ReadFile, StarterWords } from "./start-error.ts";

/** Settings of a profile by key; nested ones as `secrets_manager.endpoint_url`. */
export type Settings = ReadonlyMap<string, string>;

export interface Profile {
  readonly settings: Settings;
  /** Those of the `[services NAME]` section that the profile names. */
  readonly services: Settings;
}

/** The only keys that leave this file. */
const wanted = new Set([
  "endpoint_url",
  "ignore_configured_endpoint_urls",
  "use_fips_endpoint",
  "use_dualstack_endpoint",
  "max_attempts",
  "retry_mode",
  "ca_bundle",
  "services",
  "secrets_manager.endpoint_url",
  "ssm.endpoint_url",
]);

/**
 * Reads the profile of AWS_PROFILE (else AWS_DEFAULT_PROFILE, else `default`) when a profile or a file is named; otherwise reads nothing.
 * Files that can't be read count as empty, as in the Go SDK; keys of the credentials file win over those of the config file.
 * @throws StartError 255 when the profile was named and is in neither file
 */
export function readProfile(env: Env, readFile: ReadFile, words: StarterWords = podWords): Profile {
  const named = env["AWS_PROFILE"] || env["AWS_DEFAULT_PROFILE"] || "";
  if (named === "" && !env["AWS_CONFIG_FILE"] && !env["AWS_SHARED_CREDENTIALS_FILE"]) {
    return { settings: new Map(), services: new Map() };
  }
  const home = env["HOME"] ?? "";
  const read = (path: string | undefined, usual: string): Map<string, Map<string, string>> => {
    try {
      return parseIni(readFile((path || `~/.aws/${usual}`).replace(/^~(?=\/)/, home)));
    } catch {
      return new Map();
    }
  };
  const config = read(env["AWS_CONFIG_FILE"], "config");
  const credentials = read(env["AWS_SHARED_CREDENTIALS_FILE"], "credentials");
  const name = named || "default";
  const prefixed = config.get(`profile ${name}`) ?? (name === "default" ? config.get("default") : undefined);
  const found = [prefixed, credentials.get(name)].filter((section) => section !== undefined);
  if (found.length === 0 && named !== "") {
    throw new StartError(
      255,
      `failed to get shared config profile, ${named}. ${words.profile} AWS_CONFIG_FILE and AWS_SHARED_CREDENTIALS_FILE.`,
    );
  }
  const settings = new Map(found.flatMap((section) => [...section]));
  return { settings, services: config.get(`services ${settings.get("services") ?? ""}`) ?? new Map() };
}

/** Section name (blanks made one) -> wanted keys. Later lines win; a key without value opens a nested block of indented keys. */
function parseIni(text: string): Map<string, Map<string, string>> {
  const sections = new Map<string, Map<string, string>>();
  let section: Map<string, string> | undefined;
  let block = "";
  for (const line of text.split(/\r?\n/)) {
    if (/^\s*([#;]|$)/.test(line)) continue;
    const heading = /^\s*\[([^\]]*)\]/.exec(line)?.[1];
    if (heading !== undefined) {
      const name = heading
        .trim()
        .replace(/\s+/g, " ")
        .replace(/^(profile|services) "(.*)"$/, "$1 $2");
      section = sections.get(name) ?? new Map<string, string>();
      sections.set(name, section);
      block = "";
      continue;
    }
    const [, indent = "", key = "", value = ""] = /^(\s*)([^=]*)=(.*)$/.exec(line) ?? [];
    if (key.trim() === "" || section === undefined) continue;
    const own = value
      .replace(/\s[#;].*$/, "")
      .trim()
      .replace(/^(["'])(.*)\1$/, "$2");
    if (indent === "") block = own === "" ? `${key.trim().toLowerCase()}.` : "";
    const full = (indent === "" ? "" : block) + key.trim().toLowerCase();
    if (own !== "" && wanted.has(full)) section.set(full, own);
  }
  return sections;
}
