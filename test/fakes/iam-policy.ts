// What an IAM policy document allows: actions and resources with `*` and `?`, StringEquals on a resource's tags. Whatever it does not say is denied.

export interface PolicyDocument {
  readonly Statement: readonly {
    readonly Effect: string;
    readonly Action: string | readonly string[];
    readonly Resource?: string | readonly string[];
    readonly Condition?: Readonly<Record<string, Readonly<Record<string, string>>>>;
  }[];
}

export interface Asked {
  readonly action: string;
  /** The ARN. */
  readonly resource: string;
  readonly tags: Readonly<Record<string, string>>;
}

/** Whether some statement allows it; a condition that this fake does not know allows nothing. */
export function permits({ Statement }: PolicyDocument, { action, resource, tags }: Asked): boolean {
  return Statement.some(
    ({ Effect, Action, Resource = [], Condition = {} }) =>
      Effect === "Allow" &&
      [Action].flat().some((pattern) => matches(pattern, action)) &&
      [Resource].flat().some((pattern) => matches(pattern, resource)) &&
      Object.entries(Condition).every(
        ([operator, pairs]) =>
          operator === "StringEquals" &&
          Object.entries(pairs).every(([key, value]) => tags[key.split(":ResourceTag/")[1] ?? ""] === value),
      ),
  );
}

function matches(pattern: string, text: string): boolean {
  const source = RegExp.escape(pattern).replaceAll("\\*", ".*").replaceAll("\\?", ".");
  return new RegExp(`^${source}$`, "s").test(text);
}
