/** Where programs are to run, by the names that `--kernel` and `--target` take. */

import type { ProgramSpec } from "../object/spec.ts";
import type { Target } from "../verifier/target.ts";
import { CliError, EXIT } from "./exit.ts";
import type { Destination } from "./verification.ts";

/**
 * @param names `6.1`, `6.12`, `6.18`, `embedded`, each perhaps with others after commas
 * @param option for messages
 * @throws CliError (usage) that lists what there is.
 */
export async function destinationsNamed(names: readonly string[], option: string): Promise<Destination[]> {
  const { KERNELS } = await import("../verifier/targets/index.ts");
  return names.map((name): Destination => {
    if (name === "embedded") return { name, targetFor: embedded };
    const known = KERNELS.find((kernel) => kernel === name);
    if (known === undefined) {
      throw new CliError(EXIT.usage, `${option} takes ${KERNELS.join(", ")} and embedded, found ${JSON.stringify(name)}`);
    }
    let target: Target | null = null;
    return {
      name,
      async targetFor({ section }) {
        if (section.startsWith("hook/"))
          return `${section} is an application's own hook, in the embedded engine: kernels have no such`;
        target ??= (await import("../kernels/types.ts")).openKernelTarget(known);
        return target;
      },
    };
  });
}

/** The oldest kernel among them: what is compiled must be something that it has. */
export function oldestOf(destinations: readonly Destination[]): string | undefined {
  const versions = destinations.flatMap(({ name }) => (/^\d+\.\d+$/.test(name) ? [name] : []));
  return versions.sort((a, b) => a.localeCompare(b, "en", { numeric: true }))[0];
}

/** With the kernel types that a room may have, where a program depends on some. */
async function embedded({ type, section, core = [] }: ProgramSpec): Promise<Target | string> {
  const { loadKind } = await import("../engine/embedded/programs/kinds.ts");
  const kind = await loadKind(type);
  if (section.startsWith("hook/"))
    return `${section} is an application's own hook: the engine that has it verifies its programs when it loads them`;
  if (kind === null) return `the embedded engine has no programs of type ${type}`;
  const { embeddedTarget } = await import("../engine/embedded/target/target.ts");
  const needsTypes = kind.kernelPointers === true || core.length > 0;
  return embeddedTarget(kind, needsTypes ? (await import("../kernels/types.ts")).kernelTypes("6.18") : null);
}
