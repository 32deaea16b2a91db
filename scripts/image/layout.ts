// Reads an OCI layout with one image in it: its configuration, its layers, the files in them.
import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { run } from "./run.ts";

export interface ImageConfig {
  readonly architecture: string;
  readonly os: string;
  readonly config: {
    readonly Env: readonly string[];
    readonly Entrypoint: readonly string[];
    readonly Cmd?: readonly string[];
    readonly User?: string;
    readonly Labels: Readonly<Record<string, string>>;
  };
}

export interface Layer {
  readonly file: string;
  /** Size in the registry. */
  readonly compressed: number;
}

export interface Image {
  readonly config: ImageConfig;
  /** The configuration as it is written, history included. */
  readonly configText: string;
  readonly layers: readonly Layer[];
}

interface Descriptor {
  readonly digest: string;
  readonly size: number;
}

/** @throws Error if the layout holds another number of images than one */
export function readImage(layout: string): Image {
  const blob = ({ digest }: Descriptor): string => join(layout, "blobs", digest.replace(":", "/"));
  const { manifests } = JSON.parse(readFileSync(join(layout, "index.json"), "utf8")) as { manifests: Descriptor[] };
  const [only, ...others] = manifests;
  if (only === undefined || others.length > 0) throw new Error(`${layout} holds ${manifests.length} images`);
  const manifest = JSON.parse(readFileSync(blob(only), "utf8")) as { config: Descriptor; layers: Descriptor[] };
  const configText = readFileSync(blob(manifest.config), "utf8");
  const layers = manifest.layers.map((layer) => ({ file: blob(layer), compressed: layer.size }));
  return { config: JSON.parse(configText) as ImageConfig, configText, layers };
}

/** A layer as the archive that it is. */
export function uncompressed(layer: Layer): Buffer {
  return Buffer.from(Bun.gunzipSync(readFileSync(layer.file)));
}

/** The paths in a layer, without a leading slash. */
export function pathsOf(layer: Layer): string[] {
  return run(["tar", "-tzf", layer.file]).trim().split("\n");
}

/** A file of the image; the last layer that has it counts. */
export function fileOf(image: Image, path: string): Buffer | undefined {
  for (const { file } of image.layers.toReversed()) {
    const { exitCode, stdout } = Bun.spawnSync(["tar", "-xzOf", file, path], { stderr: "ignore" });
    if (exitCode === 0) return stdout;
  }
  return undefined;
}

/** Unpacks all layers, as a container's root file system. @throws Error if a layer takes a file of another away: nothing here does */
export function unpack(image: Image, into: string): void {
  mkdirSync(into, { recursive: true });
  for (const layer of image.layers) {
    if (pathsOf(layer).some((path) => /(^|\/)\.wh\./.test(path))) throw new Error("a layer takes a file away");
    run(["tar", "-xzpf", layer.file, "--numeric-owner", "-C", into]);
  }
}
