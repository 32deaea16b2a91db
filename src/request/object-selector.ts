// objectSelector: objects that are found at AWS instead of being named, by path (Parameter Store) or by name and tags (Secrets Manager). Pure.
import { cutBytes } from "../text/cut.ts";
import { reportIn } from "./entry-scope.ts";
import type { EntryScope } from "./entry-scope.ts";
import { filesPerObjectMax, readBoolean, readNaming } from "./object-features.ts";
import type { WrittenObject, WrittenSelector } from "./written-object.ts";
import { checkName } from "./object-name.ts";
import type { ObjectSelector, ObjectType } from "./secret-object.ts";

const usualMax = 100;
/** A tag takes two of the ten filters of ListSecrets, and namePrefix one. */
const tagsMax = 4;
/** Of each part of a selector in an error, bytes. */
const shownBytesMax = 200;
/** https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_GetParametersByPath.html: at most 2048 characters. */
const pathPattern = /^\/[\w./-]{0,2047}$/;
/** https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_Filter.html: at most 512 characters; a leading `!` would negate. */
const filterPattern = /^[\w :@/+=.-][\w :@/+=.!-]{0,511}$/;

/** Checks an object that has an objectSelector. Reports all that is wrong; undefined where the type is. */
export function readSelector(
  written: WrittenObject,
  region: string,
  scope: EntryScope,
): { readonly type: ObjectType; readonly selector: ObjectSelector } | undefined {
  const selector = written.objectSelector ?? {};
  const { path = "", namePrefix = "", tags = new Map<string, string>(), max = "", recursive = "" } = selector;
  const { owner } = scope;
  checkOthers(written, scope);
  const type = checkName(owner, written.objectType, region, (fault) =>
    reportIn(scope, fault.rule, "objectType", fault),
  );
  const fault = type === undefined ? undefined : faultOfType[type](selector);
  if (type !== undefined && fault !== undefined) {
    const message = `Invalid objectSelector: ${fault}: ${owner}`;
    reportIn(scope, "selector", "objectSelector", { message, fix: fixes[type] });
  }
  const inside = { ...scope, at: [...scope.at, "objectSelector"] };
  const found = {
    path,
    recursive: readBoolean("recursive", recursive, inside) ?? false,
    namePrefix,
    tags,
    max: readMax(max, inside),
    ...readNaming(written.keyPrefix ?? "", scope),
  };
  return type === undefined ? undefined : { type, selector: found };
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

/** Reports fields that speak of one object. */
function checkOthers(written: WrittenObject, scope: EntryScope): void {
  const { objectName, objectAlias, objectVersion, objectVersionLabel, jmesPath, failoverObject, keys } = written;
  const refused = {
    objectName,
    objectAlias,
    objectVersion,
    objectVersionLabel,
    jmesPath: jmesPath.length === 0 ? "" : "given",
    failoverObject: Object.values(failoverObject).join(""),
    expandKeys: readBoolean("expandKeys", written.expandKeys ?? "", scope) === true ? "given" : "",
    keys: keys === undefined ? "" : "given",
  };
  for (const [field, value] of Object.entries(refused)) {
    if (value === "") continue;
    const message = `${field} can not be used with objectSelector: ${scope.owner}`;
    const fix = otherFixes[field] ?? `Remove ${field}, or name the object in an entry of its own.`;
    reportIn(scope, "fields-together", field, { message, fix });
  }
}

const otherFixes: Readonly<Record<string, string>> = {
  objectAlias: "Each match has a name of its own: remove objectAlias, or put keyPrefix in front of them.",
  objectName: "Keep one of the two.",
  failoverObject: "The failover region is asked for the same objectSelector: remove failoverObject.",
};

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

/** What is wrong with what a selector looks for. */
const faultOfType: Readonly<Record<ObjectType, (selector: WrittenSelector) => string | undefined>> = {
  ssmparameter: pathFault,
  secretsmanager: secretsFault,
};

function readMax(text: string, scope: EntryScope): number {
  if (text === "") return usualMax;
  const max = /^[0-9]{1,4}$/.test(text) ? Number(text) : 0;
  if (max >= 1 && max <= filesPerObjectMax) return max;
  const fix = `Give a number from 1 to ${filesPerObjectMax}; ${usualMax} if left out.`;
  reportIn(scope, "selector", "max", { message: `Invalid max: ${text} (${scope.owner})`, fix });
  return usualMax;
}
