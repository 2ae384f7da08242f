/** What rows are made from: who answers for a kernel. */

import type { Facts } from "../../facts.ts";
import type { Asker } from "../ask.ts";
import type { Row } from "../judge.ts";
import type { SystemFacts } from "../system.ts";
import type { Witness } from "../witness.ts";

export interface Sources {
  readonly witness: Witness;
  /** Null: this process has not the right to ask. */
  readonly asker: Asker | null;
  /** True when an EPERM cannot come from a missing capability. */
  readonly everyRight: boolean;
  readonly pageSize: number;
  readonly facts: Facts;
  readonly lockdown: SystemFacts["lockdown"];
}

export type Needs = Pick<Row, "needs" | "config">;
export const struct = (name: string): NonNullable<Row["needs"]> => ({ kind: "struct", name });
export const call = (name: string): NonNullable<Row["needs"]> => ({ kind: "function", name });

export function keys<Key extends string>(table: Readonly<Record<Key, unknown>>): Key[] {
  return Object.keys(table) as Key[];
}
