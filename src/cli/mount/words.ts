// What a mount says to its caller where the server's words speak of pods, nodes and the chart.
import type { StartError } from "../../config/config.ts";
import { ProviderError, errorText } from "../../errors.ts";

const writeFixes: Readonly<Record<string, string>> = {
  EACCES: "You must be able to write to the directory of --to.",
  EPERM: "You must be able to write to the directory of --to.",
  EROFS: "Choose another directory for --to: this one can't be written to.",
  ENOENT: "Something removed the directory of --to meanwhile.",
  ENOSPC: "The disk is full.",
};

/** The text of a failed mount; the message is the server's, what to do is the caller's. */
export function callersText(error: ProviderError): string {
  const code = error.reason === "WriteFailed" ? /: (E[A-Z0-9]+):/.exec(error.message)?.[1] : undefined;
  const fix = writeFixes[code ?? ""];
  if (fix === undefined) return errorText(error);
  return errorText(new ProviderError({ reason: error.reason, message: error.message, fix }));
}

/** The text of settings that can't be used. `profile`: that of the command line; empty = none. */
export function callersSettings({ text }: StartError, profile: string): string {
  const name = profile === "" ? "AWS_PROFILE" : "--profile";
  return text
    .replace("refusing to start:", "refusing to run:")
    .replace("Remove it from the pod's environment.", "Unset it.")
    .replace("Correct AWS_PROFILE, or mount the files of", `Correct ${name}, or the files of`);
}
