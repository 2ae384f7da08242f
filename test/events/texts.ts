/** What test/events/fixtures/texts.bpf.c is given, and how its rows are compared. */

import type { BpfMap, RunInput } from "../../src/engine/engine.ts";

/** Addresses of a process and of the kernel with nothing behind them. */
export const USER_AND_KERNEL: RunInput = { context: { args: [0x10, 0xffff_8000_0000_1000n] } };

export interface Row {
  readonly index: number;
  readonly result: string;
  readonly number: string;
  readonly text: string;
}

/** Rows that something was written to, as plain data. */
export function rowsOf(map: BpfMap): Row[] {
  const rows: Row[] = [];
  for (const [index, value] of map as BpfMap<number, { result: bigint; number: bigint; text: string | Uint8Array }>) {
    const { result, number, text } = value;
    const shown = typeof text === "string" ? text : Buffer.from(text).toString("latin1");
    if (result !== 0n || number !== 0n || shown !== "")
      rows.push({ index, result: `${result}`, number: `${number}`, text: shown });
  }
  return rows;
}
