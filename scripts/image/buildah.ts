// buildah with a storage of its own: no daemon, no registry, nothing of the machine's images. Each RUN is isolated by chroot, which needs root only.
import { run } from "./run.ts";

export interface Build {
  readonly context: string;
  readonly dockerfile: string;
  readonly tag: string;
  readonly arch: string;
  readonly secrets: readonly string[];
  readonly buildArgs: Readonly<Record<string, string>>;
  /** Seconds since 1970 for everything in the image. */
  readonly timestamp: string;
}

export class Buildah {
  readonly #command: readonly string[];

  constructor(storage: string) {
    this.#command = ["buildah", "--storage-driver=vfs", `--root=${storage}/root`, `--runroot=${storage}/run`];
  }

  /** Makes an image of a folder. */
  importImage(
    tag: string,
    arch: string,
    folder: string,
    { env = [], user }: { readonly env?: readonly string[]; readonly user?: string },
  ): void {
    const container = this.#run("from", `--arch=${arch}`, "scratch");
    this.#run("add", "--quiet", container, folder, "/");
    const set = [...env.map((one) => `--env=${one}`), ...(user === undefined ? [] : [`--user=${user}`])];
    this.#run("config", `--arch=${arch}`, "--os=linux", ...set, container);
    this.#run("commit", "--quiet", "--rm", "--timestamp=0", container, tag);
  }

  build({ context, dockerfile, tag, arch, secrets, buildArgs, timestamp }: Build): void {
    this.#run(
      "build",
      "--isolation=chroot",
      "--pull=never",
      "--layers=false",
      `--platform=linux/${arch}`,
      ...secrets.map((secret) => `--secret=${secret}`),
      ...Object.entries(buildArgs).map(([key, value]) => `--build-arg=${key}=${value}`),
      `--timestamp=${timestamp}`,
      `--file=${dockerfile}`,
      `--tag=${tag}`,
      context,
    );
  }

  /** Writes an image as an OCI layout, layers compressed. */
  push(tag: string, layout: string, version: string): void {
    this.#run("push", "--quiet", tag, `oci:${layout}:${version}`);
  }

  #run(...args: readonly string[]): string {
    return run([...this.#command, ...args]).trim();
  }
}
