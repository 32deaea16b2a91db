// The environment of a sub-command that uses the AWS SDK's own sources: made fit for them once what we need of it is read.
import { homedir } from "node:os";

/** Variables by which Bun's fetch would choose a proxy itself; config/proxy.ts has read them. */
const proxyVariables = ["HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "ALL_PROXY"].flatMap((name) => [
  name,
  name.toLowerCase(),
]);

/** Takes the proxies out of the process's environment, and gives it a HOME where there is none to be found (the SDK asks for it). */
export function settleEnvironment(): void {
  forgetProxies();
  try {
    homedir();
  } catch {
    process.env["HOME"] = "/";
  }
}

/** Our own calls go by the configuration, not by the environment. */
export function forgetProxies(): void {
  for (const name of proxyVariables) delete process.env[name];
}
