// Texts of `mount` for its caller, in place of the server's, which are for the operator of the pods.
import type { StarterWords } from "../../config/start-error.ts";
import { ProviderError, errorText } from "../../errors.ts";

const writeFixes: Readonly<Record<string, string>> = {
  EACCES: "You must be able to write to the directory of --to.",
  EPERM: "You must be able to write to the directory of --to.",
  EROFS: "Choose another directory for --to: this one can't be written to.",
  ENOENT: "Something removed the directory of --to meanwhile.",
  ENOSPC: "The disk is full.",
};

/** The text of a failed mount; the message is the server's, what to do about a failed system call is the caller's. */
export function callersText(error: ProviderError): string {
  const { reason, message, systemCode } = error;
  const fix = writeFixes[systemCode];
  return errorText(fix === undefined ? error : new ProviderError({ reason, message, fix }));
}

/** For settings that can't be used. `profile`: that of the command line; empty = none. */
export function callersWords(profile: string): StarterWords {
  const name = profile === "" ? "AWS_PROFILE" : "--profile";
  return {
    refusing: "refusing to run: the environment variable",
    unset: "Unset it.",
    profile: `Correct ${name}, or the files of`,
  };
}
