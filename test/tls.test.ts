// Certificates that are not good, at AWS and at Kubernetes: the mount fails naming host and cause, nothing is sent, and the other side's CA never helps.
import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { secret, startBinaryLab } from "./binary-lab.ts";
import { startLab } from "./inprocess.ts";

setDefaultTimeout(60_000);
const region = "eu-west-1";
const one = { objects: [secret("s")] };
const unknown = 2;
const causes = [
  ["expired", "certificate has expired (CERT_HAS_EXPIRED)"],
  ["of another authority", "certificate signed by an unknown authority"],
  ["of another host", "certificate is for another host (ERR_TLS_CERT_ALTNAME_INVALID)"],
] as const;

describe.each(causes)("a certificate that is %s", (certificate, cause) => {
  test("at AWS", async () => {
    await using lab = await startLab({ tls: true, awsCertificate: certificate, env: { AWS_REGION: region } });
    const { code, details } = await lab.failure(one);
    expect([code, details]).toEqual([unknown, expect.stringContaining(`${new URL(lab.world.sts.url).host}: ${cause}`)]);
    expect(details).toContain(`${region}: operation error Secrets Manager: GetSecretValue`);
    expect(lab.world.count("sts")).toBe(0);
  });

  test("at Kubernetes", async () => {
    await using lab = await startLab({ kubernetesCertificate: certificate, env: { AWS_REGION: region } });
    const { code, details } = await lab.failure(one);
    expect(code).toBe(unknown);
    expect(details).toContain(
      `failed to get service account default/app: ${new URL(lab.world.kubernetes.url).host}: ${cause}`,
    );
    expect([lab.world.count("kubernetes"), lab.world.count("sts")]).toEqual([0, 0]);
  });

  test("at AWS, in the compiled binary", async () => {
    await using lab = await startBinaryLab({ tls: true, awsCertificate: certificate, env: { AWS_REGION: region } });
    const { code, details } = await lab.failure(one);
    expect([code, details]).toEqual([unknown, expect.stringContaining(`${new URL(lab.world.sts.url).host}: ${cause}`)]);
    expect(lab.world.count("sts")).toBe(0);
    expect((await lab.version()).version).toBe("v1alpha1");
  });
});

test("an authority of the right name with another key is unknown, too", async () => {
  await using other = await startLab({ tls: true });
  await using lab = await startLab({ tls: true, env: { AWS_ENDPOINT_URL_STS: other.world.sts.url } });
  expect((await lab.failure(one)).details).toContain(
    `${new URL(other.world.sts.url).host}: certificate signed by an unknown authority (CERT_SIGNATURE_FAILURE)`,
  );
});
