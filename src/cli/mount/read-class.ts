// Manifests -> the one SecretProviderClass to mount: its name and parameters, as the API server would hold them.
import { readInput } from "../check/input.ts";
import { fieldsAt, isClass, readManifest, textAt } from "../check/manifest.ts";
import type { Resource } from "../check/manifest.ts";

/** A SecretProviderClass of provider aws. */
export interface ProviderClass {
  readonly name: string;
  readonly parameters: ReadonlyMap<string, string>;
}

/** The input has no class to mount, or more than one. `message` says what to do. */
export class ClassError extends Error {
  constructor(message: string) {
    super(message);
    this.name = "ClassError";
  }
}

/** Picks the class of a file, a directory or `-`: the only one, or that of the name (empty = not given). @throws ClassError, InputError */
export function readClass(word: string, name: string): ProviderClass {
  const manifests = [...readInput([word])].map((file) => {
    if (file.fault !== undefined) throw new ClassError(file.fault);
    return { file, ...readManifest(file.name, file.text) };
  });
  const classes = manifests.flatMap(({ resources }) => resources).filter(isOurs);
  const [found, ...more] = name === "" ? classes : classes.filter((one) => one.name === name);
  const names = classes.map((one) => JSON.stringify(one.name)).join(", ");
  if (found === undefined) {
    const [unread] = manifests.flatMap(({ file, unreadable }) =>
      unreadable.map((one) => ({ ...one, file: file.name })),
    );
    if (unread !== undefined)
      throw new ClassError(`${unread.file}:${unread.place.line}: not readable as YAML: ${unread.why}`);
    throw new ClassError(
      classes.length === 0
        ? `${word}: no SecretProviderClass of provider aws`
        : `${word}: no class ${JSON.stringify(name)}; there are ${names}`,
    );
  }
  if (more.length > 0) {
    const which = name === "" ? `: say --class, one of ${names}` : ` of the name ${JSON.stringify(name)}`;
    throw new ClassError(`${word}: several classes${which}`);
  }
  return { name: found.name, parameters: parametersOf(found) };
}

function isOurs(resource: Resource): boolean {
  return isClass(resource) && textAt(fieldsAt(resource.value, "spec"), "provider") === "aws";
}

/** @throws ClassError for what the API server would not take */
function parametersOf({ file, value, placeOf }: Resource): ReadonlyMap<string, string> {
  const parameters = fieldsAt(fieldsAt(value, "spec"), "parameters");
  return new Map(
    [...parameters].map(([key, text]) => {
      if (typeof text === "string" || text === null) return [key, text ?? ""];
      const { line } = placeOf(["spec", "parameters", key]);
      throw new ClassError(`${file}:${line}: spec.parameters.${key} must be a text: put it in quotes`);
    }),
  );
}
