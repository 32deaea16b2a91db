// One mount and one rotation on a real EKS cluster, for .github/workflows/integration.yml. Not part of `npm test`, which takes *.test.ts alone: this
// needs a cluster, an AWS account and the rights of CONTRIBUTING.md. Run it by name: bun test ./test/eks/eks.ts, with kubectl and aws on the PATH.
import { afterAll, beforeAll, expect, test } from "bun:test";

const minuteMs = 60_000;
const { EKS_CLUSTER: cluster = "", EKS_REGION: region = "", EKS_WORKLOAD_ROLE_ARN: roleArn = "" } = process.env;
/** Label kubernetes.io/arch of the node. */
const arch = oneOf("EKS_NODE_ARCH", ["amd64", "arm64"]);
const identity = oneOf("EKS_IDENTITY", ["irsa", "pod-identity"]);
const namespace = `provider-e2e-${identity}-${arch}`;
const secretName = `provider-e2e/${identity}-${arch}`;
const account = "app";
let associationId = "";

beforeAll(async () => {
  for (const [name, value] of Object.entries({
    EKS_CLUSTER: cluster,
    EKS_REGION: region,
    EKS_WORKLOAD_ROLE_ARN: roleArn,
  }))
    if (value === "") throw new Error(`${name} is not set`);
  await removeAll(); // what an earlier run may have left
  await run(["kubectl", "create", "namespace", namespace]);
  if (identity === "pod-identity") {
    const names = ["--cluster-name", cluster, "--namespace", namespace, "--service-account", account];
    const made = await run(
      aws(
        "eks",
        "create-pod-identity-association",
        ...names,
        "--role-arn",
        roleArn,
        "--query",
        "association.associationId",
      ),
    );
    associationId = made.trim();
    await Bun.sleep(10_000); // an association counts after some seconds
  }
}, 5 * minuteMs);

afterAll(removeAll, 5 * minuteMs);

test(
  "a pod starts with the secret in its volume, and the file follows the secret's rotation",
  async () => {
    const [first, second] = [crypto.randomUUID(), crypto.randomUUID()];
    await run(aws("secretsmanager", "create-secret", "--name", secretName, "--secret-string", first));
    await run(["kubectl", "apply", "-f", "-"], manifests());
    await run(["kubectl", "-n", namespace, "wait", "pod/app", "--for=condition=Ready", "--timeout=240s"]);
    expect(await mounted()).toBe(first);

    await run(aws("secretsmanager", "put-secret-value", "--secret-id", secretName, "--secret-string", second));
    // Kubelet asks again each 60 to 90 s; the interval of the driver is 30 s there.
    const until = Date.now() + 6 * minuteMs;
    while ((await mounted()) !== second && Date.now() < until) await Bun.sleep(5_000);
    expect(await mounted()).toBe(second);
  },
  15 * minuteMs,
);

test(
  "a secret that is not there is named in the pod's event",
  async () => {
    await run(["kubectl", "apply", "-f", "-"], manifests("missing", `${secretName}-missing`));
    const until = Date.now() + 3 * minuteMs;
    const events = (): Promise<string> =>
      run([
        "kubectl",
        "-n",
        namespace,
        "get",
        "events",
        "--field-selector",
        "involvedObject.name=missing",
        "-o",
        "json",
      ]);
    while (!(await events()).includes("FailedMount") && Date.now() < until) await Bun.sleep(5_000);
    expect(await events()).toMatch(/ResourceNotFoundException|AccessDeniedException/);
  },
  5 * minuteMs,
);

function mounted(): Promise<string> {
  return run(["kubectl", "-n", namespace, "exec", "app", "--", "cat", "/mnt/secrets/value"]);
}

function manifests(pod = "app", objectName = secretName): string {
  const parameters = {
    region,
    ...(identity === "pod-identity" ? { usePodIdentity: "true" } : {}),
    objects: JSON.stringify([{ objectName, objectType: "secretsmanager", objectAlias: "value" }]),
  };
  const annotations = identity === "irsa" ? { "eks.amazonaws.com/role-arn": roleArn } : {};
  const volumeAttributes = { secretProviderClass: pod };
  const items = [
    { apiVersion: "v1", kind: "ServiceAccount", metadata: { name: account, namespace, annotations } },
    {
      apiVersion: "secrets-store.csi.x-k8s.io/v1",
      kind: "SecretProviderClass",
      metadata: { name: pod, namespace },
      spec: { provider: "aws", parameters },
    },
    {
      apiVersion: "v1",
      kind: "Pod",
      metadata: { name: pod, namespace },
      spec: {
        serviceAccountName: account,
        nodeSelector: { "kubernetes.io/os": "linux", "kubernetes.io/arch": arch },
        terminationGracePeriodSeconds: 1,
        containers: [
          {
            name: "app",
            image: "public.ecr.aws/docker/library/busybox:1.37",
            command: ["sleep", "3600"],
            volumeMounts: [{ name: "secrets", mountPath: "/mnt/secrets", readOnly: true }],
          },
        ],
        volumes: [{ name: "secrets", csi: { driver: "secrets-store.csi.k8s.io", readOnly: true, volumeAttributes } }],
      },
    },
  ];
  return JSON.stringify({ apiVersion: "v1", kind: "List", items });
}

/** Everything that a run makes; what is not there is no matter. */
async function removeAll(): Promise<void> {
  const quietly = (command: string[]): Promise<string> => run(command).catch(() => "");
  await quietly(["kubectl", "delete", "namespace", namespace, "--ignore-not-found", "--timeout=180s"]);
  await quietly(aws("secretsmanager", "delete-secret", "--secret-id", secretName, "--force-delete-without-recovery"));
  const named = ["--cluster-name", cluster, "--namespace", namespace];
  const left = await quietly(
    aws("eks", "list-pod-identity-associations", ...named, "--query", "associations[].associationId"),
  );
  for (const id of new Set([associationId, ...left.trim().split(/\s+/)])) {
    if (id !== "")
      await quietly(aws("eks", "delete-pod-identity-association", "--cluster-name", cluster, "--association-id", id));
  }
}

function aws(...words: string[]): string[] {
  return ["aws", "--region", region, "--output", "text", ...words];
}

/** What a program prints. @throws Error with what it says of a failure; its arguments stay out, since one may be a secret's value */
async function run(command: string[], input = ""): Promise<string> {
  const ran = Bun.spawn(command, { stdin: new Blob([input]), stdout: "pipe", stderr: "pipe" });
  const [out, said, exitCode] = await Promise.all([ran.stdout.text(), ran.stderr.text(), ran.exited]);
  if (exitCode !== 0) throw new Error(`${command[0]} ended with ${exitCode}: ${said}`);
  return out;
}

function oneOf<T extends string>(name: string, words: readonly T[]): T {
  const found = words.find((word) => word === process.env[name]);
  if (found === undefined) throw new Error(`${name} must be one of ${words.join(", ")}`);
  return found;
}
