// The step `locate` of a mount outside of a cluster: there is no node whose label could give the region.
import { ProviderError } from "../../errors.ts";
import type { Locate } from "../../identity/region.ts";
import { checkRegions } from "../../request/regions.ts";

/** Makes the step; `region` = of classes that give none, undefined = unknown. @throws ProviderError RegionUnknown, ParametersInvalid */
export function createCallerLocate(region: string | undefined): Locate {
  return async (_pod, parameters) => {
    const primary = parameters.region || region;
    if (primary) {
      checkRegions(primary, parameters.failoverRegion);
      return { primary, failover: parameters.failoverRegion };
    }
    throw new ProviderError({
      reason: "RegionUnknown",
      message: "there is no node: give a region",
      fix: "Say --region, or set region in the SecretProviderClass, AWS_REGION, or region in the profile.",
    });
  };
}
