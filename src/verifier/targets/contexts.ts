/**
 * What programs may read and write in their contexts: `is_valid_access` of each program type, as measured (tables/contexts.ts).
 *
 * Rules are `r4 0-8/4,20;r8:pkt 32`: loads of 4 bytes at 0, 4, 8 and 20 give numbers, one of 8 bytes at 32 gives a packet
 * pointer; `w` are stores. A run without an end goes on to the end of the context.
 */

import {
  PTR_MAYBE_NULL,
  PTR_TO_BTF_ID,
  PTR_TO_FLOW_KEYS,
  PTR_TO_PACKET,
  PTR_TO_PACKET_END,
  PTR_TO_PACKET_META,
  PTR_TO_SOCK_COMMON,
  PTR_TO_SOCKET,
  PTR_TO_TP_BUFFER,
  PTR_TRUSTED,
  SCALAR,
} from "../state/types.ts";
import type { ContextAccess } from "../target.ts";
import { CONTEXT_RULES } from "./tables/contexts.ts";

export type Access = (offset: number, size: number, write: boolean) => ContextAccess | null;

/** Contexts without a struct of their own: where they end. A tracepoint's record may have 8,192 bytes, what a syscall program is given 65,535. */
const ENDS: Readonly<Record<string, number>> = { tracepoint: 8192, syscall: 65535 };

const POINTERS: Readonly<Record<string, number>> = {
  pkt: PTR_TO_PACKET,
  pkt_end: PTR_TO_PACKET_END,
  pkt_meta: PTR_TO_PACKET_META,
  sock: PTR_TO_SOCKET,
  sock_or_null: PTR_TO_SOCKET | PTR_MAYBE_NULL,
  sock_common_or_null: PTR_TO_SOCK_COMMON | PTR_MAYBE_NULL,
  flow_keys: PTR_TO_FLOW_KEYS,
  tp_buffer: PTR_TO_TP_BUFFER,
};

const TRUSTED = "trusted_ptr_";

function number(size: number): ContextAccess {
  return { type: SCALAR, size, struct: null, range: null };
}

const NUMBERS: readonly ContextAccess[] = Array.from({ length: 9 }, (_, size) => number(size));

function result(register: string, size: number): ContextAccess {
  if (register === "") return NUMBERS[size] ?? number(size);
  if (register.startsWith(TRUSTED))
    return { type: PTR_TO_BTF_ID | PTR_TRUSTED, size, struct: register.slice(TRUSTED.length), range: null };
  return { type: POINTERS[register] ?? 0, size, struct: null, range: null };
}

/** Looked up by `offset`, size and direction in one array, because programs of a million steps read contexts often. */
export function compileRules(rules: string, end: number): Access {
  const results: (ContextAccess | undefined)[] = [];
  /** By size and direction, where the run that has no end begins, or -1. */
  const open = new Int32Array(18).fill(-1);
  for (const rule of rules.split(";")) {
    const [what = "", offsets = ""] = rule.split(" ");
    const size = Number(what[1]);
    const direction = what[0] === "w" ? 1 : 0;
    const given = result(what.slice(3), size);
    for (const run of offsets.split(",")) {
      const [, from, range, to, step] = /^(\d+)(-(\d*)(?:\/(\d+))?)?$/.exec(run) ?? [];
      const first = Number(from);
      if (range === undefined) results[first * 18 + size * 2 + direction] = given;
      else if (to === "") open[size * 2 + direction] = first;
      else for (let at = first; at <= Number(to); at += Number(step ?? 1)) results[at * 18 + size * 2 + direction] = given;
    }
  }
  return (offset, size, write) => {
    const kind = size * 2 + (write ? 1 : 0);
    const found = results[offset * 18 + kind];
    if (found !== undefined) return found;
    const first = open[kind] ?? -1;
    if (first < 0 || offset < first || offset >= end || offset % size !== 0) return null;
    return NUMBERS[size] ?? null;
  };
}

const compiled = new Map<string, Access>();

/** Null: there are no such programs then. */
export function contextAccess(era: number, variant: string): Access | null {
  const own = CONTEXT_RULES[era]?.[variant];
  if (own === null) return null;
  let rules = own ?? CONTEXT_RULES[618]?.[variant];
  if (rules?.startsWith("=") === true) rules = CONTEXT_RULES[own === undefined ? 618 : era]?.[rules.slice(1)] ?? undefined;
  if (rules === undefined || rules === null) return null;
  let access = compiled.get(rules);
  if (access === undefined) {
    access = compileRules(rules, ENDS[variant] ?? 512);
    compiled.set(rules, access);
  }
  return access;
}

export const NO_ACCESS: Access = () => null;
