// What the two regions of a mount must be. Pure; where they come from is identity/region.ts's.
import { parameterFault, refuse } from "./fault.ts";
import type { Report } from "./fault.ts";

/** A region becomes part of a host name: labels of 1 to 63 letters, digits and inner hyphens, joined by dots (smithy-go ValidHostLabel). */
const hostLabels = /^(?!-)[a-zA-Z0-9-]{1,63}(?<!-)(\.(?!-)[a-zA-Z0-9-]{1,63}(?<!-))*$/;

/** `failover` empty = none. Reports two that are one, and each that could become another host. */
export function checkRegions(primary: string, failover: string, report: Report = refuse): void {
  const isSame = failover === primary;
  if (isSame) {
    const message = `${primary}: failover region cannot be the same as the primary region`;
    const fix = "Give another failoverRegion, or leave it out.";
    report(parameterFault("region-same", "failoverRegion", message, fix));
  }
  checkRegion(primary, "region", report);
  if (failover !== "" && !isSame) checkRegion(failover, "failoverRegion", report);
}

/** Reports what could become another host. */
export function checkRegion(region: string, parameter: "region" | "failoverRegion", report: Report = refuse): void {
  if (hostLabels.test(region)) return;
  const message = `invalid input region ${JSON.stringify(region.slice(0, 80))}`;
  const fix = /\$[{(]|\{\{/.test(region)
    ? "The region is a placeholder that nothing has filled in: render the class before it is applied."
    : "Give an AWS region such as us-west-2.";
  report(parameterFault("region-name", parameter, message, fix));
}
