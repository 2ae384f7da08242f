/**
 * What helpers take and give (`struct bpf_func_proto`): a line each, by name.
 *
 *     bpf_name(argument, …) -> result property … | in PLACE before ERA since ERA
 *
 * Arguments are a class, its details in brackets (bytes of fixed-size memory, the struct, the kind of dynptr), letters after a
 * colon (`r` the helper reads it, `w` writes it, `u` it need not be initialised, `a` it is aligned, `!` it is released), and `?`
 * where null is allowed. A helper with several lines has the first that holds for the program and the kernel. Properties: `gpl`
 * only programs under a licence that is compatible with it, `changes` the packet may lie elsewhere afterwards, `packet` it reads
 * memory of the packet, `sleeps`, `fastcall`.
 */

import type { HelperName } from "../helpers.ts";
import { MAP_HELPERS } from "./maps.ts";
import { MEMORY_HELPERS } from "./memory.ts";
import { NETWORK_HELPERS } from "./network.ts";
import { SOCKET_HELPERS } from "./sockets.ts";
import { SYSTEM_HELPERS } from "./system.ts";

export interface PrototypeLine {
  /** `bpf_name(argument, …) -> result property …` */
  readonly signature: string;
  /** Empty: all programs. Else a place that the verifier knows, or a program type. */
  readonly place: string;
  readonly since: number;
  readonly before: number;
}

let lines: Map<HelperName, PrototypeLine[]> | null = null;

/** In order: the first that holds counts. Read when somebody asks. */
export function prototypeLines(): ReadonlyMap<HelperName, readonly PrototypeLine[]> {
  if (lines !== null) return lines;
  lines = new Map();
  for (const text of `${MAP_HELPERS}${MEMORY_HELPERS}${SYSTEM_HELPERS}${NETWORK_HELPERS}${SOCKET_HELPERS}`.split("\n")) {
    if (text === "") continue;
    const [signature = "", condition = ""] = text.split(" | ");
    const name = signature.slice(0, signature.indexOf("(")) as HelperName;
    const words = condition.split(" ");
    const after = (word: string): string => words[words.indexOf(word) + 1] ?? "";
    const line: PrototypeLine = {
      signature,
      place: words.includes("in") ? after("in") : "",
      since: words.includes("since") ? Number(after("since")) : 0,
      before: words.includes("before") ? Number(after("before")) : Number.POSITIVE_INFINITY,
    };
    const of = lines.get(name);
    if (of === undefined) lines.set(name, [line]);
    else of.push(line);
  }
  return lines;
}

/** `dynptr(local):uw?` in its parts. */
export interface PrototypeTerm {
  readonly class: string;
  readonly detail: string | null;
  /** Bytes of memory of a fixed size; 0: its size is another argument. */
  readonly bytes: number;
  readonly letters: string;
  readonly nullable: boolean;
}

const TERM = /^(\w+)(?:\((\w+)\)|\[(\d+)\])?(?::([a-z!]+))?(\?)?$/;

function term(text: string): PrototypeTerm {
  const [, name = "", detail, bytes, letters = "", nullable] = TERM.exec(text) ?? [];
  return { class: name, detail: detail ?? null, bytes: Number(bytes ?? 0), letters, nullable: nullable !== undefined };
}

/** A signature in its parts. */
export function prototypeParts(signature: string): {
  readonly name: string;
  readonly arguments: readonly PrototypeTerm[];
  readonly result: PrototypeTerm;
  readonly properties: readonly string[];
} {
  const [, name = "", list = "", tail = ""] = /^(\w+)\((.*)\) -> (.*)$/.exec(signature) ?? [];
  const [result = "", ...properties] = tail.split(" ");
  return { name, arguments: list === "" ? [] : list.split(", ").map(term), result: term(result), properties };
}
