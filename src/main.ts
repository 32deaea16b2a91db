// argv -> what to run; signals and exit codes. No logic of a mount.
import { cpuLimit } from "./config/container.ts";
import { readFileSync, readlinkSync } from "node:fs";
import type { Command, CommandIo } from "./cli/command-io.ts";
import { readConfig } from "./config/config.ts";
import { StartError } from "./config/start-error.ts";
import type { Config } from "./config/shape.ts";
import { forgetProxies } from "./config/caller-env.ts";
import { ignoreEvents } from "./events.ts";
import type { BugPlace } from "./events.ts";
import { createLog } from "./telemetry/log.ts";
import { holdLines } from "./telemetry/log-stderr.ts";
import type { Serving } from "./server/serve.ts";
import { bugText } from "./server/status.ts";
import { product } from "./version.ts";

const exitFatal = 255;
/** EX_SOFTWARE of sysexits(3): not to be taken for a finding. */
const exitBug = 70;
/** Long enough for the lines of a burst to share a write, short enough for nobody to notice. */
const logHoldMs = 20;

/** Sub-commands, as the exact first argument only. Nothing of them is loaded to serve. */
const commands: ReadonlyMap<string, Command> = new Map<string, Command>([
  ["check", async (...given) => (await import("./cli/check.ts")).check(...given)],
  ["mount", async (...given) => (await import("./cli/mount-command.ts")).mount(...given)],
  ["help", async (...given) => (await import("./cli/help.ts")).help(commands, ...given)],
  ["version", sayVersion],
  ["--version", sayVersion],
]);

const [first = ""] = process.argv.slice(2);
// 3.x ignores words. A mistyped command must not start a server, which would take the node's socket over. Later words are ignored as in 3.x.
const isWord = first !== "" && !first.startsWith("-");
const command = commands.get(first) ?? (isWord ? refuseWord : undefined);
if (command === undefined) await serveUntilStopped();
else {
  const { ownCommandIo } = await import("./cli/command-io.ts");
  const around = ownCommandIo(process.env);
  const ended = command(process.argv.slice(3), around).catch((error: unknown) => {
    const { name, stack } = bugText(error);
    around.complain(`${name}: a bug of ${product.name}\n${stack}\n`);
    return exitBug;
  });
  process.exit(await ended);
}

function sayVersion(_args: readonly string[], { print }: CommandIo): Promise<number> {
  const target = `${process.platform}-${process.arch}`;
  print(`${product.name} ${product.version} (${product.commit}, bun ${Bun.version}, ${target})\n`);
  return Promise.resolve(0);
}

async function refuseWord(_args: readonly string[], around: CommandIo): Promise<number> {
  return (await import("./cli/help.ts")).refuseWord(first, commands, around);
}

async function serveUntilStopped(): Promise<void> {
  const isUtc = isZoneUtc(process.env["TZ"]);
  const early = createLog({ format: "text", level: "info", isUtc });
  early.info(`Starting ${product.name} version ${product.version}`);
  early.info(
    "The CSIDriver secrets-store.csi.k8s.io must be configured with tokenRequests for the audiences sts.amazonaws.com (IRSA) and pods.eks.amazonaws.com (Pod Identity)",
  );
  const config = configOrExit();
  forgetProxies(); // config.aws.proxyFor decides instead

  const log = createLog({ format: config.logFormat, level: config.logLevel, isUtc, write: holdLines(logHoldMs) });
  const fatal = (text: string): never => {
    log.error(text);
    process.exit(exitFatal);
  };
  for (const { level, text } of config.notices) log[level](text);
  const metrics = config.httpAddress === undefined ? undefined : (await import("./server/monitor.ts")).startMetrics();
  const emit = metrics?.emit ?? ignoreEvents;
  let serving: Serving | undefined;
  const onBug = (place: BugPlace, words: string, error: unknown): void => {
    emit({ kind: "bug", place });
    const { name, stack } = bugText(error);
    log.error(`${words} ${name}: a bug of the provider; it goes on`, { ...serving?.suspects(), stack });
  };
  process.on("uncaughtException", (error) => onBug("uncaught_exception", "uncaught", error));
  process.on("unhandledRejection", (error) => onBug("unhandled_rejection", "unhandled", error));

  let stop: ((signal: string) => void) | undefined;
  const stopped = new Promise<string>((resolve) => (stop = resolve));
  process.on("SIGTERM", () => stop?.("terminated"));
  process.on("SIGINT", () => stop?.("interrupt"));

  const { createOpenMounts } = await import("./sharing/open-mounts.ts");
  const { wire } = await import("./wire.ts");
  const { serve } = await import("./server/serve.ts");
  const openMounts = createOpenMounts();
  let mount;
  try {
    mount = wire(config, emit, openMounts);
  } catch (error) {
    return fatal(`Can not get cluster config. error: ${error instanceof Error ? error.message : "unknown"}`);
  }
  const options = {
    mount,
    log,
    version: product.version,
    driverWrites: config.driverWritesSecrets,
    socketDirectory: config.providerVolume,
    emit,
    cpus: cpuLimit(),
    openMounts,
  };
  const served = (serving = await serve(options).catch((error: unknown) =>
    fatal(
      `Failed to listen on unix socket. error: ${error instanceof Error ? error.message : "unknown"} (${config.providerVolume}/aws.sock)`,
    ),
  ));
  log.info(`Listening for connections on address: ${served.address}`);
  const { httpAddress: address } = config;
  const onHttpBug = (error: unknown): void => onBug("http", "in the HTTP server", error);
  const http =
    address === undefined || metrics === undefined
      ? undefined
      : (await import("./server/monitor.ts")).startHttp({ address, metrics, serving: served, log, onBug: onHttpBug });
  log.info(`received signal:${await stopped} to terminate`);
  await served.close();
  await http?.close();
  process.exit(0);
}

/** The configuration of this process; one that can't be used ends it with its text and exit code. */
function configOrExit(): Config {
  try {
    return readConfig({
      argv: process.argv.slice(2),
      env: process.env,
      readFile: (path) => readFileSync(path, "utf8"),
      version: product.version,
    });
  } catch (error) {
    if (!(error instanceof StartError)) throw error;
    process.stderr.write(error.text === "" ? "" : `${error.shown()}\n`);
    return process.exit(error.exitCode);
  }
}

/** Whether local time is UTC, as in containers: by TZ, else by /etc/localtime (tzset(3)). In doubt it is not. */
function isZoneUtc(zone: string | undefined): boolean {
  if (zone !== undefined) return ["", "UTC", "Etc/UTC"].includes(zone);
  try {
    return /\/(?:Etc\/)?UTC$/.test(readlinkSync("/etc/localtime"));
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "ENOENT";
  }
}
