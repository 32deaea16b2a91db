// spec.parameters of a SecretProviderClass as the driver hands them over: raw text, empty = not given. Each is parsed by its own function when the
// mount comes to it, because the order of checks (parity 2) decides which fault an operator sees.
import { cutText } from "../text/cut.ts";
import { parameterFault, refuse } from "./fault.ts";
import type { Report } from "./fault.ts";
import { parseBoolean } from "../go/boolean.ts";

/** All of them may be overridden by the pod's volumeAttributes: input of the pod's namespace, never trusted. */
export interface Parameters {
  /** YAML text. */
  readonly objects: string;
  readonly region: string;
  readonly failoverRegion: string;
  readonly pathTranslation: string;
  readonly usePodIdentity: string;
  readonly preferredAddressType: string;
  /** Go boolean: BatchGetSecretValue for this class, whatever the flag says. */
  readonly batch: string;
  readonly assumeRoleArn: string;
  readonly assumeRoleExternalId: string;
  readonly assumeRoleDurationSeconds: string;
  readonly assumeRoleSessionName: string;
}

/** The character that replaces `/` in file names. */
export type PathTranslation = "off" | { readonly character: string };

/** Which address of the EKS Pod Identity agent to use. */
export type AddressType = "ipv4" | "ipv6" | "auto";

/** Empty is false. Reports anything but Go's booleans. */
export function parseUsePodIdentity(text: string, report: Report = refuse): boolean {
  return readBoolean("usePodIdentity", text, report);
}

/** Empty is undefined: as the flag says. Reports anything but Go's booleans. */
export function parseBatch(text: string, report: Report = refuse): boolean | undefined {
  return text === "" ? undefined : readBoolean("batch", text, report);
}

/** Go's strconv.ParseBool, but empty is false; undefined for what it refuses. */
export function goBoolean(text: string): boolean | undefined {
  return text === "" ? false : parseBoolean(text);
}

/** Of a value in an error, characters. */
const shownMax = 100;

function readBoolean(name: string, text: string, report: Report): boolean {
  const value = goBoolean(text);
  if (value !== undefined) return value;
  const message = `failed to parse ${name} value, error: strconv.ParseBool: parsing ${JSON.stringify(cutText(text, shownMax))}: invalid syntax`;
  report(parameterFault("boolean-parameter", name, message, `Set ${name} to "true" or "false".`));
  return false;
}

/** Never fails: a value that is neither ipv4 nor ipv6, in any letter case, is auto (parity 12.2). */
export function parseAddressType(text: string): AddressType {
  const lower = text.toLowerCase();
  return lower === "ipv4" || lower === "ipv6" ? lower : "auto";
}

/** What stands for `/` where the parameter is left out. */
const usualTranslation: PathTranslation = { character: "_" };

/** Empty is `_`. Reports anything but `False` in any letter case and one byte of UTF-8, which counts as left out. */
export function parsePathTranslation(text: string, report: Report = refuse): PathTranslation {
  if (text === "") return usualTranslation;
  if (text.toLowerCase() === "false") return "off";
  if (/^[\0-\x7F]$/.test(text)) return { character: text };
  const message = "pathTranslation must be either 'False' or a single character string";
  const fix =
    'Write "False" to make folders of slashes, or one character of one byte (ASCII) to replace them, such as "-"; left out, it is "_".';
  report(parameterFault("path-translation", "pathTranslation", message, fix));
  return usualTranslation;
}
