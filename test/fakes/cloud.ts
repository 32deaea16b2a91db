// One fake AWS account: roles and who may assume them, their sessions, what they are denied, and the values of each region.
// A role that is trusted may do everything until `deny` says otherwise.
import { randomBytes } from "node:crypto";
import { awsId } from "./aws-names.ts";
import { createParameters } from "./cloud-parameters.ts";
import type { Parameters } from "./cloud-parameters.ts";
import { createSecrets } from "./cloud-secrets.ts";
import type { Secrets } from "./cloud-secrets.ts";
import { globMatches } from "./faults.ts";
import { permits } from "./iam-policy.ts";
import type { PolicyDocument } from "./iam-policy.ts";

/** Temporary credentials that the fake account has handed out. */
export interface Session {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken: string;
  /** Name of the role. */
  readonly role: string;
  readonly roleArn: string;
  readonly sessionName: string;
  expiresAtMs: number;
}

/** A permission that is missing; what is absent means any. */
export interface Denial {
  /** Role name. */
  readonly role?: string;
  /** `GetSecretValue`, `ssm:GetParameters`, `kms:Decrypt`, ... */
  readonly operation?: string;
  readonly region?: string;
  /** Glob over the id as sent, the name, and the ARN. */
  readonly id?: string;
}

/** What a session asks to do. */
export interface Attempt {
  /** With its service: `secretsmanager:GetSecretValue`. */
  readonly action: string;
  readonly region: string;
  /** All the names of the thing: as sent, plain, ARN. The last one is named in the refusal. */
  readonly ids: readonly string[];
}

export interface CloudOptions {
  readonly accountId?: string;
  readonly partition?: string;
  readonly credentialTtlMs?: number;
  readonly nowMs?: () => number;
}

/** One fake account. */
export interface Cloud extends Secrets, Parameters {
  readonly accountId: string;
  readonly nowMs: () => number;
  /** Life of the sessions from now on; 1 hour at first. */
  readonly setCredentialTtl: (ms: number) => void;
  readonly credentialTtlMs: () => number;
  readonly roleArn: (role: string) => string;
  /** Lets service accounts ("ns/sa", globs allowed) assume a role by web identity; creates the role. */
  readonly trust: (role: string, ...subjects: readonly string[]) => void;
  readonly distrust: (role: string, ...subjects: readonly string[]) => void;
  /** Lets other roles assume a role (sts:AssumeRole); one of another account by its ARN. */
  readonly trustRole: (role: string, ...callers: readonly string[]) => void;
  /** From now on the role's trust wants this external ID (sts:ExternalId). */
  readonly requireExternalId: (role: string, externalId: string) => void;
  readonly trusts: (roleArn: string, subject: string) => boolean;
  readonly trustsRole: (roleArn: string, caller: string, externalId?: string) => boolean;
  readonly deleteRole: (role: string) => void;
  readonly deny: (denial: Denial) => { readonly remove: () => void };
  /** From now on a role may do what a policy says, and nothing else. */
  readonly restrict: (role: string, policy: PolicyDocument) => void;
  /** The text of the refusal, undefined = allowed. */
  readonly refusal: (session: Session, attempt: Attempt) => string | undefined;
  readonly openSession: (role: string, sessionName: string, ttlMs?: number) => Session;
  readonly session: (accessKeyId: string) => Session | undefined;
  readonly sessions: () => readonly Session[];
  /** All credentials handed out so far are expired from now on. */
  readonly expireSessions: () => void;
  /** All credentials handed out so far are unknown from now on. */
  readonly forgetSessions: () => void;
}

interface Role {
  readonly subjects: Set<string>;
  readonly callers: Set<string>;
  externalId?: string;
}

