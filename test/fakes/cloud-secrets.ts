// The secrets of one fake account, region by region: versions with their ids, staging labels, deletion.
import { awsId, partitionOf } from "./aws-names.ts";

/** One version of a secret. */
export interface SecretVersion {
  readonly versionId: string;
  readonly value: string | Uint8Array;
  readonly createdAtMs: number;
  readonly stages: Set<string>;
}

/** One secret of one region. */
export interface StoredSecret {
  readonly name: string;
  readonly arn: string;
  readonly tags: Readonly<Record<string, string>>;
  readonly versions: Map<string, SecretVersion>;
  deletedAtMs: number | undefined;
}

export interface PutSecretOptions {
  /** A UUID if absent. Give the same one in two regions for a replica. */
  readonly versionId?: string;
  /** Staging labels of the new version; AWSCURRENT if absent. AWSCURRENT leaves its old place for AWSPREVIOUS. */
  readonly stages?: readonly string[];
  readonly tags?: Readonly<Record<string, string>>;
}

/** The secrets of an account. */
export interface Secrets {
  /** Writes a new version (text or binary); returns its id. */
  readonly putSecret: (region: string, name: string, value: string | Uint8Array, options?: PutSecretOptions) => string;
  /** Marks a secret for deletion; `purge` removes it without a trace. */
  readonly deleteSecret: (region: string, name: string, options?: { readonly purge?: boolean }) => void;
  readonly secretArn: (region: string, name: string) => string;
  /** By name, ARN, or ARN without its six random characters. */
  readonly findSecret: (region: string, id: string) => StoredSecret | undefined;
  readonly listSecrets: (region: string) => readonly StoredSecret[];
}

/** Makes an empty store of secrets. */
export function createSecrets({
  accountId,
  nowMs,
}: {
  readonly accountId: string;
  readonly nowMs: () => number;
}): Secrets {
  const regions = new Map<string, Map<string, StoredSecret>>();

  function secretsOf(region: string): Map<string, StoredSecret> {
    const found = regions.get(region) ?? new Map<string, StoredSecret>();
    regions.set(region, found);
    return found;
  }

  function secretArn(region: string, name: string): string {
    const suffix = awsId("", 6, `${region}/${name}`);
    return `arn:${partitionOf(region)}:secretsmanager:${region}:${accountId}:secret:${name}-${suffix}`;
  }

  return {
    putSecret: (region, name, value, options = {}) => {
      const secrets = secretsOf(region);
      const secret: StoredSecret = secrets.get(name) ?? {
        name,
        arn: secretArn(region, name),
        tags: options.tags ?? {},
        versions: new Map(),
        deletedAtMs: undefined,
      };
      secret.deletedAtMs = undefined;
      secrets.set(name, secret);
      const versionId = options.versionId ?? crypto.randomUUID();
      const stages = new Set(options.stages ?? ["AWSCURRENT"]);
      moveStages(secret, stages);
      secret.versions.set(versionId, {
        versionId,
        value,
        createdAtMs: nowMs(),
        stages,
      });
      return versionId;
    },
    deleteSecret: (region, name, { purge = false } = {}) => {
      const secret = secretsOf(region).get(name);
      if (secret === undefined) throw new Error(`no secret ${name} in ${region}`);
      if (purge) secretsOf(region).delete(name);
      else secret.deletedAtMs = nowMs();
    },
    secretArn,
    findSecret: (region, id) => {
      const secrets = secretsOf(region);
      if (!id.startsWith("arn:")) return secrets.get(id);
      return Array.from(secrets.values()).find(({ arn }) => arn === id || arn.slice(0, -"-abcdef".length) === id);
    },
    listSecrets: (region) => Array.from(secretsOf(region).values()),
  };
}

/** A label is on one version at a time. What AWSCURRENT leaves becomes AWSPREVIOUS. */
function moveStages(secret: StoredSecret, moving: ReadonlySet<string>): void {
  const all = Array.from(secret.versions.values());
  const current = all.find((version) => version.stages.has("AWSCURRENT"));
  for (const version of all) for (const stage of moving) version.stages.delete(stage);
  if (current === undefined || !moving.has("AWSCURRENT") || moving.has("AWSPREVIOUS")) return;
  for (const version of all) version.stages.delete("AWSPREVIOUS");
  current.stages.add("AWSPREVIOUS");
}
