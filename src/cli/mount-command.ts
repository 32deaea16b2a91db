// `mount FILE --to DIR`: one mount of a SecretProviderClass now, with the caller's own AWS credentials, through the server's code.
import { mkdirSync, readFileSync, rmdirSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { linkAbort } from "../abort.ts";
import { readConfig } from "../config/config.ts";
import { StartError } from "../config/start-error.ts";
import type { Env } from "../config/start-error.ts";
import type { Config } from "../config/shape.ts";
import { settleEnvironment } from "../config/caller-env.ts";
import { boolFlag, stringFlag } from "../go/flag.ts";
import type { FlagValues } from "../go/flag.ts";
import { ProviderError } from "../errors.ts";
import { createDeliver } from "../files/deliver.ts";
import type { Deliver } from "../files/deliver.ts";
import { finish } from "../work.ts";
import { checkedNames } from "../files/write-checks.ts";
import { createMountLines } from "../telemetry/mount-lines.ts";
import { product } from "../version.ts";
import { wireForCaller } from "../wire.ts";
import { InputError } from "./check/input.ts";
import { quiet } from "./check/safe-text.ts";
import { createCallerIdentity, regionOfProfile } from "./mount/caller.ts";
import { createCallerLocate } from "./mount/caller-region.ts";
import { ClassError, readClass } from "./mount/read-class.ts";
import type { ProviderClass } from "./mount/read-class.ts";
import { mountRequest, contextOf, tableOf } from "./mount/request.ts";
import type { MountedFile } from "./mount/request.ts";
import { showProgress } from "./mount/progress.ts";
import { callersText, callersWords } from "./mount/caller-texts.ts";
import { helpText, readCommandLine } from "./command-line.ts";
import type { Command, CommandIo } from "./command-io.ts";

const options = {
  to: stringFlag("", "Directory to mount into; made if it is not there. Modes as in a pod, owner is the caller."),
  "dry-run": boolFlag(false, "Fetch everything and write nothing: names, versions, modes and sizes, never values."),
  class: stringFlag("", "Name of the SecretProviderClass, when the file has several."),
  profile: stringFlag(
    "",
    "Profile of the AWS config files: its credentials and no others (else the SDK's default chain, AWS_PROFILE included).",
  ),
  "role-arn": stringFlag("", "Role to assume with these credentials."),
  region: stringFlag(
    "",
    "Region where the class names none, as a pod's node would give it (else AWS_REGION, else the profile's).",
  ),
};

const about = `Mounts a SecretProviderClass of provider aws now, with your own AWS credentials, through the code that serves pods.
FILE is a manifest, or - for standard input. Exit code 0, 1 when the mount fails, 2 for misuse, 74 when the table could
not be written: the mount itself is done then.`;
const help = { synopsis: "mount [OPTION]... FILE (--to DIR | --dry-run)", about, options };

/** As long as the server gives a mount at most. */
const mountMsMax = 100_000;

const nothing =
  'objects lists nothing: the driver fails such a mount with "missing object versions". Name an object in objects.';

interface Failed {
  readonly exitCode: 1 | 2;
  readonly text: string;
}

/** The sub-command. Exit codes: 0, 1 = the mount failed, 2 = misuse or settings that can't be used. */
export const mount: Command = async (args, around) => {
  const line = readCommandLine(options, args);
  if (line.kind === "help") {
    around.print(helpText(product.name, help));
    return 0;
  }
  const misuse = line.kind === "misuse" ? line.why : misuseOf(line.values, line.words);
  if (line.kind === "misuse" || misuse !== "") {
    around.complain(`${quiet(misuse)}\nUsage: ${product.name} ${help.synopsis}\n`);
    return 2;
  }
  const failed = await run(line.values, line.words[0] ?? "", around);
  if (failed === undefined) return 0;
  around.complain(`error: ${quiet(failed.text)}\n`);
  return failed.exitCode;
};

function misuseOf(values: FlagValues<typeof options>, words: readonly string[]): string {
  if (words.length !== 1) return "one FILE is needed";
  if (values.to === "" && !values["dry-run"]) return "one of --to and --dry-run is needed";
  if (values.to !== "" && values["dry-run"]) return "--to and --dry-run can not be used together";
  return "";
}

interface Ready {
  readonly made: ProviderClass;
  readonly config: Config;
  /** The first directory that was made for --to. */
  readonly madeFolder: string | undefined;
}

/** Reads the class and the caller's settings, and makes the directory of --to. */
function prepare({ class: name, profile, to }: FlagValues<typeof options>, file: string, env: Env): Ready | Failed {
  try {
    const made = readClass(file, name);
    const config = readConfig({
      argv: [],
      env: profile === "" ? env : { ...env, AWS_PROFILE: profile },
      readFile: (path) => readFileSync(path, "utf8"),
      version: product.version,
      words: callersWords(profile),
    });
    const madeFolder = to === "" ? undefined : mkdirSync(to, { recursive: true, mode: 0o700 });
    return { made, config, madeFolder };
  } catch (error) {
    if (error instanceof ClassError || error instanceof InputError) return { exitCode: 2, text: error.message };
    if (error instanceof StartError) return { exitCode: 2, text: error.text };
    return { exitCode: 2, text: error instanceof Error ? error.message : "unknown error" };
  }
}

async function run(values: FlagValues<typeof options>, file: string, around: CommandIo): Promise<Failed | undefined> {
  const { profile, to } = values;
  const warn = (text: string): void => around.complain(`warning: ${quiet(text)}\n`);
  const ready = prepare(values, file, around.env);
  if ("exitCode" in ready) return ready;
  const { made, config, madeFolder } = ready;
  for (const { text } of config.notices) warn(text);
  settleEnvironment();
  const region =
    values.region || around.env["AWS_REGION"] || around.env["AWS_DEFAULT_REGION"] || (await regionOfProfile(profile));
  const files: MountedFile[] = [];
  const write = createDeliver({ driverWrites: to === "", restoreRotationInterval: false, volumes: undefined });
  const deliver: Deliver = (delivery) => {
    const { files: given } = delivery;
    if (to === "") finish(checkedNames(".", given)); // what writing would refuse
    files.push(...given.map(({ path, mode, contents }) => ({ path, mode, sizeBytes: contents.length })));
    return write(delivery);
  };
  const ignore = (): void => undefined;
  const { log, close: countWarnings } = createMountLines({
    debug: ignore,
    info: ignore,
    warn,
    error: warn,
    writes: (level) => level === "warn" || level === "error",
  });
  const aws = { ...config.aws, region: region === "" ? undefined : region };
  const identify = createCallerIdentity({ profile, roleArn: values["role-arn"], aws });
  const steps = { locate: createCallerLocate(aws.region), identify, deliver };
  const start = wireForCaller({ ...config, aws }, steps);
  const late = (): ProviderError =>
    new ProviderError({ reason: "DeadlineExceeded", message: `given up after ${mountMsMax / 1000} s` });
  const limit = linkAbort(undefined, mountMsMax, late);
  // Once: whoever asks again means it.
  const interrupt = (): void =>
    limit.abort(new ProviderError({ reason: "Cancelled", message: "interrupted: nothing is written" }));
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, interrupt);
  const stopProgress = showProgress(made.name);
  try {
    const request = mountRequest(made, to === "" ? "/" : resolve(to));
    const { objectVersions } = await start(request, contextOf(limit.signal, log.warn));
    stopProgress();
    countWarnings({});
    if (objectVersions.length === 0) {
      if (madeFolder !== undefined) removeFolders(resolve(to), resolve(madeFolder));
      return { exitCode: 1, text: nothing };
    }
    around.print(tableOf(files, objectVersions));
    return undefined;
  } catch (error) {
    stopProgress();
    countWarnings({});
    if (madeFolder !== undefined) removeFolders(resolve(to), resolve(madeFolder));
    if (error instanceof ProviderError) return { exitCode: 1, text: callersText(error) };
    throw error;
  } finally {
    limit.release();
  }
}

/** Takes back the directories that were made, from the last to the first, unless something is in them. */
function removeFolders(last: string, first: string): void {
  try {
    for (let folder = last; folder.length >= first.length; folder = dirname(folder)) rmdirSync(folder);
  } catch {
    // Somebody else uses it by now.
  }
}
