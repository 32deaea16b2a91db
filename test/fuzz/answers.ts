// Fuzz targets for what AWS answers: Pod Identity agent, STS, Secrets Manager, SSM.
import { createBudget } from "../../src/budget.ts";
import * as fc from "fast-check";
import { ProviderError } from "../../src/errors.ts";
import { readAnswer, readRefusal } from "../../src/identity/agent-answer.ts";
import type { Credentials } from "../../src/aws/credentials.ts";
import { contextOfNoMount } from "../../src/context.ts";
import type { CredentialSource } from "../../src/identity/credential-source.ts";
import { createAskSts } from "../../src/identity/sts-endpoint.ts";
import { createWebIdentityExchange } from "../../src/identity/web-identity.ts";
import type { SecretObject } from "../../src/request/secret-object.ts";
import { Secret } from "../../src/secret.ts";
import { createSender } from "../../src/aws/sender.ts";
import type { AwsSettings } from "../../src/aws/attempt.ts";
import { createParameterStore } from "../../src/store/parameter-store.ts";
import { createSecretsManager } from "../../src/store/secrets-manager.ts";
import { createTurns } from "../../src/sharing/turns.ts";
import type { Outcome } from "../../src/store/store.ts";
import { marker, names, pieces, spoiled } from "./arbitraries.ts";
import { answerNext, anything, bodies, contentTypes, forever, outbound, region, respond } from "./network.ts";
import { assert, assertQuiet, quietly, target } from "./target.ts";

const agentBodies = bodies({
  AccessKeyId: anything,
  SecretAccessKey: anything,
  token: anything,
  Expiration: anything,
  code: names,
  message: anything,
});

export const settings: AwsSettings = {
  useFipsEndpoint: false,
  useDualstackEndpoint: false,
  maxAttempts: 1,
  retryMode: "standard",
  caBundle: undefined,
  userAgent: "fuzz",
  outbound,
  turns: createTurns({
    what: "a turn",
    atOnce: 1,
    kept: 0,
    fewTurns: 1,
    stallMs: 60_000,
    stalledMax: 0,
    waitersMax: 100,
  }),
  largeTurns: createTurns({
    what: "a turn",
    atOnce: 1,
    kept: 0,
    fewTurns: 1,
    stallMs: 60_000,
    stalledMax: 0,
    waitersMax: 100,
  }),
};
const credentials: Credentials = {
  accessKeyId: "ASIAFUZZ",
  secretAccessKey: new Secret(marker),
  sessionToken: new Secret(`${marker}-session`),
  expiresAtMs: Infinity,
};
export const source: CredentialSource = {
  method: "irsa",
  from: "STS",
  role: "arn:aws:iam::111122223333:role/fuzz",
  workload: "",
  get: async () => credentials,
  isFresh: () => true,
  renew: async () => false,
  drop: () => undefined,
};
const noneMounted = { versionOf: () => undefined, plain: new Set<never>(), read: async () => undefined };
const secrets = createSecretsManager(createSender("secretsmanager", settings, undefined), noneMounted);
const parameters = createParameterStore(createSender("ssm", settings, undefined));
const stores = { secretsmanager: secrets, ssmparameter: parameters };
/** Whatever is warned of on the way is quiet too. */
const heard = contextOfNoMount(forever.signal, (event) => {
  if (event.kind === "warning") assertQuiet(event.text);
});
const exchange = createWebIdentityExchange(
  createAskSts({
    endpoints: [{ sender: createSender("sts", settings, undefined), isFips: false, isDualStack: false }],
  }),
);

/** One object, asked for by a name that is not a marker. */
function objectCalled(objectName: string): SecretObject {
  const ref = { objectName, objectVersion: "", objectVersionLabel: "" };
  return {
    type: "secretsmanager",
    objectName,
    objectAlias: "",
    primary: ref,
    failover: ref,
    mode: undefined,
    filePath: "x",
    jmesPath: [],
  };
}

