// The product's name, version and commit: built in by scripts/build.ts, read from package.json when run from source.
import manifest from "../package.json" with { type: "json" };

declare const BUILD_COMMIT: string | undefined;

/** `version` has one source, package.json; the bundler copies it in. */
export const product: { readonly name: string; readonly version: string; readonly commit: string } = {
  name: manifest.name,
  version: manifest.version,
  commit: typeof BUILD_COMMIT === "undefined" ? "source" : BUILD_COMMIT,
};
