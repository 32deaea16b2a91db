// What the files of test/check say about themselves: `# expect: rule, rule` stands on each line that has findings; where a comment can't stand (inside
// a quoted text), `# expect at LINE: rule` stands anywhere.
import { readFileSync } from "node:fs";

/** `line rule` of each finding, sorted. */
export function expectedIn(file: string): string[] {
  const lines = readFileSync(file, "utf8").split("\n");
  return lines
    .flatMap((text, i) => {
      const [, line = `${i + 1}`, rules = ""] = /# expect(?: at (\d+))?: (.+)$/.exec(text) ?? [];
      return rules === "" ? [] : rules.split(", ").map((rule) => `${line} ${rule}`);
    })
    .toSorted();
}
