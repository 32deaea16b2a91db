// Writes the README's table of pod events, beside those of provider 3.1.1, from real mounts against the fakes (test/events.ts). test/events.test.ts compares.
import { readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { eventTable, eventsPlace } from "../test/events.ts";

const readme = join(dirname(import.meta.dir), "README.md");
const table = await eventTable();
const text = readFileSync(readme, "utf8");
writeFileSync(
  readme,
  text.replace(eventsPlace, (_whole, head: string, tail: string) => `${head}${table}\n${tail}`),
);
