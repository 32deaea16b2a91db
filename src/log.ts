// klog-like text or JSON lines on stderr. Fields come from one closed list: what is not in it does not compile.

/** Everything a log line may carry beside its text. Never a token, credential, value, or the attributes of a request. */
export interface Fields {
  readonly pod?: string;
  readonly namespace?: string;
  readonly serviceAccount?: string;
  readonly roleArn?: string;
  readonly region?: string;
  readonly failoverRegion?: string;
  readonly reason?: string;
  readonly outcome?: string;
  readonly service?: string;
  readonly operation?: string;
  readonly objects?: number;
  readonly files?: number;
  readonly awsCalls?: number;
  readonly credentialCache?: string;
  readonly durationMs?: number;
  readonly stack?: string;
}

export type Level = "debug" | "info" | "warn" | "error";

export interface Log {
  readonly debug: (text: string, fields?: Fields) => void;
  readonly info: (text: string, fields?: Fields) => void;
  readonly warn: (text: string, fields?: Fields) => void;
  readonly error: (text: string, fields?: Fields) => void;
}
