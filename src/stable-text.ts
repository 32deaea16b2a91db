// Foreign texts in events: kubelet's events of one text are folded into one with a count (client-go, tools/record: the message is part of the key), so
// nothing may stay in them that is another at the next try. The log has what is left out here.

/** What changes from try to try, and what is shown in its place. */
const passing: readonly (readonly [RegExp, string])[] = [
  // "RequestID: x", "Request ID: x", "HostId: x", with the comma or semicolon before it
  [
    /[,;]? ?\b(?:(?:extended )?request ?-?id|host ?-?id|(?:x-ray )?trace ?-?id|x-amz-(?:request-id|id-2)) ?[:=] ?[\w+/=.-]+/gi,
    "",
  ],
  // The EKS Pod Identity agent: "[<request id>]: (Code): message"
  [/\[(?:[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})?\](?:: ?)?/gi, ""],
  [/\.? ?Encoded authorization failure message: ?[\w+/=-]+/g, ""],
  // The ends of session names: EKS gives a UUID, SDKs the time
  [/(:assumed-role\/[^\s"',;]*?)(?:[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|\d{10,19})(?![\w+=,.@-]*\/)/gi, "$1*"],
  // InvalidSignatureException quotes what it has signed, with time and hashes
  [/\s*\bThe (?:Canonical String for this request|String-to-Sign) should have been\b[^]*/, ""],
  [/\b\d{8}T\d{6}Z\b/g, "<time>"],
  [/\b(date\/time|current time)(:? )(?:\d{10,13}\b|\d{4}-\d\d-\d\d\S*)/g, "$1$2<time>"],
  [/\b(in|after|within|for) \d+(?:\.\d+)?(?= ?(?:ms|milliseconds?|s|seconds?|m|minutes?)\b)/g, "$1 <n>"],
  // A connection's own port: "read udp 10.0.0.5:41234->10.0.0.2:53"
  [/((?:\d{1,3}\.){3}\d{1,3}|\[[0-9a-f:]+\]):\d{1,5}(?=->)/gi, "$1"],
];

/** Events show some hundred characters; this bounds the work. */
const charactersMax = 4_000;

/** The beginning of the text (4,000 characters) without ids of requests and sessions, times, and ports that are new with each try. */
export function stableText(text: string): string {
  return passing.reduce((rest, [pattern, shown]) => rest.replace(pattern, shown), text.slice(0, charactersMax)).trim();
}
