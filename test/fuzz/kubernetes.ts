// Fuzz targets for what the Kubernetes API answers, and for the names and regions that go into paths and hosts.
import * as fc from "fast-check";
import { ProviderError, errorText } from "../../src/errors.ts";
import { createKubernetes } from "../../src/kubernetes/kubernetes.ts";
import { ignoreEvents } from "../../src/events.ts";
import { createLocate } from "../../src/identity/region.ts";
import { createTokenBucket } from "../../src/kubernetes/token-bucket.ts";
import { jsonValues, names, spoiled } from "./arbitraries.ts";
import { answerNext, anything, bodies, contentTypes, forever, lastAsked, outbound } from "./network.ts";
import { assert, assertQuiet, target } from "./target.ts";

/** Kubernetes through a kubeconfig whose bearer token is the marker. */
export function kubernetesTargets(kubeconfig: string) {
  const kubernetes = createKubernetes({ kubeconfig, inCluster: false, outbound, bucket: createTokenBucket(-1, 1) });
  const read = async (work: Promise<string>): Promise<string | undefined> => {
    const got = await work.catch((error: unknown) => error);
    if (typeof got === "string") return got;
    if (!(got instanceof ProviderError)) throw got;
    assert(
      ["KubernetesUnavailable", "RegionUnknown", "ParametersInvalid"].includes(got.reason),
      `a reason that is known: ${got.reason}`,
    );
    assertQuiet(errorText(got));
    return undefined;
  };
  return [
    target({
      name: "Kubernetes API's answers",
      inputs: fc.record({
        status: fc.constantFrom(200, 200, 403, 404),
        type: contentTypes,
        body: bodies({
          metadata: fc.oneof(
            fc.record({
              annotations: fc.oneof(fc.constant({ "eks.amazonaws.com/role-arn": "arn" }), jsonValues),
              labels: jsonValues,
            }),
            jsonValues,
          ),
          spec: fc.oneof(fc.record({ nodeName: jsonValues }), jsonValues),
          message: anything,
        }),
      }),
      check: async (answer) => {
        answerNext(answer);
        const calls = [
          kubernetes.roleOfServiceAccount("n", "s", forever),
          kubernetes.pod("n", "p", forever).then(({ node, uid }) => (typeof uid === "string" ? node : uid)),
          kubernetes.regionOfNode("x", forever),
        ];
        for (const call of calls) {
          const got = await call.catch((error: unknown) => error);
          if (got instanceof ProviderError)
            assert(got.reason === "KubernetesUnavailable", "the reason is KubernetesUnavailable");
          else if (typeof got !== "string") throw got;
          // What is not 200 is a Status whose own words are shown; the bearer token, should it be echoed, is not.
          if (got instanceof ProviderError) assertQuiet(got.message);
        }
      },
    }),
    target({
      name: "names in Kubernetes paths",
      inputs: fc.tuple(names, names),
      check: async ([namespace, name]) => {
        answerNext({ status: 200, type: "application/json", body: "{}" });
        await read(kubernetes.roleOfServiceAccount(namespace, name, forever));
        const asked = lastAsked();
        if (asked === undefined) return;
        const [empty, api, v1, namespaces, ns = "", accounts, sa = "", ...more] = asked.pathname.split("/");
        assert(
          [empty, api, v1, namespaces, accounts, ...more].join("/") === "/api/v1/namespaces/serviceaccounts",
          "the path is the account's own",
        );
        assert(
          decodeURIComponent(ns) === namespace.toWellFormed() && decodeURIComponent(sa) === name.toWellFormed(),
          "its parts are the names",
        );
        assert(asked.search === "" && asked.hash === "", "nothing follows the path");
      },
    }),
    target({
      name: "regions",
      inputs: fc.oneof(
        names,
        spoiled(fc.constantFrom("eu-west-1", "us-gov-west-1", "a.b", "x@evil.example", "evil.example/", "a:80")),
      ),
      check: async (text) => {
        const locate = createLocate("us-east-1", kubernetes, ignoreEvents);
        const pod = { name: "p", namespace: "n", serviceAccount: "s", uid: "" };
        const given = {
          objects: "",
          region: text,
          failoverRegion: "",
          pathTranslation: "",
          usePodIdentity: "",
          preferredAddressType: "",
          batch: "",
          assumeRoleArn: "",
          assumeRoleExternalId: "",
          assumeRoleDurationSeconds: "",
          assumeRoleSessionName: "",
        };
        const primary = await read(locate(pod, given, forever).then((regions) => regions.primary));
        if (primary === undefined) return;
        const url = new URL(`https://secretsmanager.${primary}.amazonaws.com/`);
        assert(
          url.hostname === `secretsmanager.${primary.toLowerCase()}.amazonaws.com` &&
            url.port === "" &&
            url.username === "",
          `a region is part of AWS's host: ${primary}`,
        );
      },
    }),
  ];
}
