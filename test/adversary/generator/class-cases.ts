// Cases that are hostile by what a class and its values say.
import { aClass, parametersOf, repeat } from "./draft.ts";
import type { Draft, Made } from "./draft.ts";
import { expression } from "./expressions.ts";
import { podOf, podsPerHalf } from "./pods.ts";
import { name } from "./values.ts";
import { jmesPath, keyPrefix, oneEntry } from "./yaml.ts";

/** Expressions over one value. */
export function jmesPaths(draft: Draft): Made[] {
  const { random, known } = draft;
  const entries = random.chance(0.6)
    ? [
        {
          path: expression(random),
          objectAlias: "x",
          ...(random.chance(0.3) ? { output: random.pick(["json", "lines"]) } : {}),
        },
      ]
    : jmesPath(random, 0);
  const objects = oneEntry({ objectName: random.pick(known.secrets), objectType: "secretsmanager", jmesPath: entries });
  return [{ request: { objects, parameters: parametersOf(draft) }, ...repeat(draft) }];
}

/** Files of keys. */
export function keysOfValue(draft: Draft): Made[] {
  const { random, known } = draft;
  const objects = JSON.stringify(
    random.times(random.size(30), (at) => ({
      objectName: known.secrets[at % known.secrets.length],
      objectType: "secretsmanager",
      expandKeys: "true",
      ...(random.chance(0.5) ? { keyPrefix: random.chance(0.8) ? `o${at}-` : keyPrefix(random) } : {}),
      ...(random.chance(0.1) ? { objectAlias: `whole-${at}` } : {}),
    })),
  );
  return [{ request: { objects, parameters: parametersOf(draft) }, ...repeat(draft) }];
}

/** Many matches of a selector. */
export function selector(draft: Draft): Made[] {
  const { random, known, steps } = draft;
  const isPath = random.chance(0.5);
  for (let at = random.size(1_200); at > 0; at -= 1) {
    const own = `${known.prefix}s/${random.chance(0.9) ? at : name(random)}${"/d".repeat(random.size(14))}`;
    if (isPath) steps.push({ do: "parameter", name: `/${own}`, value: "v" });
    else steps.push({ do: "secret", name: own, value: "v", ...(random.chance(0.5) ? { tags: { k: "v" } } : {}) });
  }
  const found = isPath
    ? { path: `/${known.prefix}s`, recursive: random.pick(["true", "false"]) }
    : { namePrefix: `${known.prefix}s/`, ...(random.chance(0.2) ? { tags: { k: "v" } } : {}) };
  const objects = oneEntry({
    objectType: isPath ? "ssmparameter" : "secretsmanager",
    objectSelector: { ...found, max: random.pick(["1", "100", "1000", "x"]) },
    ...(random.chance(0.2) ? { keyPrefix: keyPrefix(random) } : {}),
  });
  return [{ request: { objects, parameters: parametersOf(draft) }, ...repeat(draft) }];
}

/** Many pods at once: of one namespace, or each of its own. */
export function burst(draft: Draft): Made[] {
  const { random } = draft;
  const count = 2 + random.below(podsPerHalf - 1);
  const from = random.chance(0.5) ? 0 : podsPerHalf;
  const request = random.chance(0.5) ? aClass(draft) : undefined;
  return random.times(count, (at) => ({ pod: podOf(from + at), request: request ?? aClass(draft) }));
}
