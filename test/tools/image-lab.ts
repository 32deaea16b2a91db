// A world of fakes and the provider out of the built image beside it. Processes, mounts and folders are gone when the scope ends.
import {
  appendFileSync,
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { readImage, unpack } from "../../scripts/image/layout.ts";
import type { Image } from "../../scripts/image/layout.ts";
import { run } from "../../scripts/image/run.ts";
import { parameter, secret, startBinary } from "../binary-lab.ts";
import type { Binary, Mounted } from "../binary-lab.ts";
import { startWorld } from "../fakes/world.ts";
import type { World } from "../fakes/world.ts";
import { environmentOf } from "./container.ts";

const root = dirname(dirname(import.meta.dir));
export const caBundle = "etc/ssl/certs/ca-certificates.crt";
const region = "eu-west-1";

/** The layout that scripts/image.ts has written. */
export function layoutOf(arch: string): string {
  const layout = join(root, "dist/image", `linux-${arch}`);
  if (!existsSync(layout)) throw new Error(`${layout} is missing: node scripts/run.mjs image ${arch}`);
  return layout;
}

export interface Place {
  readonly image: Image;
  /** The image's files, and the authority of the fakes among its roots. */
  readonly rootfs: string;
  readonly work: string;
  readonly folders: readonly string[];
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

export interface ImageLab extends AsyncDisposable {
  readonly world: World;
  readonly provider: Binary;
  readonly rootfs: string;
  /** The folder of the pods' volumes. */
  readonly pods: string;
  /** A volume as the driver makes one: a tmpfs, mounted while the provider runs. */
  readonly mountVolume: (name: string, options: string) => string;
}

/** Starts the image of this machine's architecture as `uid`; `runner` says how. AWS's names resolve to the fakes by the endpoints of the environment. */
export async function startImageLab(
  uid: number,
  args: readonly string[],
  runner: (place: Place) => { runner: readonly string[]; remove?: () => void },
): Promise<ImageLab> {
  await using stack = new AsyncDisposableStack();
  const work = mkdtempSync(join(tmpdir(), "image-lab-"));
  stack.defer(() => rmSync(work, { recursive: true, force: true }));
  const [sockets, pods, rootfs] = ["providers", "pods", "rootfs"].map((name) => join(work, name)) as [
    string,
    string,
    string,
  ];
  for (const folder of [sockets, pods]) mkdirSync(folder);
  chownSync(sockets, uid, uid);
  run(["mount", "--bind", pods, pods]);
  stack.defer(() => void run(["umount", "--recursive", "--lazy", pods]));
  run(["mount", "--make-shared", pods]);

  const world = stack.use(await startWorld({ tls: true }));
  chmodSync(world.folder, 0o755);
  const { AWS_CA_BUNDLE: authority = "", ...endpoints } = world.env;
  chmodSync(join(world.folder, "kubeconfig"), 0o644);
  const image = readImage(layoutOf(process.arch === "x64" ? "amd64" : process.arch));
  unpack(image, rootfs);
  appendFileSync(join(rootfs, caBundle), readFileSync(authority));

  const allArgs = [`--provider-volume=${sockets}`, ...world.args, ...args];
  const env = { ...environmentOf(image), ...endpoints };
  const place = { image, rootfs, work, folders: [sockets, pods, world.folder], args: allArgs, env };
  const started = runner(place);
  stack.defer(() => started.remove?.());
  const options = { runner: started.runner, args: allArgs.slice(1), env, socketFolder: sockets };
  const provider = stack.use(await startBinary(options));
  stack.defer(() => started.remove?.()); // before the provider's end is waited for: a container outlives its runtime
  const kept = stack.move();
  return {
    world,
    provider,
    rootfs,
    pods,
    mountVolume: (name, mountOptions) => {
      const target = join(pods, name);
      mkdirSync(target);
      run(["mount", "-t", "tmpfs", "-o", mountOptions, "tmpfs", target]);
      return target;
    },
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  };
}

/** A secret with a jmesPath entry and a parameter, to mount; `contents` is what a mount must have. */
export function putObjects({ cloud }: World): { objects: object[]; contents: Record<string, string> } {
  cloud.putSecret(region, "db", '{"user":"u","pass":"p"}');
  cloud.putParameter(region, "/app/level", "debug", { type: "SecureString" });
  return {
    objects: [secret("db", { jmesPath: [{ path: "pass", objectAlias: "pw" }] }), parameter("/app/level")],
    contents: { db: '{"user":"u","pass":"p"}', pw: "p", _app_level: "debug" },
  };
}

/** Mounts over IRSA, then over Pod Identity. */
export async function mountBoth(provider: Binary, objects: object[], targetPath: string): Promise<Mounted[]> {
  const mounted: Mounted[] = [];
  for (const usePodIdentity of ["false", "true"]) {
    // eslint-disable-next-line eslint/no-await-in-loop
    mounted.push(await provider.run({ objects, targetPath, parameters: { usePodIdentity } }));
  }
  return mounted;
}
