import { expect, test } from "bun:test";
import { sessionNameOf } from "./session-name.ts";

const named = (namespace: string, serviceAccount: string): string => sessionNameOf({ namespace, serviceAccount });

test("namespace and service account, as they are where AWS takes them", () => {
  expect(named("shop", "web")).toBe("shop.web");
  expect(named("a", "b.c-d")).toBe("a.b.c-d");
  expect(named("n".repeat(31), "s".repeat(32))).toBe(`${"n".repeat(31)}.${"s".repeat(32)}`);
});

test("what is too long, too short or of other characters: its beginning and a hash, the same each time, and another for each workload", () => {
  const pairs = [
    ["n".repeat(63), "s".repeat(253)],
    ["n".repeat(63), `${"s".repeat(252)}t`],
    ["n".repeat(32), "s".repeat(32)],
    ["", ""],
    ["shop", "web/x"],
    ["shop", "web x"],
    ["shop", "\u{1F600}"],
  ] as const;
  const names = pairs.map(([namespace, serviceAccount]) => named(namespace, serviceAccount));
  for (const name of names) expect(name).toMatch(/^[\w+=,.@-]{2,64}$/);
  expect(new Set(names).size).toBe(pairs.length);
  expect(pairs.map(([namespace, serviceAccount]) => named(namespace, serviceAccount))).toEqual(names);
  expect(names[0]).toStartWith("n".repeat(47));
});
