// objectSelector: objects that are found at AWS instead of being named, by path (Parameter Store) or by name and tags (Secrets Manager). Pure.
import { cutBytes } from "../errors.ts";
import type { FieldPath } from "../errors.ts";
import { invalid } from "./object-fault.ts";
import { filesPerObjectMax, readBoolean, readNaming } from "./object-features.ts";
import type { Naming } from "./object-features.ts";
import type { WrittenObject } from "./object-fields.ts";
import { checkName } from "./object-name.ts";
import type { ObjectType } from "./objects.ts";
import type { PathTranslation } from "./parameters.ts";
import type { WrittenSelector } from "./written-features.ts";

/** Which objects to mount. What belongs to the other type is empty. */
export interface ObjectSelector extends Naming {
  /** Parameter Store: the hierarchy, which starts with a slash. */
  readonly path: string;
  /** Parameter Store: what lies deeper than one level too. */
  readonly recursive: boolean;
  /** Secrets Manager: how the names start. */
  readonly namePrefix: string;
  /** Secrets Manager: tags that a secret must all have. */
  readonly tags: ReadonlyMap<string, string>;
  /** More matches are an error, 1..1000. */
  readonly max: number;
}

export interface Selected {
  readonly type: ObjectType;
  /** What errors call it. */
  readonly shown: string;
  readonly selector: ObjectSelector;
}

const usualMax = 100;
/** A tag takes two of the ten filters of ListSecrets, and namePrefix one. */
const tagsMax = 4;
/** Of each part of a selector in an error, bytes. */
const shownBytesMax = 200;
/** https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_GetParametersByPath.html: at most 2048 characters. */
const pathPattern = /^\/[\w./-]{0,2047}$/;
/** https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_Filter.html: at most 512 characters; a leading `!` would negate. */
const filterPattern = /^[\w :@/+=.-][\w :@/+=.!-]{0,511}$/;

/** Checks an object that has an objectSelector. @throws ProviderError ObjectsInvalid, naming what to change */
export function readSelected(
  written: WrittenObject,
  region: string,
  translation: PathTranslation,
  at: FieldPath,
): Selected {
  const selector = written.objectSelector ?? {};
  const { path = "", namePrefix = "", tags = new Map<string, string>(), max = "", recursive = "" } = selector;
  const shown = describeSelector(selector);
  const selectorAt = [...at, "objectSelector"];
  checkOthers(written, shown, at);
  const named = checkName(shown, written.objectType, region);
  if ("fault" in named) throw invalid(named.fault, named.fix, [...at, "objectType"]);
  const { type } = named;
  const fault = type === "ssmparameter" ? pathFault(selector) : secretsFault(selector);
  if (fault !== undefined) throw invalid(`Invalid objectSelector: ${fault}: ${shown}`, fixes[type], selectorAt);
  return {
    type,
    shown,
    selector: {
      path,
      recursive: readBoolean("recursive", recursive, shown, selectorAt),
      namePrefix,
      tags,
      max: readMax(max, shown, selectorAt),
      ...readNaming(written.keyPrefix ?? "", translation, shown, at),
    },
  };
}

const fixes: Readonly<Record<ObjectType, string>> = {
  ssmparameter: "Give path, such as /app/prod, and recursive for what lies deeper.",
  secretsmanager: "Give namePrefix, such as app/prod/, or tags, or both.",
};

/** What errors call a selector: 200 bytes at most of its path, its namePrefix and its tags each. */
export function describeSelector({
  path = "",
  namePrefix = "",
  tags = new Map<string, string>(),
}: WrittenSelector): string {
  const parts = [
    path === "" ? "" : `path ${cutBytes(path, shownBytesMax)}`,
    namePrefix === "" ? "" : `namePrefix ${cutBytes(namePrefix, shownBytesMax)}`,
    tags.size === 0 ? "" : `tags ${cutBytes(describeTags(tags), shownBytesMax)}`,
  ];
  return `objectSelector ${parts.filter((part) => part !== "").join(", ")}`.trim();
}

/** As many as are shown. */
function describeTags(tags: ReadonlyMap<string, string>): string {
  let text = "";
  for (const [key, value] of tags) {
    text += `${text === "" ? "" : " "}${key}=${value}`;
    if (text.length > shownBytesMax) break;
  }
  return text;
}

/** Fields that speak of one object. */
function checkOthers(written: WrittenObject, shown: string, at: FieldPath): void {
  const { objectName, objectAlias, objectVersion, objectVersionLabel, jmesPath, failoverObject, keys } = written;
  const refused = {
    objectName,
    objectAlias,
    objectVersion,
    objectVersionLabel,
    jmesPath: jmesPath.length === 0 ? "" : "given",
    failoverObject: Object.values(failoverObject).join(""),
    expandKeys: readBoolean("expandKeys", written.expandKeys ?? "", shown, at) ? "given" : "",
    keys: keys === undefined ? "" : "given",
  };
  const [field] = Object.entries(refused).find(([, value]) => value !== "") ?? [];
  if (field === undefined) return;
  const fix: Readonly<Record<string, string>> = {
    objectAlias: "Each match has a name of its own: remove objectAlias, or put keyPrefix in front of them.",
    objectName: "Keep one of the two.",
    failoverObject: "The failover region is asked for the same objectSelector: remove failoverObject.",
  };
  throw invalid(
    `${field} can not be used with objectSelector: ${shown}`,
    fix[field] ?? `Remove ${field}, or name the object in an entry of its own.`,
    [...at, field],
  );
}

function pathFault({ path = "", namePrefix = "", tags }: WrittenSelector): string | undefined {
  if (namePrefix !== "" || tags !== undefined) return "namePrefix and tags are for secretsmanager";
  if (path === "") return "path is missing";
  return pathPattern.test(path) ? undefined : "path must start with / and hold letters, digits and ._-/ only";
}

function secretsFault({ path = "", recursive = "", namePrefix = "", tags }: WrittenSelector): string | undefined {
  if (path !== "" || recursive !== "") return "path and recursive are for ssmparameter";
  if (namePrefix === "" && (tags === undefined || tags.size === 0)) return "namePrefix or tags is missing";
  if (tags !== undefined && tags.size > tagsMax) return `tags has more than ${tagsMax} entries`;
  const texts = [namePrefix, ...(tags === undefined ? [] : [...tags].flat())].filter((text) => text !== "");
  if (tags?.has("") === true) return "tags has an empty key";
  return texts.every((text) => filterPattern.test(text))
    ? undefined
    : "AWS filters by letters, digits, blanks and :_@/+=.!- only, and not by what starts with !";
}

function readMax(text: string, shown: string, at: FieldPath): number {
  if (text === "") return usualMax;
  const max = /^[0-9]{1,4}$/.test(text) ? Number(text) : 0;
  if (max >= 1 && max <= filesPerObjectMax) return max;
  const fix = `Give a number from 1 to ${filesPerObjectMax}; ${usualMax} if left out.`;
  throw invalid(`Invalid max: ${text} (${shown})`, fix, [...at, "max"]);
}
