// All fakes wired together: one AWS account, one cluster, one Pod Identity agent, and the settings that point a provider at them.
// It starts with one workload: pod default/app-0 of service account default/app on node-1, role "app" by IRSA and by Pod Identity.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createRecorder } from "./calls.ts";
import type { Recorder } from "./calls.ts";
import { createCloud } from "./cloud.ts";
import type { Cloud, CloudOptions } from "./cloud.ts";
import { regionLabel, roleAnnotation } from "./cluster.ts";
import { createFaults } from "./faults.ts";
import type { Faults } from "./faults.ts";
import { startKubernetes } from "./kubernetes.ts";
import type { FakeKubernetes } from "./kubernetes.ts";
import { createAuthority, issueFor } from "./pki.ts";
import type { ServerCertificate } from "./pki.ts";
import { createAssociations, startPodIdentity } from "./pod-identity.ts";
import type { Associations } from "./pod-identity.ts";
import { startSecretsManager } from "./secrets-manager.ts";
import type { FakeServer, ListenOptions } from "./service.ts";
import { startSsm } from "./ssm.ts";
import { startSts } from "./sts.ts";
import { serviceAccountTokens } from "./tokens.ts";
import type { ServiceAccountTokensOptions } from "./tokens.ts";

export interface WorldOptions extends CloudOptions {
  /** The node's region; eu-west-1 if absent. */
  readonly region?: string;
  /** The AWS endpoints speak HTTPS; `env` then has AWS_CA_BUNDLE. */
  readonly tls?: boolean;
  /** What the AWS endpoints (with `tls`) and the Kubernetes API show instead of a good certificate. */
  readonly awsCertificate?: ServerCertificate;
  readonly kubernetesCertificate?: ServerCertificate;
  /** false: nothing listens on ::1, and the agent's IPv6 address refuses. */
  readonly ipv6?: boolean;
}

/** A pod with an identity. */
export interface Workload {
  readonly namespace: string;
  readonly serviceAccount: string;
  readonly pod: string;
  readonly role: string;
}

/** The agent: a table of associations and a listener for each family. */
export interface FakeAgent extends Associations {
  readonly ipv4: FakeServer;
  readonly ipv6: FakeServer;
}

/** Everything a provider talks to. */
export interface World extends Omit<Recorder, "begin" | "end"> {
  readonly region: string;
  readonly cloud: Cloud;
  readonly faults: Faults;
  readonly kubernetes: FakeKubernetes;
  readonly podIdentity: FakeAgent;
  readonly secretsManager: FakeServer;
  readonly ssm: FakeServer;
  readonly sts: FakeServer;
  /** A folder of this world; gone after close(). */
  readonly folder: string;
  /** Environment of a provider process. */
  readonly env: Readonly<Record<string, string>>;
  /** Arguments of a provider process. */
  readonly args: readonly string[];
  /** Gives a pod its service account, role (IRSA and Pod Identity) and place on node-1. */
  readonly addWorkload: (workload: Workload) => void;
  /** The serviceAccount.tokens of a pod, fresh. */
  readonly tokens: (options?: ServiceAccountTokensOptions) => string;
  readonly close: () => Promise<void>;
  /** For `await using`. */
  readonly [Symbol.asyncDispose]: () => Promise<void>;
}

/** Starts all fakes on loopback. */
export async function startWorld(options: WorldOptions = {}): Promise<World> {
  const { region = "eu-west-1" } = options;
  const recorder = createRecorder();
  const faults = createFaults();
  const cloud = createCloud(options);
  const associations = createAssociations();
  const folder = mkdtempSync(join(tmpdir(), "world-"));
  const authority = options.tls === true ? createAuthority("fake aws") : undefined;
  const hosts = ["localhost", "127.0.0.1", "::1", ...awsHosts(region)];
  const tls = authority && issueFor(authority, options.awsCertificate, hosts);
  const listen: ListenOptions = {
    recorder,
    faults,
    ...(tls === undefined ? {} : { tls }),
  };
  const agent = { recorder, faults, cloud, associations };

  const [secretsManager, ssm, sts, ipv4, ipv6, kubernetes] = await Promise.all([
    startSecretsManager({ ...listen, cloud }),
    startSsm({ ...listen, cloud }),
    startSts({ ...listen, cloud }),
    startPodIdentity(agent),
    startPodIdentity({ ...agent, hostname: "::1" }),
    startKubernetes({
      recorder,
      faults,
      ...(options.kubernetesCertificate === undefined ? {} : { certificate: options.kubernetesCertificate }),
    }),
  ]);
  if (options.ipv6 === false) await ipv6.down();

  kubernetes.putNode("node-1", { [regionLabel]: region });
  const addWorkload = ({ namespace, serviceAccount, pod, role }: Workload): void => {
    cloud.trust(role, `${namespace}/${serviceAccount}`);
    associations.associate(`${namespace}/${serviceAccount}`, role);
    kubernetes.putServiceAccount(namespace, serviceAccount, {
      [roleAnnotation]: cloud.roleArn(role),
    });
    kubernetes.putPod(namespace, pod, { serviceAccount, node: "node-1" });
  };
  addWorkload({
    namespace: "default",
    serviceAccount: "app",
    pod: "app-0",
    role: "app",
  });

  const bundle = join(folder, "aws-ca.pem");
  if (authority !== undefined) await Bun.write(bundle, authority.ca);
  const close = async (): Promise<void> => {
    faults.clear();
    const servers = [secretsManager, ssm, sts, ipv4, ipv6, kubernetes];
    await Promise.all(servers.map((server) => server.close()));
    rmSync(folder, { recursive: true, force: true });
  };
  const { begin: _begin, end: _end, ...seen } = recorder;
  return {
    ...seen,
    region,
    cloud,
    faults,
    kubernetes,
    podIdentity: { ...associations, ipv4, ipv6 },
    secretsManager,
    ssm,
    sts,
    folder,
    env: {
      AWS_ENDPOINT_URL_SECRETS_MANAGER: secretsManager.url,
      AWS_ENDPOINT_URL_SSM: ssm.url,
      AWS_ENDPOINT_URL_STS: sts.url,
      ...(authority === undefined ? {} : { AWS_CA_BUNDLE: bundle }),
    },
    args: [
      `--kubeconfig=${kubernetes.writeKubeconfig(join(folder, "kubeconfig"))}`,
      `--pod-identity-endpoints=${ipv4.url},${ipv6.url}`,
    ],
    addWorkload,
    tokens: (pod) => serviceAccountTokens(pod),
    close,
    [Symbol.asyncDispose]: close,
  };
}

/** The names under which AWS would be reached, for tests that route them here. */
function awsHosts(...regions: readonly string[]): readonly string[] {
  return regions.flatMap((region) => [`*.${region}.amazonaws.com`, `*.${region}.api.aws`]).concat("sts.amazonaws.com");
}