export function assertOutcome(outcome: Outcome): void {
  if ("failure" in outcome)
    return assertQuiet(`${outcome.failure.text} ${outcome.failure.fatalLead} ${outcome.failure.fix}`);
  for (const found of outcome.values) {
    for (const { value, version } of "notFound" in found ? [] : "version" in found ? [found] : found)
      assert(value instanceof Uint8Array && typeof version === "string", "a value is bytes with a version");
  }
}

const stsXml = spoiled(
  pieces(
    [
      "<AssumeRoleWithWebIdentityResponse>",
      "<AssumeRoleWithWebIdentityResult>",
      "<Credentials>",
      `<SecretAccessKey>${marker}</SecretAccessKey>`,
      `<SessionToken>${marker}</SessionToken>`,
      "<AccessKeyId>A</AccessKeyId>",
      "<Expiration>2030-01-01T00:00:00Z</Expiration>",
      "</Credentials>",
      "</AssumeRoleWithWebIdentityResult>",
      "</AssumeRoleWithWebIdentityResponse>",
      "<ErrorResponse><Error><Code>AccessDenied</Code><Message>no</Message></Error></ErrorResponse>",
      "<!DOCTYPE x [<!ENTITY a 'b'>]>",
      "&a;",
      "<![CDATA[",
      "]]>",
      "<a>",
      "</a>",
      "<__proto__>x</__proto__>",
      "&#0;",
      "&lt;",
      "<?xml version='1.0'?>",
      "\0",
    ],
    14,
  ),
);

export const answerTargets = [
  target({
    name: "Pod Identity agent's answers",
    inputs: fc.record({ status: fc.constantFrom(200, 400, 403, 404, 500), type: contentTypes, body: agentBodies }),
    check: (answer) => {
      const read = readAnswer(respond(answer), "169.254.170.23");
      if ("text" in read) assertQuiet(read.text);
      else assertQuiet(Bun.inspect({ ...read, accessKeyId: "" }));
      const { text, exact } = readRefusal(respond(answer), new Secret(marker));
      assertQuiet(text);
      assertQuiet(exact);
      assert(text.length <= 512 && !/\p{Cc}/u.test(text), "a refusal is one short line");
    },
  }),
  target({
    name: "Secrets Manager's and SSM's answers",
    inputs: fc.record({
      status: fc.constantFrom(200, 200, 400, 403, 500),
      type: contentTypes,
      body: fc.oneof(
        bodies({
          SecretString: anything,
          SecretBinary: anything,
          VersionId: fc.oneof(fc.constant("v"), anything),
          __type: names,
          message: anything,
        }),
        bodies({
          Parameters: fc.array(
            fc.record(
              {
                Name: fc.oneof(fc.constant("s"), anything),
                Value: anything,
                Version: fc.oneof(fc.constant(1), anything),
                Selector: anything,
              },
              { requiredKeys: [] },
            ),
            { maxLength: 2 },
          ),
          InvalidParameters: fc.array(names, { maxLength: 2 }),
        }),
      ),
      store: fc.constantFrom("secretsmanager" as const, "ssmparameter" as const),
    }),
    check: async ({ store, ...answer }) => {
      answerNext(answer);
      const object = objectCalled("s");
      assertOutcome(
        await stores[store].read([{ object, ref: object.primary }], {
          region,
          credentials: source,
          ...forever,
          budget: createBudget(),
        }),
      );
    },
  }),
  target({
    name: "STS's answers",
    inputs: fc.record({ status: fc.constantFrom(200, 200, 400, 403, 500), type: contentTypes, body: stsXml }),
    check: async (answer) => {
      answerNext(answer);
      const got = await exchange(
        new Secret(marker),
        { roleArn: "arn:aws:iam::1:role/app", sessionName: "a.b" },
        region,
        heard,
      ).catch((error: unknown) => error);
      if (got instanceof ProviderError)
        quietly("CredentialsRefused", "CredentialsUnavailable", "AccessDenied", "Throttled")(got);
      else if (got instanceof Error) throw got;
      else assertQuiet(Bun.inspect({ ...(got as Credentials), accessKeyId: "" }));
    },
  }),
];
