// The gRPC status that a failed mount returns to the driver. The only file that knows gRPC status codes of mounts.
import { status } from "@grpc/grpc-js";
import { ProviderError, errorText } from "../errors.ts";
import type { BugText } from "../events.ts";

export interface MountStatus {
  readonly code: status;
  readonly details: string;
}

/**
 * UNKNOWN for every failed mount: kubelet reads CANCELLED, DEADLINE_EXCEEDED, UNAVAILABLE, RESOURCE_EXHAUSTED and ABORTED as "may have
 * mounted" and may start the pod with an empty volume (k8s.io/kubernetes csi_client.go isFinalError); the driver retries UNAVAILABLE.
 */
export function statusOf(error: unknown): MountStatus {
  const explained = explanationOf(error);
  const details = explained === undefined ? "internal error of the provider: see its log" : errorText(explained);
  return { code: status.UNKNOWN, details };
}

/** The error as one that is meant for the caller; undefined = a bug. Never throws, whatever was thrown. */
export function explanationOf(error: unknown): ProviderError | undefined {
  try {
    return error instanceof ProviderError ? error : undefined;
  } catch {
    return undefined; // a proxy
  }
}

/** Name and frames of an error that nobody expected; its message stays out, since a library's text may quote what it was working on. Never throws. */
export function bugText(error: unknown): BugText {
  try {
    if (!(error instanceof Error)) return { name: typeof error, stack: "" };
    const frames = (error.stack ?? "").split("\n").filter((line) => /^\s*at /.test(line));
    return {
      name: /^[A-Za-z_$][\w$]{0,60}$/.test(error.name) ? error.name : "Error",
      stack: frames.slice(0, 12).join("\n"),
    };
  } catch {
    return { name: "Error", stack: "" }; // its parts throw when they are read
  }
}
