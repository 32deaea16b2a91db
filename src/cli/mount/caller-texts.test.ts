import { expect, test } from "bun:test";
import { ProviderError } from "../../errors.ts";
import { callersText } from "./caller-texts.ts";

test.each([
  ["EACCES", "/o/a: EACCES: permission denied", "You must be able to write to the directory of --to."],
  ["ENOSPC", "/o/a: ENOSPC: no space left on device", "The disk is full."],
  ["", "/o/a: ENOTDIR: a is a file of the same mount", "the server's"],
])("a failed write with code %p: %s", (systemCode, why, fix) => {
  const error = new ProviderError({
    reason: "WriteFailed",
    message: `failed to write ${why}`,
    systemCode,
    fix: "the server's",
  });
  expect(callersText(error)).toEndWith(`${why}. ${fix}`);
});