/** Makes an account without roles and values. */
export function createCloud(options: CloudOptions = {}): Cloud {
  const { accountId = "111122223333", partition = "aws", nowMs = Date.now } = options;
  let ttlMs = options.credentialTtlMs ?? 3_600_000;
  const roles = new Map<string, Role>();
  const denials = new Set<Denial>();
  const policies = new Map<string, PolicyDocument>();
  const sessions = new Map<string, Session>();

  const secrets = createSecrets({ accountId, nowMs });

  const roleArn = (role: string): string => `arn:${partition}:iam::${accountId}:role/${role}`;
  const roleOf = (arn: string): Role | undefined => {
    const name = arn.split(":role/")[1] ?? "";
    return roles.get(arn) ?? (arn === roleArn(name) ? roles.get(name) : undefined);
  };
  const ensureRole = (name: string): Role => {
    const role = roles.get(name) ?? {
      subjects: new Set<string>(),
      callers: new Set<string>(),
    };
    roles.set(name, role);
    return role;
  };
  const anyGlob = (globs: Iterable<string>, text: string): boolean =>
    Array.from(globs).some((glob) => globMatches(glob, text));

  return {
    ...secrets,
    ...createParameters({ accountId, nowMs }),
    accountId,
    nowMs,
    setCredentialTtl: (ms) => {
      ttlMs = ms;
    },
    credentialTtlMs: () => ttlMs,
    roleArn,
    trust: (role, ...subjects) => {
      for (const subject of subjects) ensureRole(role).subjects.add(subject);
    },
    distrust: (role, ...subjects) => {
      for (const subject of subjects) ensureRole(role).subjects.delete(subject);
    },
    trustRole: (role, ...callers) => {
      for (const caller of callers) ensureRole(role).callers.add(caller);
    },
    requireExternalId: (role, externalId) => {
      ensureRole(role).externalId = externalId;
    },
    trusts: (arn, subject) => anyGlob(roleOf(arn)?.subjects ?? [], subject),
    trustsRole: (arn, caller, externalId) => {
      const role = roleOf(arn);
      const isIdRight = role?.externalId === undefined || role.externalId === externalId;
      return isIdRight && anyGlob(role?.callers ?? [], caller);
    },
    deleteRole: (role) => void roles.delete(role),
    deny: (denial) => {
      denials.add(denial);
      return { remove: () => void denials.delete(denial) };
    },
    restrict: (role, policy) => void policies.set(role, policy),
    refusal: (session, { action, region, ids }) => {
      const last = ids.at(-1) ?? "*";
      // A secret that is not there has no ARN but the one that its name would make.
      const isName = action.startsWith("secretsmanager:") && !last.startsWith("arn:");
      const resource = isName ? `arn:${partition}:secretsmanager:${region}:${accountId}:secret:${last}` : last;
      const tags = secrets.findSecret(region, resource)?.tags ?? {};
      const policy = policies.get(session.role);
      const unlisted = policy !== undefined && !permits(policy, { action, resource, tags });
      const denied = Array.from(denials).some(
        (denial) =>
          (denial.role ?? session.role) === session.role &&
          (denial.region ?? region) === region &&
          [undefined, action, action.split(":")[1]].includes(denial.operation) &&
          (denial.id === undefined || ids.some((id) => globMatches(denial.id ?? "", id))),
      );
      const service = action.split(":")[0] ?? "";
      // A role of any account may be assumed by who is let in; what is in no account is everybody's.
      const foreign =
        service !== "sts" &&
        ids.some((id) => id.startsWith("arn:") && ![accountId, ""].includes(id.split(":")[4] ?? ""));
      if (!denied && !foreign && !unlisted) return undefined;
      const user = `arn:${partition}:sts::${accountId}:assumed-role/${session.role}/${session.sessionName}`;
      const why =
        foreign && service === "secretsmanager" ? "no resource-based policy allows" : "no identity-based policy allows";
      return `User: ${user} is not authorized to perform: ${action} on resource: ${ids.at(-1) ?? "*"} because ${why} the ${action} action`;
    },
    openSession: (role, sessionName, lifeMs = ttlMs) => {
      const session: Session = {
        accessKeyId: awsId("ASIA", 16),
        secretAccessKey: randomBytes(30).toString("base64"),
        sessionToken: `IQoJb3JpZ2luX2VjE${randomBytes(180).toString("base64")}`,
        role,
        roleArn: roleArn(role),
        sessionName,
        expiresAtMs: nowMs() + lifeMs,
      };
      sessions.set(session.accessKeyId, session);
      return session;
    },
    session: (accessKeyId) => sessions.get(accessKeyId),
    sessions: () => Array.from(sessions.values()),
    expireSessions: () => {
      for (const session of sessions.values()) session.expiresAtMs = nowMs() - 1000;
    },
    forgetSessions: () => sessions.clear(),
  };
}
