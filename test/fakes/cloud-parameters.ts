// The parameters of one fake account, region by region: numbered versions, labels, types.
import { partitionOf } from "./aws-names.ts";

export type ParameterType = "String" | "StringList" | "SecureString";

/** One version of a parameter. */
export interface ParameterVersion {
  readonly version: number;
  readonly value: string;
  readonly type: ParameterType;
  readonly modifiedAtMs: number;
  readonly labels: Set<string>;
}

/** One parameter of one region. */
export interface StoredParameter {
  readonly name: string;
  readonly arn: string;
  /** In order; a parameter keeps its last 100. */
  readonly versions: ParameterVersion[];
}

export interface PutParameterOptions {
  /** SecureString if absent. */
  readonly type?: ParameterType;
  readonly labels?: readonly string[];
}

/** The parameters of an account. */
export interface Parameters {
  /** Writes a new version; returns its number. */
  readonly putParameter: (region: string, name: string, value: string, options?: PutParameterOptions) => number;
  /** Moves labels to a version. */
  readonly labelParameter: (region: string, name: string, version: number, ...labels: readonly string[]) => void;
  readonly deleteParameter: (region: string, name: string) => void;
  readonly parameterArn: (region: string, name: string) => string;
  /** By name or ARN, without a selector. */
  readonly findParameter: (region: string, id: string) => StoredParameter | undefined;
  readonly listParameters: (region: string) => readonly StoredParameter[];
}

/** Makes an empty store of parameters. */
export function createParameters({
  accountId,
  nowMs,
}: {
  readonly accountId: string;
  readonly nowMs: () => number;
}): Parameters {
  const regions = new Map<string, Map<string, StoredParameter>>();

  function parametersOf(region: string): Map<string, StoredParameter> {
    const found = regions.get(region) ?? new Map<string, StoredParameter>();
    regions.set(region, found);
    return found;
  }

  function parameterArn(region: string, name: string): string {
    const path = name.startsWith("/") ? name : `/${name}`;
    const owner = path.startsWith("/aws/service/") ? "" : accountId; // AWS's public parameters are in no account
    return `arn:${partitionOf(region)}:ssm:${region}:${owner}:parameter${path}`;
  }

  function labelParameter(region: string, name: string, number: number, ...labels: readonly string[]): void {
    const { versions } = parametersOf(region).get(name) ?? { versions: [] };
    const target = versions.find(({ version }) => version === number);
    if (target === undefined) throw new Error(`no version ${number} of parameter ${name} in ${region}`);
    for (const version of versions) for (const label of labels) version.labels.delete(label);
    for (const label of labels) target.labels.add(label);
  }

  return {
    putParameter: (region, name, value, { type = "SecureString", labels = [] } = {}) => {
      const parameters = parametersOf(region);
      const parameter = parameters.get(name) ?? {
        name,
        arn: parameterArn(region, name),
        versions: [],
      };
      parameters.set(name, parameter);
      const version = (parameter.versions.at(-1)?.version ?? 0) + 1;
      parameter.versions.push({
        version,
        value,
        type,
        modifiedAtMs: nowMs(),
        labels: new Set(),
      });
      if (parameter.versions.length > 100) parameter.versions.shift();
      labelParameter(region, name, version, ...labels);
      return version;
    },
    labelParameter,
    deleteParameter: (region, name) => {
      if (!parametersOf(region).delete(name)) throw new Error(`no parameter ${name} in ${region}`);
    },
    parameterArn,
    findParameter: (region, id) => {
      const parameters = parametersOf(region);
      if (!id.startsWith("arn:")) return parameters.get(id);
      return Array.from(parameters.values()).find(({ arn }) => arn === id);
    },
    listParameters: (region) => Array.from(parametersOf(region).values()),
  };
}
