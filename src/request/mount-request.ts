// MountRequest -> what a mount works with, by checks 1 to 4 of parity 2. The attributes carry tokens: no message here quotes them.
import { ProviderError } from "../errors.ts";
import { parseTokens } from "./tokens.ts";
import type { Tokens } from "./tokens.ts";
import type { MountRequest } from "./messages.ts";
import { JsonError, parseJson, parseTexts } from "../go/json.ts";
import type { Parameters } from "./parameters.ts";

/** From kubelet, so true; but it goes into API paths and must be escaped there. Empty = not given. */
export interface Pod {
  readonly name: string;
  readonly namespace: string;
  readonly serviceAccount: string;
  readonly uid: string;
}

export interface ParsedRequest {
  readonly pod: Pod;
  /** What it holds in memory at most, bytes: a character takes two where one of its text is beyond Latin-1. */
  readonly sizeBytes: number;
  readonly parameters: Parameters;
  readonly tokens: Tokens;
  /** 0..0xffffffff as given; only the nine low bits ever reach a file. */
  readonly defaultMode: number;
  readonly targetPath: string;
  /** File name -> version that the driver has mounted. Driver 1.6.0 sends none. */
  readonly currentVersions: ReadonlyMap<string, string>;
}

const permissionMax = 0xffff_ffff;

/** @throws ProviderError RequestInvalid or TokenMissing: the first fault in the order target path, attributes, tokens, permission. */
export function parseMountRequest(request: MountRequest): ParsedRequest {
  if (request.targetPath === "") throw requestInvalid("Missing mount path");
  const attributes = parseAttributes(request.attributes);
  const attribute = (key: string): string => attributes.get(key) ?? "";
  return {
    tokens: parseTokens(attribute("csi.storage.k8s.io/serviceAccount.tokens")),
    defaultMode: parsePermission(request.permission),
    targetPath: request.targetPath,
    sizeBytes: 2 * request.attributes.length + sizeOfVersions(request),
    pod: {
      name: attribute("csi.storage.k8s.io/pod.name"),
      namespace: attribute("csi.storage.k8s.io/pod.namespace"),
      serviceAccount: attribute("csi.storage.k8s.io/serviceAccount.name"),
      uid: attribute("csi.storage.k8s.io/pod.uid"),
    },
    parameters: {
      objects: attribute("objects"),
      region: attribute("region"),
      failoverRegion: attribute("failoverRegion"),
      pathTranslation: attribute("pathTranslation"),
      usePodIdentity: attribute("usePodIdentity"),
      preferredAddressType: attribute("preferredAddressType"),
      batch: attribute("batch"),
      assumeRoleArn: attribute("assumeRoleArn"),
      assumeRoleExternalId: attribute("assumeRoleExternalId"),
      assumeRoleDurationSeconds: attribute("assumeRoleDurationSeconds"),
      assumeRoleSessionName: attribute("assumeRoleSessionName"),
    },
    currentVersions: new Map(request.currentObjectVersions.map(({ id, version }) => [id, version])),
  };
}

/** A Map's entry takes some 100 bytes beside its texts (Bun 1.4.5). */
function sizeOfVersions({ currentObjectVersions }: MountRequest): number {
  return currentObjectVersions.reduce((sum, { id, version }) => sum + 2 * (id.length + version.length) + 100, 0);
}

/** encoding/json into a map of strings: null stands for the empty string. */
function parseAttributes(text: string): ReadonlyMap<string, string | null> {
  try {
    const texts = parseTexts(text); // the texts of a class may hold as many brackets, quotes and backslashes as they like
    if (texts !== undefined) return texts;
    if (parseJson(text) === null) return new Map<string, string>();
    throw new JsonError("the attributes must be a JSON object of strings");
  } catch (error) {
    if (!(error instanceof JsonError)) throw error;
    throw requestInvalid(`failed to unmarshal attributes, error: ${error.message}`);
  }
}

/** A JSON number without sign, fraction or exponent, or null, which is mode 0. */
function parsePermission(text: string): number {
  const digits = /^[ \t\r\n]*(0|[1-9][0-9]*|null)[ \t\r\n]*$/.exec(text)?.[1];
  if (digits === "null") return 0;
  if (digits === undefined)
    throw requestInvalid("failed to unmarshal file permission, error: it must be one whole JSON number");
  const mode = Number(digits);
  if (mode <= permissionMax) return mode;
  throw requestInvalid("failed to unmarshal file permission, error: it must fit into 32 bits");
}

function requestInvalid(message: string): ProviderError {
  return new ProviderError({ reason: "RequestInvalid", message, fix: "The driver sent this; check its version." });
}
