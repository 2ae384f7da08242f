/** After one capability was found to be missing: all that the program needs, so that nobody finds out one by one. */

import { MACHINE } from "../engine/linux/facts.ts";
import { missingCapabilities } from "../engine/linux/privileges.ts";
import { privilegesOf } from "../object/requirements/privileges.ts";
import type { Spec } from "../object/spec.ts";
import type { Planned } from "./attach-plan.ts";
import { privilegesText } from "./render-privileges.ts";
import { styleFor } from "./terminal.ts";

export async function tellAll(spec: Spec, plan: readonly Planned[]): Promise<void> {
  const privileges = privilegesOf(spec, { programs: plan.map(({ program }) => program.name) });
  if (missingCapabilities(MACHINE, privileges.capabilities).length === 0) return;
  const style = styleFor(process.stderr);
  process.stderr.write(
    style.dim(
      `it needs ${privilegesText(privileges)} (skep inspect --verbose says what for; skep lend hands its maps to a user without)\n`,
    ),
  );
}
