// Ways to run an image's root file system: chroot in a mount namespace of its own, and a bundle for crun. Both stay in this network namespace,
// since the fakes listen on loopback.
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Image } from "../../scripts/image/layout.ts";

export interface Running {
  /** The image's root file system, unpacked; gets the mount points. */
  readonly rootfs: string;
  readonly uid: number;
  /** Folders that are seen inside under the same path, writable. */
  readonly folders: readonly string[];
}

export interface Bundle extends Running {
  readonly image: Image;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly capabilities: readonly string[];
  /** containers-common's profile, what Kubernetes calls RuntimeDefault with CRI-O and Podman. */
  readonly seccompProfile: string;
  /** Where the bundle goes. */
  readonly folder: string;
}

/** The environment of an image, as a container starts with it. */
export function environmentOf({ config }: Image): Record<string, string> {
  return Object.fromEntries(
    config.config.Env.map((line) => [line.slice(0, line.indexOf("=")), line.slice(line.indexOf("=") + 1)]),
  );
}

/**
 * What runs the provider in the root file system: read-only with its /tmp, nothing mounted but /proc, /dev and the folders. A runner of
 * startProvider, whose program is replaced by the entrypoint; the mounts end with the process.
 */
export function chrootRunner({ rootfs, uid, folders }: Running, entrypoint: string): string[] {
  for (const folder of ["proc", "dev", ...folders]) mkdirSync(join(rootfs, folder), { recursive: true });
  const script = [
    "set -e",
    "root=$1 user=$2 entrypoint=$3 folders=$4; shift 5", // the fifth is the program of startProvider
    'mount --bind "$root" "$root"',
    'mount -t proc proc "$root/proc"',
    'mount --bind /dev "$root/dev"',
    'for folder in $folders; do mount --bind "$folder" "$root$folder"; done',
    'mount -o remount,bind,ro "$root"',
    'exec chroot --userspec="$user" "$root" "$entrypoint" "$@"',
  ].join("\n");
  const unshare = ["unshare", "--mount", "--propagation=private"];
  return [...unshare, "/bin/sh", "-c", script, "sh", rootfs, `${uid}:${uid}`, entrypoint, folders.join(" ")];
}

/** Writes a bundle as a kubelet's runtime would; gives the runner, which ignores what startProvider adds, and the end of a container left over. */
export function crunRunner(crun: string, bundle: Bundle): { runner: string[]; remove: () => void } {
  const { rootfs, uid, folders, image, args, env, capabilities, seccompProfile, folder } = bundle;
  const held = { bounding: capabilities, effective: capabilities, permitted: capabilities };
  const bind = (path: string): object => ({
    destination: path,
    type: "bind",
    source: path,
    options: ["rbind", "rslave", "rw"], // mountPropagation: HostToContainer
  });
  const config = {
    ociVersion: "1.0.0",
    process: {
      terminal: false,
      user: { uid, gid: uid },
      args: [...image.config.config.Entrypoint, ...args],
      env: Object.entries({ ...environmentOf(image), ...env }).map(([name, value]) => `${name}=${value}`),
      cwd: "/",
      capabilities: { ...held, inheritable: [], ambient: [] },
      noNewPrivileges: true,
    },
    root: { path: rootfs, readonly: true },
    mounts: [
      { destination: "/proc", type: "proc", source: "proc" },
      { destination: "/dev", type: "tmpfs", source: "tmpfs", options: ["nosuid", "strictatime", "mode=755"] },
      ...folders.map(bind),
    ],
    linux: {
      rootfsPropagation: "rslave", // as CRI's runtimes set it once a mount asks for HostToContainer
      namespaces: [{ type: "pid" }, { type: "ipc" }, { type: "uts" }, { type: "mount" }],
      maskedPaths: ["/proc/acpi", "/proc/kcore", "/proc/keys", "/proc/timer_list", "/proc/sched_debug", "/proc/scsi"],
      readonlyPaths: ["/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"],
      seccomp: seccompFor(seccompProfile, capabilities),
    },
  };
  const state = join(folder, "state");
  mkdirSync(state, { recursive: true });
  writeFileSync(join(folder, "config.json"), JSON.stringify(config));
  const id = `provider-${crypto.randomUUID()}`;
  // No cgroup of its own: the machine's may belong to somebody else. crun refuses a machine with both versions of cgroups; in a mount
  // namespace of its own it sees the second alone. That namespace still follows the volumes that the test mounts.
  const command = [crun, `--root=${state}`, "--cgroup-manager=disabled"];
  const script = [
    "both=/sys/fs/cgroup/unified",
    'if [ -e "$both" ]; then mount --bind "$both" /sys/fs/cgroup; fi',
    'exec "$0" "$1" "$2" run --bundle="$3" "$4"',
  ].join("\n");
  return {
    runner: ["unshare", "--mount", "--propagation=slave", "/bin/sh", "-c", script, ...command, folder, id],
    remove: () => Bun.spawnSync([...command, "delete", "--force", id], { stderr: "ignore" }),
  };
}

interface ProfileRule {
  readonly names: readonly string[];
  readonly action: string;
  readonly errnoRet?: number;
  readonly args?: readonly unknown[] | null;
  readonly includes?: { readonly caps?: readonly string[]; readonly arches?: readonly string[] };
  readonly excludes?: { readonly caps?: readonly string[]; readonly arches?: readonly string[] };
}

interface Profile {
  readonly defaultAction: string;
  readonly defaultErrnoRet?: number;
  readonly archMap: readonly { readonly architecture: string; readonly subArchitectures: readonly string[] }[];
  readonly syscalls: readonly ProfileRule[];
}

/** A profile of containers-common as the runtime takes it: the rules that hold for this architecture and these capabilities. */
function seccompFor(file: string, capabilities: readonly string[]): object {
  const profile = JSON.parse(readFileSync(file, "utf8")) as Profile;
  const [native, arch] = process.arch === "arm64" ? ["SCMP_ARCH_AARCH64", "arm64"] : ["SCMP_ARCH_X86_64", "amd64"];
  const some = (wanted: readonly string[] | undefined, there: readonly string[]): boolean =>
    wanted?.some((one) => there.includes(one)) === true;
  const isUsed = ({ includes = {}, excludes = {} }: ProfileRule): boolean =>
    (includes.caps ?? []).every((one) => capabilities.includes(one)) &&
    (includes.arches === undefined || some(includes.arches, [arch])) &&
    !some(excludes.caps, capabilities) &&
    !some(excludes.arches, [arch]);
  const sub = profile.archMap.find(({ architecture }) => architecture === native)?.subArchitectures ?? [];
  return {
    defaultAction: profile.defaultAction,
    defaultErrnoRet: profile.defaultErrnoRet,
    architectures: [native, ...sub],
    syscalls: profile.syscalls.filter(isUsed).map(({ names, action, errnoRet, args }) => ({
      names,
      action,
      errnoRet,
      ...(args === null || args === undefined || args.length === 0 ? {} : { args }),
    })),
  };
}
