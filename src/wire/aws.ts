// The way to AWS: one client for HTTP, the turns of all calls, and a sender for each service.
import type { Config } from "../config/shape.ts";
import { cpuLimit } from "../config/container.ts";
import { createAskSts, stsEndpoints } from "../identity/sts-endpoint.ts";
import { createOutbound } from "../outbound.ts";
import type { AwsSettings } from "../aws/attempt.ts";
import { createSender } from "../aws/sender.ts";
import { createTurns } from "../sharing/turns.ts";

/**
 * Calls to AWS under way at once, for all mounts together: 32 of one namespace at most, since eight are kept for namespaces that have fewer than four
 * under way. A call without an answer after three seconds gives its turn to another one and goes on.
 */
const awsTurns = {
  what: "a turn among the calls to AWS",
  atOnce: 40,
  kept: 8,
  fewTurns: 4,
  stallMs: 3_000,
  stalledMax: 224,
  waitersMax: Infinity,
};
/**
 * The same under a CPU limit of less than half a CPU: an answer takes 0.7 to 1.5 ms of CPU, 14 to 30 ms of time at 50m, so that 6 calls keep it busy up to
 * 80 ms of latency. More would be answered in one turn of the event loop, which others wait for.
 */
const fewAwsTurns = { ...awsTurns, atOnce: 10, kept: 4, fewTurns: 2 };
/** Units that one mount reads at once: no fewer than the calls that a namespace makes at once. */
const unitsAtOnce = { usual: 32, few: 6 };
const fewCpus = 0.5;

/** Of those, calls whose answer may be up to 2 MiB (aws/attempt.ts). One that has no answer keeps its turn until its attempt is over. */
const largeTurns = {
  what: "a turn among the large calls to AWS",
  atOnce: 12,
  kept: 3,
  fewTurns: 1,
  stallMs: 60_000,
  stalledMax: 0,
  waitersMax: Infinity,
};

/** Builds the clients of a process. Makes no call. */
export function wireAws({ aws, appId, stsFips }: Config) {
  const isSlow = (cpuLimit() ?? 1) < fewCpus;
  const outbound = createOutbound(aws.proxyFor);
  const settings: AwsSettings = {
    ...aws,
    userAgent: `aws-sdk-js/3 os/linux lang/js md/bun#${Bun.version} app/${appId}`,
    outbound,
    turns: createTurns(isSlow ? fewAwsTurns : awsTurns),
    largeTurns: createTurns(largeTurns),
  };
  const stsSender = (useFipsEndpoint: boolean, useDualstackEndpoint: boolean) =>
    createSender("sts", { ...settings, useFipsEndpoint, useDualstackEndpoint }, aws.endpoints.sts);
  const stsWishes = {
    fips: aws.useFipsEndpoint ? stsFips : "off",
    isDualStack: aws.useDualstackEndpoint && aws.endpoints.sts === undefined,
  } as const;
  return {
    outbound,
    askSts: createAskSts({ endpoints: stsEndpoints(stsWishes, stsSender) }),
    secretsManager: createSender("secretsmanager", settings, aws.endpoints.secretsManager),
    ssm: createSender("ssm", settings, aws.endpoints.ssm),
    unitsAtOnce: isSlow ? unitsAtOnce.few : unitsAtOnce.usual,
  };
}
