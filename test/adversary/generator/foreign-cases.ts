// Cases that are hostile by what others say: services that answer, and whoever sends attributes and tokens.
import type { FaultMatch } from "../../fakes/faults.ts";
import { hostileAnswer } from "./answers.ts";
import { aClass, parametersOf } from "./draft.ts";
import type { Draft, Made } from "./draft.ts";
import type { Random } from "./random.ts";
import { name, oddTexts, value } from "./values.ts";
import { objectsText, oneEntry } from "./yaml.ts";

/** What the stores answer. */
export function answers(draft: Draft): Made[] {
  const { random, known, steps } = draft;
  const { action, waitMs } = hostileAnswer(random);
  const isParameter = random.chance(0.4);
  const times = random.chance(0.5) ? 1 : Infinity;
  const match: FaultMatch = {
    service: isParameter ? "ssm" : "secrets-manager",
    id: isParameter ? `/${known.prefix}*` : `${known.prefix}*`,
    times,
  };
  steps.push({ do: "fault", match, action });
  const objects = random.chance(0.7)
    ? oneEntry({
        objectName: isParameter ? known.parameters[0] : known.secrets[0],
        objectType: isParameter ? "ssmparameter" : "secretsmanager",
      })
    : objectsText(random, known);
  const request = { objects, parameters: parametersOf(draft) };
  return [{ request, ...(waitMs === undefined ? {} : { deadlineMs: waitMs }) }];
}

/** Answers of STS, the agent and Kubernetes, met by a service account that nothing is known of yet. */
export function identityAnswers(draft: Draft): Made[] {
  const { random, index, steps, known } = draft;
  const pod = { namespace: "evil-new", serviceAccount: `c${index}`, pod: `c${index}` };
  const service = random.pick(["sts", "pod-identity", "kubernetes"] as const);
  const { action, waitMs } = hostileAnswer(random);
  steps.push(
    { do: "workload", ...pod, role: `c${index}` },
    { do: "fault", match: { service, id: service === "sts" ? `*:role/c${index}` : `evil-new/c${index}` }, action },
  );
  const objects = oneEntry({ objectName: known.secrets[0], objectType: "secretsmanager" });
  const parameters = {
    usePodIdentity: String(service === "pod-identity"),
    ...(random.chance(0.1) ? { region: "" } : {}),
  };
  return [
    { pod, isNew: true, request: { objects, parameters }, ...(waitMs === undefined ? {} : { deadlineMs: waitMs }) },
  ];
}

/** Attributes that no driver sends. */
export function attributes(draft: Draft): Made[] {
  const { random } = draft;
  const any = (): unknown =>
    random.pick<unknown>([
      "",
      null,
      1,
      true,
      [],
      {},
      "x".repeat(random.size(900_000)),
      name(random),
      random.pick(oddTexts),
    ]);
  const keys = [
    "csi.storage.k8s.io/pod.name",
    "csi.storage.k8s.io/pod.namespace",
    "csi.storage.k8s.io/pod.uid",
    "csi.storage.k8s.io/serviceAccount.name",
    "csi.storage.k8s.io/serviceAccount.tokens",
    "objects",
    "region",
    "pathTranslation",
    "failoverRegion",
    "usePodIdentity",
    "secretProviderClass",
    "x",
  ] as const;
  const junk = Object.fromEntries(random.times(1 + random.below(3), () => [random.pick(keys), any()]));
  const many = Object.fromEntries(random.times(random.size(20_000), (at) => [`k${at}`, "v"]));
  const rawAttributes = random.chance(0.2)
    ? {
        rawAttributes: random.pick([
          "",
          "{",
          "[]",
          "null",
          "{}",
          "[".repeat(random.size(900_000)),
          `{"a":${"[".repeat(random.size(9_000))}`,
          value(random).toString(),
        ]),
      }
    : {};
  return [{ request: { ...aClass(draft), attributes: { ...many, ...junk }, ...rawAttributes } }];
}

/** Tokens that are broken, or somebody else's. */
export function tokens(draft: Draft): Made[] {
  const { random } = draft;
  const broken = (own: string): string | null => {
    switch (random.below(9)) {
      case 0:
        return null;
      case 1:
        return random.pick([
          "",
          "{",
          "[]",
          "null",
          '{"sts.amazonaws.com":1}',
          '{"sts.amazonaws.com":{"token":""}}',
          '{"sts.amazonaws.com":{}}',
        ]);
      case 2:
        return own.replaceAll(/\.[\w-]+"/g, '.AAAA"');
      case 3:
        return own.replaceAll(/"token":"[^"]*"/g, `"token":"${"x".repeat(random.size(900_000))}"`);
      case 4:
        return own.replaceAll(
          /"token":"[^"]*"/g,
          `"token":"${Buffer.from(JSON.stringify({ sub: name(random) })).toString("base64url")}.e30.x"`,
        );
      case 5:
        return own.replaceAll(/"expirationTimestamp":"[^"]*"/g, '"expirationTimestamp":"yesterday"');
      case 6:
        return `{"a":${"[".repeat(random.size(20_000))}`;
      case 7:
        return own.replaceAll(
          /"token":"([\w-]+)\.([\w-]+)\./g,
          (_all, head: string, body: string) => `"token":"${head}.${forge(random, body)}.`,
        );
      default:
        return `${own}${random.pick(oddTexts)}`;
    }
  };
  return [{ request: aClass(draft), tokens: broken }];
}

/** The claims of a token as another's. */
function forge(random: Random, payload: string): string {
  const claims = JSON.parse(Buffer.from(payload, "base64url").toString()) as Record<string, unknown>;
  const other = random.pick<Record<string, unknown>>([
    {
      sub: "system:serviceaccount:victim:app",
      "kubernetes.io": { namespace: "victim", serviceaccount: { name: "app", uid: "u" } },
    },
    { exp: 1 },
    { exp: "soon" },
    { exp: 1e300 },
    { sub: name(random) },
    { "kubernetes.io": random.pick<unknown>([null, 1, [], {}, { namespace: 1 }]) },
    { iss: "x".repeat(random.size(60_000)) },
    { aud: random.times(random.size(9_000), () => "sts.amazonaws.com") },
  ]);
  return Buffer.from(JSON.stringify({ ...claims, ...other })).toString("base64url");
}
