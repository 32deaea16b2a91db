// The entries of `objects`, each checked to its end by the server's own checks.
import type { Report } from "../../request/fault.ts";
import { readEntry } from "../../request/object-fields.ts";
import type { WrittenObject } from "../../request/written-object.ts";
import { createEntryCheck, readItems } from "../../request/objects.ts";
import type { Checking } from "../../request/object-check.ts";
import type { SecretObject } from "../../request/secret-object.ts";
import { lengthFault } from "../../request/text-fault.ts";
import type { YamlValue } from "../../go/yaml.ts";
import { finish } from "../../work.ts";

export interface CheckedEntry {
  readonly value: YamlValue;
  /** undefined: it has not the shape of an entry. */
  readonly written: WrittenObject | null | undefined;
  /** undefined when anything is wrong with it. */
  readonly object: SecretObject | undefined;
}

export interface CheckedEntries {
  readonly entries: readonly CheckedEntry[];
  /** The region of the first ARN; empty = none. What to go by where no region is known. */
  readonly guess: string;
}

/** Checks all entries and reports each fault. `region` empty: that of the first ARN. */
export function checkEntries(text: string, checking: Checking): CheckedEntries {
  const { region, report } = checking;
  const tooLong = lengthFault(text);
  if (tooLong !== undefined) report(tooLong);
  const read = finish(readItems({ text, report })).map((value, i) => readWhole(value, i, { text, report }));
  const guess = read.map(({ written }) => regionOfArn(written?.objectName ?? "")).find((one) => one !== "") ?? "";
  const check = createEntryCheck({ ...checking, region: region || guess });
  const entries = read.map(({ value, written, isFine }, i): CheckedEntry => {
    const object = written === undefined ? undefined : finish(check(written, i));
    return { value, written, object: isFine ? object : undefined };
  });
  return { entries, guess };
}

interface ReadEntry extends Pick<CheckedEntry, "value" | "written"> {
  /** Whether all of its fields have their shape. */
  readonly isFine: boolean;
}

function readWhole(value: YamlValue, i: number, { text, report }: { text: string; report: Report }): ReadEntry {
  let isFine = true;
  const own: Report = (fault) => {
    isFine = false;
    report(fault);
  };
  const written = finish(readEntry(value, i, { text, report: own }));
  return { value, written, isFine };
}

function regionOfArn(name: string): string {
  return name.startsWith("arn:") ? (name.split(":")[3] ?? "") : "";
}
