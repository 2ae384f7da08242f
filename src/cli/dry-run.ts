/** `skep run FILE --dry-run`: every system call that it would make, and the capabilities that those need. */

import { openDryRun, type RecordedCall } from "../engine/dry-run.ts";
import { MACHINE } from "../engine/linux/facts.ts";
import { missingCapabilities } from "../engine/linux/privileges.ts";
import type { Privileges } from "../object/requirements/privileges.ts";
import { privilegesOfPlan } from "./all-privileges.ts";
import { EXIT, type ExitStatus } from "./exit.ts";
import { type LiveJob, rehearse } from "./live.ts";
import { toJson } from "./maps.ts";
import { privilegesText } from "./render-privileges.ts";
import { write } from "./sources.ts";
import { counted, type Style, styleFor } from "./terminal.ts";

export async function dryRun(job: LiveJob): Promise<ExitStatus> {
  const { engine, calls } = await openDryRun();
  const end = await rehearse(engine, job);
  const made = [...calls];
  await end();
  await engine[Symbol.asyncDispose]();
  const privileges = privilegesOfPlan(job.spec, job.plan);
  const missing = missingCapabilities(MACHINE, privileges.capabilities);
  const style = styleFor(process.stdout);
  await write(
    job.json
      ? `${toJson({ calls: made, privileges, missing })}\n`
      : `${[...made.map((call) => callText(call, style)), "", summary(made, privileges, missing, style)].join("\n")}\n`,
  );
  return EXIT.ok;
}

/** As strace writes it: `bpf(BPF_MAP_CREATE, { map_type=BPF_MAP_TYPE_HASH, key_size=4 }) = 4`. */
export function callText({ call, command, fields, result }: RecordedCall, style: Style): string {
  const list = Object.entries(fields).map(([name, value]) => `${name}=${fieldText(name, value)}`);
  const all = list.join(", ");
  const given = command === undefined ? all : `${style.bold(command)}${all === "" ? "" : `, { ${all} }`}`;
  return `${call}(${given}) = ${result < 0 ? `${result} (not there)` : result}`;
}

/** Names of what programs and people call things are quoted: they may hold anything. */
function fieldText(name: string, value: RecordedCall["fields"][string]): string {
  return typeof value === "string" && /name$|^path$|^place$|^license$|^syms$/.test(name) ? JSON.stringify(value) : String(value);
}

function summary(calls: readonly RecordedCall[], privileges: Privileges, missing: readonly string[], style: Style): string {
  const lacks = missing.length === 0 ? "" : style.yellow(`; this process lacks ${missing.join(" and ")}`);
  return `${style.dim(`${counted(calls.length, "call")}, none of which was made.`)} They need ${privilegesText(privileges)}${lacks}`;
}
