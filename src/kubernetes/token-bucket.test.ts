// The bound on Kubernetes calls: burst at once, then qps, fair between namespaces, and tokens that are not used.
import { describe, expect, test } from "bun:test";
import { contextOfNoMount, heldUp, newMount } from "../context.ts";
import type { Context } from "../context.ts";
import { createTokenBucket } from "./token-bucket.ts";

const never = contextOfNoMount(new AbortController().signal);

/** Whose a mount is, until when it waits (epoch ms), and when it arrived. */
interface Waiting {
  readonly pod?: string;
  readonly deadlineMs?: number;
  readonly arrivedMs?: number;
}

/** The context of a mount of a pod in this namespace, and its end. */
function mountIn(namespace: string, { pod = "0", deadlineMs = Infinity, arrivedMs }: Waiting = {}) {
  const controller = new AbortController();
  const mount = { ...newMount("1", arrivedMs), namespace, pod };
  const context: Context = { ...contextOfNoMount(controller.signal), deadlineMs, mount };
  return { mount, context, leave: () => controller.abort(new Error("left")) };
}

/** Which of the namespaces get a token without the clock moving. */
async function grantedAtOnce(qps: number, burst: number, asked: readonly string[]): Promise<string[]> {
  const bucket = createTokenBucket(qps, burst, () => 0);
  const granted: string[] = [];
  const mounts = asked.map((namespace) => mountIn(namespace));
  const all = mounts.map(({ context, mount }) =>
    bucket.take(context).then(
      () => void granted.push(mount.namespace),
      () => undefined,
    ),
  );
  await Bun.sleep(5);
  for (const { leave } of mounts) leave();
  await Promise.all(all);
  return granted;
}

const times = (count: number, namespace: string): string[] => Array.from({ length: count }, () => namespace);

describe("createTokenBucket", () => {
  test("lets burst calls through at once", async () => {
    const asked = Array.from({ length: 10 }, (_, n) => `n${n}`);
    expect(await grantedAtOnce(0.1, 10, asked)).toHaveLength(10);
    expect(await grantedAtOnce(0.1, 10, [...asked, ...asked])).toHaveLength(10);
    expect(await grantedAtOnce(0.1, 4, times(5, "a"))).toHaveLength(4);
  });

  test("a fifth of the burst is kept for namespaces that have called little", async () => {
    const greedy = times(13, "greedy");
    expect(await grantedAtOnce(0.1, 10, greedy)).toEqual(times(10, "greedy")); // alone: all of it
    expect(await grantedAtOnce(0.1, 10, ["calm", ...greedy])).toEqual(["calm", ...times(7, "greedy")]);
    const three = ["calm", ...greedy, "calm", "calm", "quiet"];
    expect(await grantedAtOnce(0.1, 10, three)).toEqual(["calm", ...times(7, "greedy"), "calm", "quiet"]);
  });

  test("negative qps is no bound", async () => {
    expect(await grantedAtOnce(-1, 0, times(1_000, "a"))).toHaveLength(1_000);
  });

  test("refills with qps a second, up to burst", async () => {
    let now = 0;
    const bucket = createTokenBucket(5, 2, () => now);
    await bucket.take(never);
    await bucket.take(never);
    now = 400; // two tokens
    await bucket.take(never);
    await bucket.take(never);
    now = 100_000; // never more than burst
    await bucket.take(never);
    await bucket.take(never);
    const third = bucket.take(contextOfNoMount(AbortSignal.timeout(20))).then(
      () => "granted",
      () => "waited",
    );
    expect(await third).toBe("waited");
  });

  test("a turn that would come after any mount's time is refused at once", async () => {
    const bucket = createTokenBucket(0.005, 1, () => 0);
    await bucket.take(never);
    const refused = await bucket.take(never).catch((error: unknown) => error);
    expect(refused).toMatchObject({
      reason: "Overloaded",
      message: expect.stringMatching(/^client rate limiter Wait returned an error: /),
    });
  });

  test("one that would come after the deadline too; the text says who is ahead", async () => {
    const bucket = createTokenBucket(1, 1, () => 0);
    await bucket.take(never);
    const deadlineMs = Date.now() + 3_500;
    const mounts = [
      mountIn("own", { pod: "1", deadlineMs }),
      mountIn("other", { deadlineMs }),
      mountIn("own", { pod: "2", deadlineMs }),
      mountIn("own", { pod: "3", deadlineMs }),
    ];
    const taken = mounts.map(({ context }) => bucket.take(context).catch((error: unknown) => error));
    expect(await taken[3]).toMatchObject({
      reason: "Overloaded",
      message: "client rate limiter Wait returned an error: rate: Wait(n=1) would exceed context deadline",
      passing: { waits: ["3 ahead from 2 namespaces, 2 from its own"] },
      fix: "Start fewer pods of this namespace at once, or raise --qps and --burst.",
    });
    expect(heldUp(mounts[2]?.mount ?? newMount(""))?.figures).toEndWith(
      "s for a turn among the Kubernetes calls, 2 ahead from 2 namespaces, 1 from its own",
    );
    for (const { leave } of mounts) leave();
    await Promise.all(taken);
  });

  test("a mount that comes late, from another queue, is not told to raise --qps", async () => {
    const bucket = createTokenBucket(1, 1, () => 0);
    await bucket.take(never);
    const late = { arrivedMs: performance.now() - 60_000, deadlineMs: Date.now() + 500 };
    const { context, leave } = mountIn("own", late);
    const refused = await bucket.take(context).catch((error: unknown) => error);
    expect(refused).toMatchObject({ reason: "Overloaded", fix: "kubelet tries again by itself." });
    leave();
  });

  test("waiters are served round robin between namespaces", async () => {
    let isFrozen = true;
    const startMs = Date.now();
    const bucket = createTokenBucket(1_000, 1, () => (isFrozen ? startMs : Date.now()));
    await bucket.take(never);
    const served: string[] = [];
    const namespaces = ["greedy", "greedy", "greedy", "calm", "quiet", "calm"];
    const all = namespaces.map(async (namespace, n) => {
      await bucket.take(mountIn(namespace, { pod: `${n}` }).context);
      served.push(namespace);
    });
    isFrozen = false;
    await Promise.all(all);
    expect(served).toEqual(["greedy", "calm", "quiet", "greedy", "calm", "greedy"]);
  });

  test("a waiter that leaves gives its turn back", async () => {
    let now = 0;
    const bucket = createTokenBucket(10, 1, () => now);
    await bucket.take(never);
    await bucket.take(contextOfNoMount(AbortSignal.timeout(5))).catch(() => undefined);
    now = 100; // exactly one token since
    await bucket.take(never);
  });
});
