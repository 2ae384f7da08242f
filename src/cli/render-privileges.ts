/** Capabilities that a program needs, as text. */

import type { Privileges } from "../object/requirements/privileges.ts";
import { placesText } from "./requirements.ts";
import { type Column, type Style, table } from "./terminal.ts";

/** `CAP_BPF CAP_PERFMON; CAP_DAC_READ_SEARCH unless the user is root and tracefs is mounted`. */
export function privilegesText({ capabilities, perhaps, reasons }: Privileges): string {
  const always = capabilities.length === 0 ? "none" : capabilities.join(" ");
  const more = perhaps.map((name) => {
    const conditions = new Set(reasons.filter(({ capability }) => capability === name).map(({ unless = "" }) => unless));
    return `; ${name} unless ${[...conditions].join(" and ")}`;
  });
  return always + more.join("");
}

const COLUMNS: readonly Column[] = ["capability", "for", "where"].map((title) => ({ title, align: "left" }));

/** One line a reason. */
export function privilegeReasons({ reasons }: Privileges, style: Style): string[] {
  const rows = reasons.map(({ capability, what, unless, where }) => [
    capability,
    unless === undefined ? what : `${what}, unless ${unless}`,
    placesText(where),
  ]);
  return rows.length === 0 ? [] : table(COLUMNS, rows, style);
}
