// Soaks the compiled binary: 20,000 mounts with faults sprinkled in, then compares what the process holds with what it held after the warm-up.
// Usage: bun run soak [--mounts N] [--volumes N [--limit-mib N]]; with --volumes (root, cgroup v1) it measures the memory of live volumes instead.
import { parseArgs } from "node:util";
import { measureVolumes } from "../test/soak-volumes.ts";
import { soak } from "../test/soak.ts";

const { values } = parseArgs({
  options: {
    mounts: { type: "string", default: "20000" },
    volumes: { type: "string", default: "0" },
    "limit-mib": { type: "string", default: "0" },
  },
});
const [mounts, volumes, limitMib] = [Number(values.mounts), Number(values.volumes), Number(values["limit-mib"])];

if (volumes > 0) {
  const { text } = await measureVolumes({ volumes, limitMib });
  for (const [name, value] of Object.entries(text)) console.log(`${name}: ${value}`);
  process.exit(0);
}

const report = await soak({
  mounts,
  warmUp: Math.min(2_000, mounts / 4),
  faultEvery: 20,
  withWaiting: true,
  onProgress: async (done, held) => console.log(`${done} mounts ${JSON.stringify(await held())}`),
});
console.log(JSON.stringify(report, null, 2));
const { warm, end, unexplained } = report;
const faults = [
  ...unexplained.slice(0, 5).map((text) => `a failure that no fault explains: ${text}`),
  ...(end.files > warm.files ? [`open files grew from ${warm.files} to ${end.files}`] : []),
  ...(end.threads > warm.threads ? [`threads grew from ${warm.threads} to ${end.threads}`] : []),
  ...(end.anonymousKiB > warm.anonymousKiB + 16 * 1024
    ? [`memory grew from ${warm.anonymousKiB} to ${end.anonymousKiB} KiB`]
    : []),
  ...(end.leftovers > 0 ? [`${end.leftovers} temporary files are left`] : []),
];
console.log(faults.length === 0 ? `flat over ${report.mounted} mounts` : faults.join("\n"));
process.exit(faults.length === 0 ? 0 : 1);
