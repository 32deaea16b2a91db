// A short soak: some hundred mounts with faults leave the process as it was. `bun run soak` makes 20,000.
import { expect, setDefaultTimeout, test } from "bun:test";
import { canMeasureVolumes, measureVolumes } from "./soak-volumes.ts";
import { soak } from "./soak.ts";

setDefaultTimeout(60_000);

test("mounts with faults leave no open file, thread, temporary file or memory behind", async () => {
  const { warm, end, ...report } = await soak({ mounts: 600, warmUp: 300, faultEvery: 25, withWaiting: false });
  expect(report).toMatchObject({ mounted: 600, faults: 24, unexplained: [] });
  expect(end.files).toBeLessThanOrEqual(warm.files);
  expect(end.threads).toBeLessThanOrEqual(warm.threads + 1); // one of the runtime's own may come late
  expect(end.anonymousKiB).toBeLessThan(warm.anonymousKiB + 16 * 1024);
  expect(end.leftovers).toBe(0);
});

if (!canMeasureVolumes) console.log("NOT RUN test/soak.test.ts, memory of live volumes: needs root and cgroup v1");

test.skipIf(!canMeasureVolumes)(
  "thirty live volumes inside the container's 100 MiB are charged for what they hold, no more",
  async () => {
    const { shmemMib, failcnt } = await measureVolumes({ volumes: 30, limitMib: 100 });
    expect(shmemMib).toBeLessThan(30 * 0.25 * 1.1);
    expect(failcnt).toBe(0);
  },
);
