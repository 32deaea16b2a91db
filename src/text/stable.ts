// Foreign texts in events: kubelet's events of one text are folded into one with a count (client-go, tools/record: the message is part of the key), so
// nothing may stay in them that is another at the next try. The log has what is left out here.

/** What the id of a request is called. */
const label =
  "(?:(?:extended )?request|correlation|transaction|activity|host|(?:x-ray )?trace|x-amzn?-(?:request|trace))[ _-]{0,2}id|x-amz-id-2";
const id = "[\\w+/=.-]+";
const digitId = "(?=[A-Za-z_-]{0,40}\\d)[\\w-]{8,80}";
const weekday = "(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)[a-z]{0,6}";
const month = "(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]{0,6}";
const clock = "\\d{1,2}:\\d\\d:\\d\\d";
const zone = "(?: (?:[A-Z]{1,4}\\b|[+-]\\d\\d:?\\d\\d)){0,2}";

/** What changes from try to try, and what is shown in its place. */
const passing: readonly (readonly [RegExp, string])[] = [
  // "RequestID: x", "Request ID: x", "HostId: x", with the comma or semicolon before it
  [new RegExp(`[,;]? ?\\b(?:${label}) ?[:=] ?(?:"${id}"|'${id}'|${id})`, "gi"), ""],
  // A field of JSON: "RequestId": "x"
  [new RegExp(`[,;]? ?(?:"(?:${label})"|'(?:${label})') ?[:=] ?(?:"${id}"|'${id}'|${id})`, "gi"), ""],
  // "request id x", where x has a digit: other words may follow as well
  [new RegExp(`[,;]? ?\\b(?:${label}) (?:is |was )?(?:"${digitId}"|'${digitId}'|${digitId})`, "gi"), ""],
  // The EKS Pod Identity agent: "[<request id>]: (Code): message"
  [/\[(?:[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})?\](?:: ?)?/gi, ""],
  [/\.? ?Encoded authorization failure message: ?[\w+/=-]+/g, ""],
  // The ends of session names: EKS gives a UUID, SDKs the time
  [
    /(:assumed-role\/[^\s"',;]{0,200}?)(?:[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|\d{10,19})(?![\w+=,.@-]*\/)/gi,
    "$1*",
  ],
  // InvalidSignatureException quotes what it has signed, with time and hashes
  [/\bThe (?:Canonical String for this request|String-to-Sign) should have been\b[^]*/, ""],
  [/\b\d{8}T\d{6}Z\b/g, "<time>"],
  [/\b(date\/time|current time)(:? )(?:\d{10,13}\b|\d{4}-\d\d-\d\d\S*)/g, "$1$2<time>"],
  // ISO 8601 and Go's times. The ends of a certificate stay what they are.
  [
    /(?<!\bis (?:after|before) )\b\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d(?:[.,]\d{1,20})?)?(?:Z\b| ?[+-]\d\d:?\d\d)?(?: (?:UTC|GMT)\b)?(?: m=[+-]\d[\d.]{0,30})?/g,
    "<time>",
  ],
  // RFC 1123, RFC 850, asctime(3)
  [new RegExp(`\\b${weekday}, \\d{1,2}[ -]${month}[ -]\\d{2,4} ${clock}${zone}`, "g"), "<time>"],
  [new RegExp(`\\b${weekday} ${month} {1,2}\\d{1,2} ${clock}${zone} \\d{4}\\b`, "g"), "<time>"],
  [/\b(expired by) \d(?:[\w.\u00b5]{0,40}[\w\u00b5])?/gi, "$1 <n>"],
  [/\b\d[\d.hmsnu\u00b5]{0,40}(?= ?(?:(?:milli)?seconds?|minutes?|hours?|days?)? ?\bago\b)/g, "<n>"],
  [/\b(in|after|within|for) \d+(?:\.\d+)?(?= ?(?:ms|milliseconds?|s|seconds?|m|minutes?)\b)/g, "$1 <n>"],
  // A connection's own port: "read udp 10.0.0.5:41234->10.0.0.2:53"
  [/((?:\d{1,3}\.){3}\d{1,3}|\[[0-9a-f:.]+(?:%[\w.-]{1,32})?\]):\d{1,5}(?=->)/gi, "$1"],
];

/** Events show some hundred characters; this bounds the work. */
const charactersMax = 4_000;

/** The beginning of the text (4,000 characters) without ids of requests and sessions, times, and ports that are new with each try. */
export function stableText(text: string): string {
  return passing.reduce((rest, [pattern, shown]) => rest.replace(pattern, shown), text.slice(0, charactersMax)).trim();
}
