// How AWS is reached: environment first, then the shared config files (parity 1.2). Nothing here is ever a credential.
import { X509Certificate } from "node:crypto";
import type { AwsConfig } from "./shape.ts";
import { readProfile } from "./aws-profile.ts";
import type { Profile } from "./aws-profile.ts";
import { readProxy } from "./proxy.ts";
import { StartError } from "./start-error.ts";
import type { Env, ReadFile, StarterWords } from "./start-error.ts";

const maxAttemptsDefault = 3;

/** @throws StartError 255 naming the setting that is malformed, and the profile that is missing */
export function readAws(env: Env, readFile: ReadFile, warn: (text: string) => void, words?: StarterWords): AwsConfig {
  const profile = readProfile(env, readFile, words);
  const region = env["AWS_REGION"] || undefined;
  return {
    region,
    useFipsEndpoint: readSwitch("AWS_USE_FIPS_ENDPOINT", env, profile, warn),
    useDualstackEndpoint: readSwitch("AWS_USE_DUALSTACK_ENDPOINT", env, profile, warn),
    endpoints: readEndpoints(env, profile, warn),
    maxAttempts: readMaxAttempts(env, profile, warn),
    retryMode: readRetryMode(env, profile),
    caBundle: readCaBundle(env, profile, readFile),
    proxyFor: readProxy(env, warn),
  };
}

interface Setting {
  /** Where it was found, for error texts. */
  readonly where: string;
  readonly value: string;
  readonly fromFile: boolean;
}

/** AWS_X of the environment, else `x` of the profile; empty counts as absent. */
function find(name: string, env: Env, { settings }: Profile): Setting | undefined {
  const given = env[name];
  if (given !== undefined && given !== "") return { where: name, value: given, fromFile: false };
  const key = name.replace(/^AWS_/, "").toLowerCase();
  const value = settings.get(key);
  return value === undefined ? undefined : { where: `${key} of the AWS profile`, value, fromFile: true };
}

function malformed({ where, value }: Setting, need: string): StartError {
  return new StartError(255, `invalid value for ${where}=${value}, need ${need}`);
}

/** A word that is none is refused in the environment; in a file the Go SDK has always taken it for false. */
function readSwitch(name: string, env: Env, profile: Profile, warn: (text: string) => void): boolean {
  const setting = find(name, env, profile);
  const word = setting?.value.toLowerCase();
  if (setting === undefined || word === "false") return false;
  if (word === "true") return true;
  if (!setting.fromFile) throw malformed(setting, "true, false");
  warn(`${setting.where} is neither true nor false: taken for false`);
  return false;
}

/**
 * 0 means the default; negative means no limit, as in the Go SDK, where both start and mount. The bounds then are the mount's deadline and
 * the quota of one call's retries (about a hundred).
 */
function readMaxAttempts(env: Env, profile: Profile, warn: (text: string) => void): number {
  const setting = find("AWS_MAX_ATTEMPTS", env, profile);
  if (setting === undefined) return maxAttemptsDefault;
  if (!/^[-+]?[0-9]{1,15}$/.test(setting.value)) throw malformed(setting, "a whole number");
  const attempts = Number(setting.value);
  if (attempts === 0) return maxAttemptsDefault;
  if (attempts > 0) return attempts;
  warn(`${setting.where} is negative: failing calls to AWS are repeated until the mount's deadline`);
  return Number.MAX_SAFE_INTEGER;
}

function readRetryMode(env: Env, profile: Profile): "standard" | "adaptive" {
  const setting = find("AWS_RETRY_MODE", env, profile);
  if (setting === undefined) return "standard";
  if (setting.value === "standard" || setting.value === "adaptive") return setting.value;
  throw malformed(setting, "standard, adaptive");
}

/** The general AWS_ENDPOINT_URL is for the stores alone: STS gets tokens, so it is moved by its own variable only (design 3.3). */
function readEndpoints(env: Env, profile: Profile, warn: (text: string) => void): AwsConfig["endpoints"] {
  if (readSwitch("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", env, profile, warn)) return {};
  const general = find("AWS_ENDPOINT_URL", env, profile);
  const own = (service: string): Setting | undefined => {
    const name = `AWS_ENDPOINT_URL_${service.toUpperCase()}`;
    const value = env[name] || profile.services.get(`${service}.endpoint_url`);
    return value
      ? { where: env[name] ? name : `${service} endpoint_url of the AWS profile`, value, fromFile: !env[name] }
      : undefined;
  };
  const url = (setting: Setting | undefined): string | undefined => {
    if (setting === undefined) return undefined;
    const parsed = URL.parse(setting.value);
    if (parsed === null || !/^https?:$/.test(parsed.protocol) || parsed.username !== "" || parsed.password !== "") {
      throw new StartError(
        255,
        `invalid value for ${setting.where}, need an absolute http or https URL without user and password`,
      );
    }
    return setting.value;
  };
  const [secretsManager, ssm, sts] = [
    url(own("secrets_manager") ?? general),
    url(own("ssm") ?? general),
    url(own("sts")),
  ];
  return { ...(secretsManager && { secretsManager }), ...(ssm && { ssm }), ...(sts && { sts }) };
}

function readCaBundle(env: Env, profile: Profile, readFile: ReadFile): string | undefined {
  const setting = find("AWS_CA_BUNDLE", env, profile);
  if (setting === undefined) return undefined;
  let text: string;
  try {
    text = readFile(setting.value);
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : "unknown error";
    throw new StartError(255, `failed to read the CA bundle of ${setting.where}, ${setting.value}: ${code}`);
  }
  const certificates = text.match(/-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g) ?? [];
  if (!certificates.some(isCertificate)) {
    throw new StartError(
      255,
      `failed to load the CA bundle of ${setting.where}, ${setting.value}: no certificate in PEM form`,
    );
  }
  return text;
}

function isCertificate(pem: string): boolean {
  try {
    return new X509Certificate(pem).fingerprint256 !== "";
  } catch {
    return false;
  }
}
