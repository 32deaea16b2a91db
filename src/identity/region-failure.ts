// What a failed call means for the objects that one region was asked for: of a store, or of an exchange of credentials that the objects need. On the
// way of an error it stands between AwsFailure (aws/error.ts) and ProviderError (errors.ts).
import type { Passing, Reason } from "../errors.ts";
import type { SecretObject } from "../request/secret-object.ts";

/** Why one region gave no value, or no credentials. A shape of its own since only here both regions can be weighed against each other: one may serve where the other fails. */
export interface RegionFailure {
  readonly region: string;
  readonly reason: Reason;
  /** What happened, without the region. */
  readonly text: string;
  /** The same where there is little room; absent = the text. */
  readonly brief?: string;
  /** AWS's error code; absent = no answer came, or it is not about one. */
  readonly code?: string;
  readonly fix: string;
  /** A client fault: the mount fails with these words and the text, whatever the other region says (parity 6). Empty = the other region may serve. */
  readonly fatalLead: string;
  /** The words in front of the causes, once the mount is known to fail. The first failure of a mount has them. */
  readonly lead?: string;
  /** The objects it is about; absent = all of the unit. */
  readonly objects?: readonly SecretObject[];
  /** There were no credentials to ask with. */
  readonly noCredentials?: true;
  /** Nothing but network errors and 5xx came, at any attempt, from the store or from who gives the credentials. */
  readonly isOutage?: boolean;
  /** The identity was denied something on the way, whatever the reason says. */
  readonly isDenied?: boolean;
  /** For the log. */
  readonly passing?: Passing;
}

/** At least one: the failures of the same objects, region by region, the one to be told first in front; or those of one region. */
export type RegionFailures = readonly [RegionFailure, ...RegionFailure[]];
