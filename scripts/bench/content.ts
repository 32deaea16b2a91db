// What the fakes hold and what the mounts of the benchmark ask for: names of secrets and parameters, `objects` entries.

/** The node's region. */
export const region = "eu-west-1";
/** Pods and service accounts: pod-N, sa-N. */
export const workloadsMax = 600;
export const bigSecretBytes = 64 << 10;

export const secretName = (n: number): string => `app/secret-${String(n).padStart(2, "0")}`;
export const paramName = (n: number): string => `/app/param-${String(n).padStart(2, "0")}`;

const list = <T>(count: number, make: (n: number) => T): T[] => Array.from({ length: count }, (_, n) => make(n));

export function secrets(count: number): object[] {
  return list(count, (n) => ({ objectName: secretName(n), objectType: "secretsmanager" }));
}

export function parameters(count: number): object[] {
  return list(count, (n) => ({ objectName: paramName(n), objectType: "ssmparameter" }));
}

/** Ten secrets and ten parameters, with three jmesPath entries for each pair. */
export function mixed(): object[] {
  return list(10, (n) => [
    {
      objectName: secretName(n),
      objectType: "secretsmanager",
      jmesPath: [
        { path: "username", objectAlias: `user${n}` },
        { path: "password", objectAlias: `pass${n}` },
      ],
    },
    { objectName: paramName(n), objectType: "ssmparameter", jmesPath: [{ path: "value", objectAlias: `value${n}` }] },
  ]).flat();
}

export function bigSecrets(): object[] {
  return list(30, (n) => ({ objectName: `big/secret-${n}`, objectType: "secretsmanager" }));
}
