/** From what is known of a kernel, and what a probe said, to one answer and its reason. */

import type { KernelVersion } from "../../../uapi/since.ts";
import { atLeast } from "../release.ts";
import type { Cause, Feature, FeatureKind } from "./feature.ts";
import type { Witness } from "./witness.ts";

/** What a probe learned. `null`: it learned nothing, as where it was not permitted. */
export type Answer = true | false | null | { readonly refused: string };

/** A feature, and everything that tells whether it is there. Each witness that says no is believed; a probe is asked last. */
export interface Row {
  readonly kind: FeatureKind;
  readonly name: string;
  readonly since: KernelVersion | null;
  /** A constant that a kernel's headers have since then: of an enumeration by its name, or by one of its constants. */
  readonly constant?: { readonly of: string; readonly name: string; readonly anonymous?: boolean };
  /** A struct or function that the kernel has only when it was built with it. */
  readonly needs?: { readonly kind: "struct" | "function"; readonly name: string };
  /** Options of the configuration that it needs, all of them. */
  readonly config?: readonly string[];
  /** Where it can be seen: whether it is there, and why not. Asked of nobody. */
  readonly seen?: { readonly there: boolean; readonly otherwise: readonly [cause: Cause, reason: string] };
  /** Asks the kernel to make one. */
  readonly probe?: () => Answer;
}

/** @param probing false: this process has not the right to ask the kernel for anything. */
export function judge(
  { kind, name, since, constant, needs, config = [], seen, probe }: Row,
  witness: Witness,
  probing: boolean,
): Feature {
  const row = { kind, name, since };
  const answer = (
    available: Feature["available"],
    evidence: Feature["evidence"],
    cause: Cause | null,
    reason: string | null,
  ): Feature => ({
    ...row,
    available,
    since,
    evidence,
    cause,
    reason,
  });
  const older = since !== null && !atLeast(witness.release, since);
  const lateness = (): string => `since Linux ${since}, this is ${witness.release}`;
  const unset = config.find((option) => witness.configured(option) === false);
  /** It is not there; why, as far as anybody can tell. */
  const no = (evidence: Feature["evidence"], what: string): Feature => {
    if (older) return answer("no", evidence, "older kernel", lateness());
    if (unset !== undefined) return answer("no", evidence, "not built in", `${unset} is not set`);
    if (config.length > 0 && witness.configured(config[0] ?? "") === null)
      return answer("no", evidence, "not built in", `${what}; it needs ${config.join(" and ")}`);
    return answer("no", evidence, "unexplained", what);
  };

  const declared =
    constant === undefined
      ? null
      : constant.anonymous === true
        ? witness.constant(constant.of, constant.name)
        : witness.enumerator(constant.of, constant.name);
  if (declared === false) return no("types", `the kernel's types have no ${constant?.name ?? name}`);
  const built = needs === undefined ? null : witness.declares(needs.kind, needs.name);
  if (built === false) return no("types", `the kernel's types have no ${needs?.kind} ${needs?.name}`);
  if (unset !== undefined) return no("configuration", `${unset} is not set`);

  if (seen?.there === true) return answer("yes", "files", null, null);
  if (seen !== undefined) return answer("no", "files", ...(older ? (["older kernel", lateness()] as const) : seen.otherwise));
  const told = probe === undefined || !probing ? null : probe();
  if (told === true) return answer("yes", "probe", null, null);
  if (told === false) return no("probe", "the kernel does not take it");
  if (told !== null) return answer("no", "probe", "refused", told.refused);

  if (built === true || (declared === true && needs === undefined)) return answer("yes", "types", null, null);
  if (config.length > 0 && witness.configured(config[0] ?? "") === true) return answer("yes", "configuration", null, null);
  if (older) return answer("no", "version", "older kernel", lateness());
  if (since !== null && config.length === 0 && needs === undefined) return answer("yes", "version", null, null);
  if (probe !== undefined && !probing) return answer("unknown", null, "not permitted", "finding out needs CAP_BPF, or root");
  return answer("unknown", null, "not told", `the kernel does not tell its configuration: ${config.join(" and ")}`);
}
