// How a client reaches a fake cluster: bearer tokens, kubeconfig files, the folder that kubelet mounts into pods.
// Files written once are kept up to date when the token rotates.
import { randomBytes } from "node:crypto";
import { mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** The ways into a fake cluster. */
export interface ClusterAccess {
  /** The cluster's CA, PEM. */
  readonly ca: string;
  /** The token that is valid now. */
  readonly token: () => string;
  readonly accepts: (token: string) => boolean;
  /** Makes a new token and writes it to all files; the old one stays valid unless revoked. */
  readonly rotateToken: (revokeOld?: boolean) => string;
  readonly setServer: (url: string) => void;
  /** Writes a kubeconfig with server, CA and token; returns the path. */
  readonly writeKubeconfig: (path: string) => string;
  /** Writes token, ca.crt and namespace the way kubelet does, behind a `..data` link; returns the path. */
  readonly writeInClusterFolder: (path: string) => string;
}

/** Makes the ways into a cluster with that CA. */
export function createClusterAccess(ca: string): ClusterAccess {
  const newToken = (): string => `fake-bearer-${randomBytes(24).toString("base64url")}`;
  let server = "";
  let current = newToken();
  const valid = new Set([current]);
  const rewrites = new Map<string, () => void>();

  function keep(path: string, rewrite: () => void): string {
    rewrites.set(path, rewrite);
    rewrite();
    return path;
  }

  return {
    ca,
    token: () => current,
    accepts: (token) => valid.has(token),
    rotateToken: (revokeOld = false) => {
      if (revokeOld) valid.clear();
      current = newToken();
      valid.add(current);
      for (const rewrite of rewrites.values()) rewrite();
      return current;
    },
    setServer: (url) => {
      server = url;
    },
    writeKubeconfig: (path) => keep(path, () => replaceFile(path, kubeconfig(server, ca, current))),
    writeInClusterFolder: (path) =>
      keep(path, () =>
        writeFolder(path, {
          token: current,
          "ca.crt": ca,
          namespace: "kube-system",
        }),
      ),
  };
}

function kubeconfig(server: string, ca: string, token: string): string {
  const data = Buffer.from(ca).toString("base64");
  const named = (kind: string, content: object): object[] => [{ name: "fake", [kind]: content }];
  // JSON is YAML.
  return JSON.stringify(
    {
      apiVersion: "v1",
      kind: "Config",
      clusters: named("cluster", {
        server,
        "certificate-authority-data": data,
      }),
      users: named("user", { token }),
      contexts: named("context", {
        cluster: "fake",
        user: "fake",
        namespace: "kube-system",
      }),
      "current-context": "fake",
    },
    null,
    2,
  );
}

function replaceFile(path: string, text: string): void {
  writeFileSync(`${path}.new`, text, { mode: 0o600 });
  renameSync(`${path}.new`, path);
}

function writeFolder(path: string, files: Readonly<Record<string, string>>): void {
  const version = `..${randomBytes(6).toString("hex")}`;
  mkdirSync(join(path, version), { recursive: true });
  for (const [name, text] of Object.entries(files)) {
    writeFileSync(join(path, version, name), text);
    rmSync(join(path, name), { force: true });
    symlinkSync(join("..data", name), join(path, name));
  }
  symlinkSync(version, join(path, "..data_tmp"));
  renameSync(join(path, "..data_tmp"), join(path, "..data"));
}
