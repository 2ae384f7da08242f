/** All that a run must be allowed to: beforehand (`--dry-run`), and after one capability was missing, so that nobody finds out one by one. */

import { PrivilegeError } from "../engine/errors.ts";
import { MACHINE } from "../engine/linux/facts.ts";
import { missingCapabilities } from "../engine/linux/privileges.ts";
import { type Privileges, privilegesOf } from "../object/requirements/privileges.ts";
import type { Spec } from "../object/spec.ts";
import { type Planned, programsToLoad } from "./attach-plan.ts";
import { privilegesText } from "./render-privileges.ts";

/** What loading the planned programs and those that they call, and attaching them, asks for. */
export function privilegesOfPlan(spec: Spec, plan: readonly Planned[]): Privileges {
  return privilegesOf(spec, { programs: programsToLoad({ spec, plan }) });
}

/** The error, with the whole set in its message where this process lacks some of it. */
export function withAllPrivileges(error: PrivilegeError, spec: Spec, plan: readonly Planned[]): PrivilegeError {
  const privileges = privilegesOfPlan(spec, plan);
  if (missingCapabilities(MACHINE, privileges.capabilities).length === 0) return error;
  const { message, reason, missing, log } = error;
  const all = `all that it needs: ${privilegesText(privileges)} (skep inspect --verbose says what for; users of skep lend need none)`;
  return new PrivilegeError(`${message}; ${all}`, { reason, missing, log, cause: error.cause });
}
