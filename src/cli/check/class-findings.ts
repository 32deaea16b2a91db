// Findings about a class as a whole: its region, its size, floating versions, YAML documents and duplicate keys that are ignored.
import type { CheckedClass } from "./check-class.ts";
import type { YamlValue } from "../../go/yaml.ts";
import type { Finding } from "./finding.ts";
import { isFields, isList } from "./manifest.ts";

export type Rotation = "on" | "off" | "unknown";

/** kubectl apply keeps the object in an annotation, and annotations have at most 256 KiB (apimachinery, TotalAnnotationSizeLimitB). */
const annotationsMax = 256 * 1024;
/** etcd takes 1.5 MiB a request; what else is in the object, and the driver's list of versions beside it, need room. */
const sizeMax = 1024 * 1024;

/** All findings about a class as a whole. */
export function classFindings(checked: CheckedClass, rotation: Rotation): Finding[] {
  return [
    ...regionFindings(checked),
    ...versionFindings(checked, rotation),
    ...sizeFindings(checked),
    ...documentFindings(checked),
    ...repeatedFindings(checked),
  ];
}

function regionFindings({ isRegionKnown, region, parameters, entries, report }: CheckedClass): Finding[] {
  if (isRegionKnown || entries.length === 0) return [];
  const undone = [
    ...(region === "" ? [] : [`the ARNs were checked against the region of the first of them, ${region}`]),
    ...(parameters.failoverRegion === "" || region !== "" ? [] : ["failoverRegion was not compared with it"]),
  ];
  if (undone.length === 0) return [];
  const message = `the class gives no region: ${undone.join("; ")}`;
  return [report("region-unknown", [], message, "Give the region of the cluster with --region.")];
}

function versionFindings({ entries, report }: CheckedClass, rotation: Rotation): Finding[] {
  if (rotation !== "off") return []; // unknown: most clusters rotate or never change a value; no word on every class
  return entries.flatMap(({ object }, i) => {
    const { objectVersion = "", objectVersionLabel = "" } = object?.primary ?? {};
    if (object === undefined || objectVersion !== "") return [];
    if (object.type === "ssmparameter" && objectVersionLabel !== "") return [];
    return report(
      "floating-version",
      ["objects", i],
      `${object.objectName} has no objectVersion, and rotation is off: pods keep the value of their start, and pods of one workload may differ`,
      "Turn the driver's rotation on (enableSecretRotation), or pin objectVersion and roll the workload out with each change.",
    );
  });
}

function sizeFindings({ resource, report }: CheckedClass): Finding[] {
  const bytes = sizeOf(resource.value, 2 * sizeMax);
  if (bytes < annotationsMax * 0.9) return [];
  const size = `${(bytes / 1024).toFixed(0)} KiB`;
  if (bytes < sizeMax * 0.9) {
    const message = `the class has ${size}: kubectl apply keeps a copy in an annotation, which may have 256 KiB`;
    return [report("class-size", [], message, "Apply it with --server-side, or split it.")];
  }
  return [report("class-size", [], `the class has ${size}: the cluster stores about 1 MiB`, "Split it.")];
}

/** About what the API server stores, counted up to a bound: aliases may make much of little. */
function sizeOf(whole: YamlValue, bound: number): number {
  let size = 0;
  const waiting: YamlValue[] = [whole];
  for (let value = waiting.pop(); value !== undefined && size < bound; value = waiting.pop()) {
    size += 3;
    if (typeof value === "string") size += new TextEncoder().encode(value).length;
    else if (isList(value)) for (const inner of value) waiting.push(inner);
    else if (!isFields(value)) size += String(value).length;
    else
      for (const [key, inner] of value) {
        size += key.length + 3;
        waiting.push(inner);
      }
  }
  return size;
}

/** The server reads on to the first `---` or `...` after something, or to where the list has ended. */
function documentFindings({ parameters, report, places, entries }: CheckedClass): Finding[] {
  if (entries.length === 0) return [];
  const { end } = places.fields();
  const rest = parameters.objects.slice(end);
  if (!/^(?!(?:---|\.\.\.)[ \t]*$)[ \t]*[^\s#]/m.test(rest)) return []; // markers, blanks and comments
  const isMarked = /^(?:---|\.\.\.)(?!\S)/.test(rest);
  const message = isMarked
    ? "objects has a second YAML document, which is not read"
    : "the list of objects ends before this, and what follows is not read";
  const finding = report("more-documents", ["objects"], message, "Put everything into one list.");
  return [{ ...finding, ...places.inText(end) }];
}

function repeatedFindings({ resource, places, report, entries }: CheckedClass): Finding[] {
  const findingOf = (key: string): Finding =>
    report("field-twice", [], `${key} stands twice: the later one counts`, "Keep one of the two.");
  const inner = entries.length === 0 ? [] : places.fields().repeated(); // what the server could not read is not read again
  return [
    ...resource.repeated().map(({ key, ...place }) => ({ ...findingOf(key), ...place })),
    ...inner.map(({ key, offset }) => ({ ...findingOf(key), ...places.inText(offset) })),
  ];
}
