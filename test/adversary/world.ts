// The fakes of an adversary's lab, as a process of their own: their work is not the provider's, and not the client's. Spawned by world-process.ts.
// What an attack puts into the account and the cluster has an owner, and goes with it.
import { startWorld } from "../fakes/world.ts";
import { serviceAccountTokens } from "../fakes/tokens.ts";
import type { WorldAnswer, WorldMessage, WorldStart, WorldStep } from "./world-process.ts";
import { region } from "./world-process.ts";

const callsKept = 2_000;
const world = await startWorld({ region });
const { cloud, faults, kubernetes } = world;
const undo = new Map<string, (() => void)[]>();

/** Does a step and says how it is undone. */
function take(step: WorldStep): () => void {
  switch (step.do) {
    case "workload": {
      const { namespace, serviceAccount, pod } = step;
      world.addWorkload(step);
      return () => {
        kubernetes.remove("pods", namespace, pod);
        kubernetes.remove("serviceaccounts", namespace, serviceAccount);
      };
    }
    case "secret":
      cloud.putSecret(region, step.name, step.value, step.tags === undefined ? {} : { tags: step.tags });
      return () => {
        if (cloud.findSecret(region, step.name) !== undefined) cloud.deleteSecret(region, step.name, { purge: true });
      };
    case "parameter":
      cloud.putParameter(region, step.name, step.value);
      return () => {
        if (cloud.findParameter(region, step.name) !== undefined) cloud.deleteParameter(region, step.name);
      };
    case "fault":
      return faults.inject(step.match, step.action).remove;
    case "fill":
      for (let at = 0; at < step.count; at += 1) cloud.putSecret(region, `${step.prefix}${at}`, step.value);
      return () => undefined;
    default:
      return step satisfies never;
  }
}

function answer(message: WorldMessage): WorldAnswer["value"] {
  switch (message.op) {
    case "take": {
      if (world.count() > callsKept) world.resetCalls();
      undo.set(message.owner, [...(undo.get(message.owner) ?? []), ...message.steps.map(take)]);
      return undefined;
    }
    case "forget":
      for (const back of undo.get(message.owner) ?? []) back();
      undo.delete(message.owner);
      return undefined;
    case "tokens":
      return message.pods.map((pod) => serviceAccountTokens(pod));
    default:
      return message satisfies never;
  }
}

process.on("message", (message: WorldMessage) => process.send?.({ id: message.id, value: answer(message) }));
process.on("disconnect", () => void world.close().finally(() => process.exit(0)));
process.send?.({
  id: 0,
  value: { env: world.env, args: world.args, roleArn: cloud.roleArn("") } satisfies WorldStart,
});
