// What the two regions of a mount must be. Pure; where they come from is identity/region.ts's.
import { ProviderError } from "../errors.ts";

/** A region becomes part of a host name: labels of 1 to 63 letters, digits and inner hyphens, joined by dots (smithy-go ValidHostLabel). */
const hostLabels = /^(?!-)[a-zA-Z0-9-]{1,63}(?<!-)(\.(?!-)[a-zA-Z0-9-]{1,63}(?<!-))*$/;

/** `failover` empty = none. @throws ProviderError ParametersInvalid for two that are one, and for what could become another host */
export function checkRegions(primary: string, failover: string): void {
  if (failover === primary) {
    throw new ProviderError({
      reason: "ParametersInvalid",
      message: `${primary}: failover region cannot be the same as the primary region`,
      fix: "Give another failoverRegion, or leave it out.",
      at: ["failoverRegion"],
    });
  }
  checkRegion(primary, "region");
  if (failover !== "") checkRegion(failover, "failoverRegion");
}

/** @throws ProviderError ParametersInvalid for what could become another host */
export function checkRegion(region: string, parameter: "region" | "failoverRegion"): void {
  if (hostLabels.test(region)) return;
  throw new ProviderError({
    reason: "ParametersInvalid",
    message: `invalid input region ${JSON.stringify(region.slice(0, 80))}`,
    fix: /\$[{(]|\{\{/.test(region)
      ? "The region is a placeholder that nothing has filled in: render the class before it is applied."
      : "Give an AWS region such as us-west-2.",
    at: [parameter],
  });
}
